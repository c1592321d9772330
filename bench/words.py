"""Made-up people, subjects and texts: many different words, a few of them often, as in real letters."""

import random
from functools import lru_cache

SYLLABLES = {
    True: "ка по ро ли ме на то ви ста ре ни дро гу ще бы ло тя пре за ку ми ше",
    False: "ba con der fi gra hol in jo ket lu mer no pra qui ro ste ti ul va win",
}
DIFFERENT = 20_000
TEXTS = 2_000


@lru_cache(maxsize=2)
def vocabulary(russian: bool) -> list[str]:
    """Words of two to four syllables."""
    chance, syllables = random.Random(5), SYLLABLES[russian].split()
    return ["".join(chance.choices(syllables, k=chance.randint(2, 4))) for _ in range(DIFFERENT)]


def letter(number: int, size: int) -> str:
    """A text of about *size* bytes, in Russian and English by turns; the rarer a word the higher its number."""
    chance, words = random.Random(number), vocabulary(number % 2 == 0)
    lines: list[str] = []
    while size > 0:
        line = " ".join(words[int(chance.paretovariate(0.6)) % DIFFERENT] for _ in range(10)).capitalize() + "."
        lines.append(line)
        size -= len(line.encode()) + 1
    return "\n".join(lines)


@lru_cache(maxsize=TEXTS)
def _text(number: int) -> str:
    return letter(number, 600)


def text(number: int) -> str:
    """A text of 600 bytes, one of two thousand."""
    return _text(number % TEXTS)


def subject(number: int) -> str:
    """A few words and a number."""
    return f"{' '.join(letter(number % TEXTS, 60).split()[:5])} {number}"


def name(number: int) -> str:
    """A customer's name."""
    first, last = letter(number % TEXTS, 20).split()[:2]
    return f"{first.capitalize()} {last.strip('.').capitalize()} {number}"


def address(number: int) -> str:
    """A customer's address."""
    return f"customer{number}@customer.example"
