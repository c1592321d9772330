"""Search: one analyser for both databases. Words become stems, ё is е, a phone is its last ten digits."""

import re
from collections.abc import Iterator
from functools import cache

import Stemmer

WORD = re.compile(r"[0-9a-zа-яёәіңғүұқөһії]+", re.IGNORECASE)
PHONE = re.compile(r"\+?\d[\d\s().-]{8,18}\d")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
LONGEST = 20_000


def stems(*texts: str) -> str:
    """What is stored for these texts: distinct stems, phones and addresses, parted by blanks."""
    found: dict[str, None] = {}
    for text in texts:
        found.update(dict.fromkeys(_stems(text[:LONGEST])))
    return " ".join(found)


def wanted(query: str) -> list[str]:
    """The stems that a query asks for, at most twelve; all of them must be in a message."""
    return list(dict.fromkeys(_stems(query[:400])))[:12]


def _stems(text: str) -> Iterator[str]:
    folded = text.casefold().replace("ё", "е")
    for address in ADDRESS.findall(folded):
        yield _one_word(address)
    folded = ADDRESS.sub(" ", folded)
    for phone in PHONE.findall(folded):
        digits = re.sub(r"\D", "", phone)
        if len(digits) >= 10:
            yield digits[-10:]
    for word in WORD.findall(folded):
        yield _stem(word)


def _one_word(address: str) -> str:
    """An address as a single word that both full-text engines leave whole."""
    return re.sub(r"[^0-9a-zа-я]", "x", address)


def _stem(word: str) -> str:
    if word.isdigit():
        return word[-10:] if len(word) >= 10 else word
    stemmer = _stemmer("english" if word.isascii() else "russian")
    return str(stemmer.stemWord(word))


@cache
def _stemmer(language: str) -> "Stemmer.Stemmer":
    return Stemmer.Stemmer(language)
