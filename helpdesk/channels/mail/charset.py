"""Bytes to text when the charset is missing, unknown or a lie. Never raises; what cannot be read becomes U+FFFD."""

import codecs
import re
import unicodedata
from functools import lru_cache

import chardet

SAMPLE = 4096  # bytes looked at to tell one charset from another
ALIASES = {
    "x-cp1251": "cp1251",
    "cp-1251": "cp1251",
    "win-1251": "cp1251",
    "windows1251": "cp1251",
    "x-windows-1251": "cp1251",
    "ansi": "cp1251",
    "koi8": "koi8-r",
    "x-koi8-r": "koi8-r",
    "dos": "cp866",
    "x-cp866": "cp866",
    "x-mac-cyrillic": "mac-cyrillic",
    "strk1048-2002": "kz1048",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "x-sjis": "cp932",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "big5": "big5hkscs",
    "iso-8859-1": "cp1252",
    "iso8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-8-i": "iso-8859-8",
    "iso-8859-9": "cp1254",
    "iso-2022-jp": "iso-2022-jp-ext",
    "us-ascii": "ascii",
}
NO_CHARSET = {"idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem"}
UTF_8 = {"", "utf-8", "ascii"}
SHIFTED = {
    "utf-7",
    "hz",
    "iso2022_jp_ext",
    "iso2022_jp_2",
    "iso2022_jp_3",
    "iso2022_kr",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "utf-32-le",
    "utf-32-be",
}
CYRILLIC = ("cp1251", "koi8-r", "cp866", "iso8859-5", "mac-cyrillic")
MANY_BYTES = {"gb18030", "cp932", "cp949", "big5hkscs", "euc_jp", "johab"}
LATIN = {
    "cp1252",
    "iso8859-15",
    "iso8859-2",
    "cp1250",
    "cp1254",
    "iso8859-3",
    "iso8859-4",
    "mac-roman",
    "cp437",
    "cp850",
}
BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF16_LE, "utf-16"))
FREQUENCY = {  # of Russian letters, in percent; the others count as rare
    **dict(
        zip(
            "оеаинтсрвлкмдпуяыьгзбчйхжшюцщэфъё",
            (
                11,
                8.5,
                8,
                7.4,
                6.7,
                6.3,
                5.5,
                4.7,
                4.5,
                4.4,
                3.5,
                3.2,
                3,
                2.8,
                2.6,
                2,
                1.9,
                1.7,
                1.7,
                1.7,
                1.6,
                1.4,
                1.2,
                1,
                0.9,
                0.7,
                0.6,
                0.5,
                0.4,
                0.3,
                0.3,
                0,
                0.5,
            ),
            strict=True,
        )
    ),
    "і": 5,
    "ї": 1,
    "є": 1,
    "ў": 1,
    "ґ": 0.1,
}
RUSSIAN = 6.0  # mean frequency of a letter in Russian text; letters at random have half of it
LETTER = re.compile("[А-Яа-яЁёІіЇїЄєЎўҐґ]")
MISPLACED = re.compile("[a-zа-яё][А-ЯЁ]+|[^\\W\\d_\u0400-\u04ff][\u0400-\u04ff]|[\u0400-\u04ff][^\\W\\d_\u0400-\u04ff]")
FOREIGN_WORD = re.compile("\\b[a-zA-Z]*[^\\W\\d_a-zA-Z][^\\W\\d_]*")
ODD = re.compile("[^\\w\\s\x20-\x7e«»–—…№“”„‘’•©®°§\xa0\xad]|[\x80-\x9f]")
KAZAKH_AS_1251 = re.compile("[ЈјЅѕќЌћЋ]")
NOT_KAZAKH = re.compile("[љњђџЉЊЂЏ]")
NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


def decode(data: bytes, label: str = "") -> str:
    """Text of *data*: the declared charset when its result is plausible, else a better one."""
    codec = codec_for(label)
    if codec not in SHIFTED and (data.isascii() or (codec in UTF_8 and b"\x00" not in data)):
        return quickly(data, codec)
    return storable(decode_high(data, codec))


def guess(data: bytes) -> str:
    """Text of bytes without a declared charset, such as a raw header."""
    return data.decode("ascii") if data.isascii() and b"\x00" not in data else decode(data)


def quickly(data: bytes, codec: str) -> str:
    """What most mails are: valid UTF-8, which holds no lone surrogate."""
    text = strictly(data, "utf-8")
    if text is None:
        return storable(decode_high(data, codec))
    return text.replace("\x00", "\ufffd") if "\x00" in text else text


def storable(text: str) -> str:
    """Text every database takes: no NUL, no lone surrogate."""
    return NOT_STORABLE.sub("\ufffd", text) if NOT_STORABLE.search(text) else text


@lru_cache(maxsize=512)
def codec_for(label: str) -> str:
    """Python's name of a charset, or empty for an unknown one."""
    name = label.strip().strip("\"'").lower()
    name = ALIASES.get(name, name)
    try:
        found = codecs.lookup(name).name if name and len(name) < 40 and name.isascii() else ""
        "".encode(found or "ascii")
    except (LookupError, UnicodeError, ValueError):
        return ""
    found = ALIASES.get(found, found)
    return "" if found in NO_CHARSET else found


def decode_high(data: bytes, codec: str) -> str:
    if codec.startswith("iso2022") and not data.isascii():
        codec = "cp932" if codec.startswith("iso2022_jp") else "cp949"
    if codec in SHIFTED or (codec and codec.startswith("utf-") and codec != "utf-8"):
        return data.decode(codec, "replace")
    for mark, marked in BOMS:
        if data.startswith(mark):
            return data.decode(marked, "replace")
    if codec in MANY_BYTES and (text := strictly(data, codec)) is not None:
        return text
    if (text := strictly(data, "utf-8")) is not None and (
        codec in ("", "utf-8", "ascii") or is_utf8(data, text, codec)
    ):
        return text
    if codec in ("", "ascii", "utf-8"):
        return detected(data, codec)
    return plausible(data, codec)


def strictly(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except UnicodeError:
        return None


def is_utf8(data: bytes, text: str, codec: str) -> bool:
    """Bytes that are valid UTF-8 by chance are rare, and then the declared charset reads better."""
    return cyrillic_score(text[:SAMPLE]) >= cyrillic_score(data[:SAMPLE].decode(codec, "replace"))


def plausible(data: bytes, codec: str) -> str:
    """The declared one-byte charset, unless a Cyrillic one reads clearly better."""
    text = data.decode(codec, "replace")
    sample = text[:SAMPLE]
    if codec in CYRILLIC:
        best = best_cyrillic(data[:SAMPLE])
        if best != codec and best_score(data, best) > cyrillic_score(sample) + 0.2:
            return data.decode(best, "replace")
        return kazakh(data) if codec == "cp1251" and is_kazakh(sample) else text
    if codec in LATIN and mostly_high(sample):
        best = best_cyrillic(data[:SAMPLE])
        return data.decode(best, "replace") if best_score(data, best) > 0.55 else text
    return text


def detected(data: bytes, codec: str) -> str:
    """Text of bytes that are not valid UTF-8, of no charset or a false one."""
    lenient = data.decode("utf-8", "replace")
    if codec == "utf-8" and lenient.count("\ufffd") * 8 <= sum(1 for byte in data[:SAMPLE] if byte > 127):
        return lenient
    best = best_cyrillic(data[:SAMPLE])
    text = data.decode(best, "replace")
    if mostly_high(text[:SAMPLE]) and best_score(data, best) > 0.55:
        return kazakh(data) if best == "cp1251" and is_kazakh(text[:SAMPLE]) else text
    return by_statistics(data, lenient)


def by_statistics(data: bytes, lenient: str) -> str:
    """What chardet says, when it is sure; else Western European, the charset of old unlabelled mail."""
    result = chardet.detect(data[:SAMPLE])
    found = codec_for(result["encoding"] or "") if (result["confidence"] or 0) > 0.5 else ""
    text = strictly(data, found) if found in MANY_BYTES or found in CYRILLIC else None
    if text is None and len(data) > 8 and mostly_high(data[:SAMPLE].decode("cp1252", "replace")):
        text = strictly(data, "gb2312")
    if text is None:
        text = strictly(data, "cp1252") or strictly(data, "cp932")
    return lenient if text is None else text


def best_cyrillic(sample: bytes) -> str:
    return max(CYRILLIC, key=lambda codec: best_score(sample, codec))


def best_score(data: bytes, codec: str) -> float:
    return cyrillic_score(data[:SAMPLE].decode(codec, "replace"))


def cyrillic_score(text: str) -> float:
    """About 1 for Russian, 0.6 or less for noise: letters by frequency, less odd signs and misplaced capitals."""
    letters = LETTER.findall(text.lower())
    if not letters:
        return -1.0 if ODD.search(text) else 0.0
    bad = sum(map(len, MISPLACED.findall(text))) + 2 * len(ODD.findall(text))
    high = sum(1 for char in text if char > "\x7f")
    return (sum(FREQUENCY.get(letter, 0.0) for letter in letters) / RUSSIAN - bad) / high


def mostly_high(text: str) -> bool:
    """Are the words that hold any letter beyond ASCII made of such letters, as in no Western language?"""
    letters = "".join(FOREIGN_WORD.findall(text))
    return sum(1 for letter in letters if letter > "\x7f") * 2 > len(letters)


def is_kazakh(text: str) -> bool:
    """KZ-1048 read as windows-1251: letters of Macedonian within a language that has ы."""
    return "ы" in text and bool(KAZAKH_AS_1251.search(text)) and not NOT_KAZAKH.search(text)


def kazakh(data: bytes) -> str:
    return data.decode("kz1048", "replace")


def composed(text: str) -> str:
    """One form for names: NFC, as file systems of Apple send them apart."""
    return unicodedata.normalize("NFC", text)
