"""What a mail is, by one name: a person's, a list's, or one of the kinds that machines write."""

import re
from enum import StrEnum

from helpdesk.channels.incoming import Bounce
from helpdesk.channels.mail import automatic, bounce
from helpdesk.channels.mail.parts import Part

AWAY = re.compile(  # in lower case
    r"out of (?:the )?office|\booo\b|away from|\bon (?:annual |maternity |sick |parental )?leave\b|vacation|on holiday"
    r"|вне офиса|отпуск|отсутств|нет на (?:рабочем )?месте|командировк|больничн|декрет"
    r"|демалыс|іссапар|жұмыста жоқ|відпуст|відсутн|адпачынк"
    r"|abwesen|urlaub|nicht im (?:haus|büro)|absen|congé|fuera de la oficina|vacacion|ferie|urlop|afwezig|vakantie|dovolen"
)
AWAY_MARKS = frozenset({"x-holidayreply", "x-vacation"})
READ = 600  # characters of the text that are looked at


class Nature(StrEnum):
    """The one name. What a *machine* wrote opens no ticket, reopens none, starts no clock and gets no answer."""

    PERSON = "person"
    LIST = "list"
    AWAY = "away"  # an answer out of a holiday
    AUTOMATIC = "automatic"  # any other answer or notice of a machine
    UNDELIVERABLE = "undeliverable"
    TEMPORARY = "temporary"  # not delivered for a reason that may pass
    DELAYED = "delayed"  # a server is still trying
    RECEIPT = "receipt"  # somebody's program says that a mail was shown or deleted
    ABUSE = "abuse"  # a provider says that somebody took a mail for spam

    @property
    def machine(self) -> bool:
        return self not in (Nature.PERSON, Nature.LIST)


def of(root: Part, report: Bounce | None, written: str, *, is_automatic: bool) -> Nature:
    """What the mail is whose new text is *written*; the more a machine says of itself, the sooner it is believed."""
    if bounce.is_feedback(root):
        return Nature.ABUSE
    if report is not None:
        return failure(report)
    if bounce.is_receipt(root):
        return Nature.RECEIPT
    if is_automatic or bounce.report_type(root):
        return Nature.AWAY if is_away(root, written) else Nature.AUTOMATIC
    return Nature.LIST if automatic.is_list(root.headers) else Nature.PERSON


def failure(report: Bounce) -> Nature:
    if report.permanent or not report.temporary:
        return Nature.UNDELIVERABLE
    return Nature.DELAYED if report.delayed else Nature.TEMPORARY


def is_away(root: Part, written: str) -> bool:
    said = f"{root.headers.text('subject')}\n{written[:READ]}".lower()
    return root.headers.has_any(AWAY_MARKS) or AWAY.search(said) is not None
