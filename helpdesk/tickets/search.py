"""Search: one analyser for both databases. Words become stems, ё is е, a phone is its last ten digits."""

import re
from collections.abc import Container, Iterator
from functools import cache, lru_cache

import Stemmer

KEYS = str.maketrans("`qwertyuiop[]asdfghjkl;'zxcvbnm,.", "ёйцукенгшщзхъфывапролджэячсмитьбю")
BACK = {new: old for old, new in KEYS.items()}
WORD = re.compile(r"[0-9a-zа-яёәіңғүұқөһії]+")  # of folded text
NUMBER = r"\d[\d\s().-]{8,18}\d"
PHONE, BARE_PHONE = (
    re.compile(r"\+?" + NUMBER),
    re.compile(NUMBER),
)  # a pattern that begins with a digit is looked for faster
ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+")
TOKEN = re.compile("|".join(one.pattern for one in (ADDRESS, PHONE, WORD)), re.IGNORECASE)
LONGEST = 20_000


def stems(*texts: str) -> str:
    """What is stored for these texts: distinct stems, phones and addresses, parted by blanks."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(_stems(text[:LONGEST])))
    return " ".join(found)


def wanted(query: str) -> list[str]:
    """The stems that a query asks for, at most twelve; all of them must be in a message."""
    return list(dict.fromkeys(_stems(TOKEN.sub(_joined, query[:400]))))[:12]


def _joined(token: re.Match[str]) -> str:
    """A phone as one word, so that its pieces are not asked for as well; everything else as it is."""
    return _last_ten(token[0]) or token[0] if PHONE.fullmatch(token[0]) else token[0]


def _last_ten(phone: str) -> str:
    """The last ten digits; nothing when there are fewer."""
    digits = re.sub(r"\D", "", phone)
    return digits[-10:] if len(digits) >= 10 else ""


def swapped(query: str) -> str:
    """The query as it would be had the keyboard been in the other language: «ghbdtn» is «привет»."""
    folded = query.casefold()
    return folded.translate(KEYS if re.search("[a-z]", folded) else BACK)


def marked(text: str, asked: Container[str], around: int = 70) -> list[tuple[str, bool]]:
    """Pieces of *text* around the first asked word, each with whether it was asked for; nothing when none is there."""
    first = next((token.start() for token in TOKEN.finditer(text) if _asked(token[0], asked)), None)
    if first is None:
        return []
    begin, end = max(0, first - around), first + 2 * around
    pieces: list[tuple[str, bool]] = []
    for token in TOKEN.finditer(text, begin, end):
        if _asked(token[0], asked):
            pieces += [(text[begin : token.start()], False), (token[0], True)]
            begin = token.end()
    return [piece for piece in [*pieces, (text[begin:end], False)] if piece[0]]


def _asked(word: str, asked: Container[str]) -> bool:
    return any(stem in asked for stem in _stems(word))


def _stems(text: str) -> Iterator[str]:
    folded = text.casefold().replace("ё", "е")
    if "@" in folded:
        yield from map(_one_word, ADDRESS.findall(folded))
        folded = ADDRESS.sub(",", folded)
    yield from filter(None, map(_last_ten, BARE_PHONE.findall(folded)))
    yield from map(_stem, dict.fromkeys(WORD.findall(folded)))


def _one_word(address: str) -> str:
    """An address as a single word that both full-text engines leave whole."""
    return re.sub(r"[^0-9a-zа-я]", "x", address)


@lru_cache(maxsize=50_000)
def _stem(word: str) -> str:
    if word.isdigit():
        return word[-10:] if len(word) >= 10 else word
    stemmer = _stemmer("english" if word.isascii() else "russian")
    return str(stemmer.stemWord(word))


@cache
def _stemmer(language: str) -> "Stemmer.Stemmer":
    return Stemmer.Stemmer(language)
