"""What kept a delivery or a mailbox: stored in English, as the log has it, and said in the language of whoever is told.

What a server answered in its own words stays as it is.
"""

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from re import Pattern

from babel.support import NullTranslations, Translations

TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
Translate = Callable[[str], str]
SENTENCES = (
    "{host} did not take it: {error}",
    "Another worker has it.",
    "The worker ended after it was handed over, before the answer came.",
    "Every try to send it ended the worker.",
    "The mailbox sends {most} a minute at most; this waits for its turn.",
    "The mailbox sends {most} a day at most; this waits for its turn.",
    "The key of the provider is missing for {address}; enter it under Channels.",
    "No mailbox is set up to send from; set one up under Channels.",
    "No outgoing server is set up for {address}; set it up under Channels.",
    "{address} is not one e-mail address; correct it and send again.",
    "A file of this answer is missing from the store; attach it to a new answer.",
    "The connection broke before the server's answer: {error}",
    "This webhook has no answer URL.",
    "This bot has no token.",
    "{sent} of {all} parts were sent; {error}",
    "Telegram has it.",
    "demo: not sent",
    "Event {key} came again with another body; the first one was kept.",
    "The host is unknown: {error}",
    "The host does not accept connections: {error}",
    "The connection cannot be secured: {error}",
    "It could not be sent whole: {error}",
    "No answer came in time.",
    "The connection was lost before the answer: {error}",
    "The server refused the user name or the password: {error}",
    "The server's certificate is not to be trusted: {error}",
    "The mailbox could not be read: {error}",
    "The folder {folder} cannot be opened; is it renamed or deleted? {error}",
    "The mail is stored, but could not be {verb} on the server: {error}",
    "This address may not be used. Write a public one that begins with https://.",
    "The secret key has changed since this password was kept; enter the password again.",
    "The security of {host} is {security!r}; choose tls or starttls.",
    "{host} is another machine; choose tls or starttls.",
    "{host}, port {port} may not be used. Write the name of a mail server; one in your own network must be "
    "allowed by HELPDESK_PRIVATE_MAIL.",
    "This mailbox is not read by IMAP; enter its server, or empty the folder for copies.",
    "Nobody has signed in to this mailbox; sign in on its page under Channels.",
    "The sign-in to this mailbox has ended ({error}); sign in again.",
    "The sign-in is just being renewed; it is tried again.",
    "The sign-in service does not answer: {error}",
    "The sign-in service refused us: {error}",
    "{host} offers no STARTTLS, and without it the password would be readable to others.",
)
NAMES = re.compile(r"\\{(\w+)(?:![rs])?\\}")


def said(stored: str, translate: Translate) -> str:
    """A stored sentence in the language of *translate*."""
    for sentence in SENTENCES:
        found = _pattern(sentence).fullmatch(stored)
        if found:
            return _filled(sentence, found.groupdict(), translate)
    return stored


def of(language: str) -> Translate:
    """Into a language, also where nobody looks at a page."""
    return _translations(language).gettext


@cache
def _translations(language: str) -> NullTranslations:
    return Translations.load(TRANSLATIONS, [language])


def _filled(sentence: str, facts: dict[str, str], translate: Translate) -> str:
    if "error" in facts:
        facts["error"] = said(facts["error"], translate)
    if "verb" in facts:
        facts["verb"] = translate(facts["verb"])
    return translate(sentence).replace("!r}", "}").format(**facts)


@cache
def _pattern(sentence: str) -> Pattern[str]:
    return re.compile(NAMES.sub(r"(?P<\1>.*?)", re.escape(sentence)), re.DOTALL)
