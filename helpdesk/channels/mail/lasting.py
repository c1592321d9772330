"""Is an undeliverable mail's address gone for good, or was only this mail not taken? (RFC 3463; else what servers write.)

An address is gone when it, or its host, does not exist or has moved; a full box, a refusal by policy, a trouble of the
system or the network, or a mail that nobody gives a reason for, say nothing of the next mail to the same address.
"""

import re
from collections.abc import Iterable

CODE = re.compile(r"(?<![\d.])[245]\.\d{1,3}\.\d{1,3}(?![\d.])")
GONE = re.compile(r"5\.1\.(?:[12346]|10)$|5\.4\.4$")
VAGUE = re.compile(
    r"5\.(?:0\.\d+|1\.0|1\.1|2\.0|2\.1|3\.0|4\.[0146]|5\.\d+|7\.[0127])$"
)  # codes that words may overrule
READ = 4000  # characters of a reason
WHO = r"(?:user|recipient|address(?:ee)?|mailbox|account|alias|user ?id|local part|person|party|customer)"
UNKNOWN = re.compile(  # in lower case, as the next
    rf"\b{WHO}\b.{{0,40}}\b(?:unknown|not (?:exist|found|known|valid|listed|recognized)|does ?n[o']t exist|undefined)"
    rf"|\b(?:unknown|no such|not a valid|invalid|nonexistent|non-existent|bad destination) (?:\w+ ){{0,2}}{WHO}"
    r"|\b(?:unknown|no such) (?:virtual |local )?(?:host|domain|users?)\b|host (?:or domain name )?(?:unknown|not found)"
    r"|\b(?:domain|host)\b.{0,40}(?:does ?n[o']t exist|(?:could|can) ?n[o']t be (?:found|resolved)|not found|unknown)"
    rf"|\b{WHO}\b does ?n[o']t have an? [\w.-]{{1,60}} account"
    rf"|\b{WHO}\b.{{0,30}}\b(?:has moved|no longer (?:exists|valid|in use|available))"
    r"|no mailbox (?:here )?by that name|not our customer|is ?n[o']t? (?:a known|listed in)|unrouteable (?:address|mail domain)"
    r"|null ?mx|(?:does ?n[o']t|not) accept (?:any )?(?:e-?)?mail(?!.{0,20}from)|name or service not known|no mx|nxdomain"
    r"|(?:пользовател\w+|адрес\w*|ящик\w*|получател\w+|домен\w*)\b.{0,40}\bне (?:найден|существует|зарегистрирован|известен)"
    r"|нет такого (?:пользователя|адреса|получателя|ящика)|неизвестн\w+ (?:пользовател|получател|адрес)"
    r"|не існує|не знайдено|табылмады|мұндай .{0,30}жоқ"
    r"|existiert nicht|unbekannte\w* (?:empfänger|benutzer)|n'existe pas|no existe|inconnu"
)
OTHERWISE = re.compile(
    r"\bfull\b|quota|exceed|too (?:large|big|many)|\bspam\b|spam[- ]|policy|blocked|black ?list|\bdns?bl\b|\brbl\b|reputation"
    r"|\bvirus|relay|authenticat|\bspf\b|\bdkim\b|dmarc|reverse dns|\bptr\b|timed? ?out|timeout|refused|try again|temporar"
    r"|suspend|disabled|inactive|greylist|expired|retry|content (?:rejected|filter)|denied|not permitted|restricted"
    r"|переполнен|спам|отключ|заблокир|врем[её]нн"
)


def is_gone(codes: Iterable[str], reason: str) -> bool:
    """By the status codes of a report, the most telling of them first, and by the reason in the server's words."""
    words = " ".join(reason[:READ].lower().split())
    code = telling([*codes, *CODE.findall(words)])
    if code and not VAGUE.match(code):
        return GONE.match(code) is not None
    otherwise, unknown = OTHERWISE.search(words), UNKNOWN.search(words)
    if unknown and (otherwise is None or unknown.start() < otherwise.start()):
        return True
    return bool(GONE.match(code)) and otherwise is None


def telling(codes: Iterable[str]) -> str:
    """The first code that says more than that it failed; else the first; empty when there is none."""
    found = list(codes)
    return next((code for code in found if not code.endswith(".0")), found[0] if found else "")
