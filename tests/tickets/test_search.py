"""The analyser: what is stored and what is asked meet, however they are written."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from helpdesk.tickets.search import marked, stems, swapped, wanted


def finds(query, *texts):
    """Whether a message with these texts is found, as both engines decide: every asked stem is stored."""
    asked = wanted(query)
    return bool(asked) and set(asked) <= set(stems(*texts).split())


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("купон", "Оба купона не сработали"),
        ("КУПОНЫ", "купон"),
        ("ёлка", "Куплены две елки"),
        ("елка", "Куплены две ёлки"),
        ("возврат суммы", "Вся сумма, а возвраты обещали вчера"),
        ("refunds", "I was promised a refund"),
        ("charging", "You charged me twice"),
        ("төлем", "Төлем өтпеді"),
        ("4711", "Заказ № 4711"),
        ("A-12", "Ряд A-12"),
        ("marat@customer.test", "Напишите на Marat@Customer.test, пожалуйста"),
        ("bob.o'neil+x@mail.example", "bob.o'neil+x@mail.example"),
    ],
)
def test_other_forms_of_a_word_are_found(query, text):
    assert finds(query, text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("купон", "Чек не пришёл"),
        ("купон чек", "Купон не сработал"),
        ("marat@customer.test", "marat wrote to a customer for a test"),
        ("471", "Заказ 4711"),
        ("", "Купон"),
        ("?!", "Купон?!"),
    ],
)
def test_what_is_not_all_there_is_not_found(query, text):
    assert not finds(query, text)


def test_words_are_gathered_from_all_texts_of_a_message():
    assert finds("coupon marat", "The coupon", "Marat", "Hello")


WRITTEN = st.sampled_from(
    [
        "+7{}{}{}", "8{}{}{}", "8 {} {} {}", "8-{}-{}-{}", "+7 ({}) {}-{}", "+7({}){} {}", "7.{}.{}.{}", "{}{}{}", "({}) {}-{}",
    ]
)  # fmt: skip
DIGITS = st.tuples(*(st.text("0123456789", min_size=count, max_size=count) for count in (3, 3, 4)))


@given(WRITTEN, WRITTEN, DIGITS)
def test_a_phone_is_found_however_it_is_written(asked, told, digits):
    assert finds(asked.format(*digits), f"Позвоните мне на {told.format(*digits)}, пожалуйста")


def test_a_phone_is_found_beside_words():
    assert finds("перезвоните +7 701 123-45-67", "Перезвоните на 87011234567, прошу")


def test_a_date_in_digits_is_found_beside_a_time():
    assert finds("2026-09-14", "Запись на 2026-09-14 10:30")


@given(st.text(max_size=60))
@example("é ß ﬁ İ")
def test_every_text_is_found_by_itself(text):
    assert set(wanted(text)) <= set(stems(text).split())


@given(st.text(max_size=200))
def test_what_is_stored_is_words_that_no_engine_takes_for_its_own_signs(text):
    assert all(word.isalnum() for word in stems(text).split())


def test_a_query_asks_for_at_most_twelve_words():
    assert len(wanted(" ".join(f"word{number}" for number in range(50)))) == 12


@pytest.mark.parametrize(("typed", "meant"), [("ghbdtn", "привет"), ("ПРИВЕТ", "ghbdtn"), ("regjy", "купон")])
def test_the_other_keyboard(typed, meant):
    assert swapped(typed) == meant


def test_the_match_is_marked_with_what_stands_around_it():
    assert marked("Оба купона пропали", wanted("купон")) == [("Оба ", False), ("купона", True), (" пропали", False)]


def test_where_nothing_was_asked_for_nothing_is_marked():
    assert marked("Оба купона пропали", wanted("чек")) == []


@given(st.text(max_size=300), st.text(max_size=20))
def test_what_is_marked_is_a_piece_of_the_text(text, query):
    assert "".join(piece for piece, _ in marked(text, wanted(query))) in text
