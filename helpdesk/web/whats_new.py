"""What is new for those who work here, in short: the newest first, each in both languages. A number is given once."""

from dataclasses import dataclass


@dataclass(frozen=True)
class New:
    """One thing that is new, in one language."""

    number: int
    title: str
    text: str


WRITTEN = (
    (
        9,
        ("Forwarding", "F sends a message of a ticket to somebody outside; what they write back is an internal note."),
        ("Пересылка", "F отправляет сообщение заявки постороннему адресату; его ответ придёт внутренней заметкой."),
    ),
    (
        8,
        ("A key for everything", "Press ? to see what works on a page, and Ctrl K to find any action, place or ticket."),
        ("Клавиша для всего", "Нажмите ?, чтобы увидеть клавиши страницы; Ctrl K найдёт действие, раздел или заявку."),
    ),
    (
        7,
        ("Drafts stay", "What you write is saved within seconds and outlives a crash; My drafts in your menu lists it."),
        ("Черновики не пропадают", "Написанное сохраняется за секунды и переживёт сбой и смену компьютера; все черновики — в вашем меню."),
    ),
    (
        6,
        ("Who else is here", "The list and the ticket show who reads and who writes, so that nobody answers twice."),
        ("Кто ещё здесь", "В списке и в заявке видно, кто читает и кто пишет, чтобы никто не отвечал дважды."),
    ),
    (
        5,
        ("Tell a colleague", "Write @ and a login in a note: your colleague is told and follows the ticket."),
        ("Позвать коллегу", "Напишите в заметке @ и логин: коллега узнает и будет следить за заявкой."),
    ),
    (
        4,
        ("Contact reasons", "A ticket says what it is about; choose it beside the ticket. Your team may want one before it solves."),
        ("Тематики", "Заявка говорит, о чём она; выберите тематику сбоку. Команда может требовать её до решения."),
    ),
    (
        3,
        ("The customer at a glance", "Beside a ticket: what is perhaps the same matter, to be merged, and a note on the customer."),
        ("Клиент на виду", "Сбоку заявки: что, возможно, о том же и что можно объединить, и заметка о клиенте."),
    ),
    (
        2,
        ("Late solutions", "You are asked to tell the customer when a solution will be late; a button puts the words into the answer."),
        ("Решение запаздывает", "Если решение запаздывает, вас попросят сказать об этом клиенту; кнопка вставит слова в ответ."),
    ),
    (
        1,
        ("Handing the shift over", "At the end of a shift each open ticket is offered to who fits, and stays yours until they accept."),
        ("Передача смены", "В конце смены каждая открытая заявка предлагается подходящему и остаётся вашей, пока её не примут."),
    ),
)  # fmt: skip
NEWEST = max(number for number, *_both in WRITTEN)


def news(language: str) -> list[New]:
    """All of it in this language."""
    return [New(number, *(russian if language == "ru" else english)) for number, english, russian in WRITTEN]
