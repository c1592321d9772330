"""One spelling for each way to reach a person, so that the same person is found again."""

import re
import unicodedata

import phonenumbers

KINDS = ("email", "phone", "telegram", "chat")
HOME_REGION = "RU"  # +7 is shared by Russia and Kazakhstan; a bare 8… or ten digits mean +7


def normal(kind: str, address: str) -> str:
    """The stored form of an address of *kind*: e-mail in lower case, a phone as +7…; others trimmed."""
    if kind == "email":
        return unicodedata.normalize("NFC", address).strip().casefold()[:400]
    if kind == "phone":
        return phone(address)
    return address.strip()[:400]


def phone(text: str) -> str:
    """E.164 when *text* is a possible number, else its bare digits (an internal extension stays as it is)."""
    cleaned = re.sub(r"[^\d+,;A-Za-z]", "", text)
    try:
        parsed = phonenumbers.parse(cleaned, HOME_REGION)
    except phonenumbers.NumberParseException:
        return re.sub(r"\D", "", text)[:40]
    if not phonenumbers.is_possible_number(parsed):
        return re.sub(r"\D", "", text)[:40]
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def last_ten(text: str) -> str:
    """The last ten digits, by which a phone is looked up however it was written."""
    return re.sub(r"\D", "", text)[-10:]
