"""What demo customers and agents say, in Russian, Kazakh and English."""

AGENTS = (
    ("Айгуль Сеитова", "aigul", 0, "ru"),
    ("Тимур Ахметов", "timur", 0, "ru"),
    ("Нина Белова", "nina", 0, "ru"),
    ("Санжар Абдрахманов", "sanzhar", 0, "ru"),
    ("Мария Ким", "maria", 0, "ru"),
    ("Daniel Kim", "daniel", 1, "en"),
    ("Zhanna Omarova", "zhanna", 1, "en"),
    ("Ruslan Ospanov", "ruslan", 1, "ru"),
    ("Alina Weber", "alina", 1, "en"),
    ("Askar Nurlanov", "askar", 1, "en"),
)
LEAD = ("Ирина Левина", "irina", "ru")
TEAMS = ("Купоны", "Streaming")

CUSTOMERS = (
    "Марат Примеров", "Ольга Образцова", "Дана Вымышлева", "Ерлан Тестов", "Алёна Пробная", "Игорь Шаблонов",
    "Сауле Мысалова", "Пётр Условный", "Вера Черновик", "Асель Улгі", "John Sample", "Mary Example", "Peter Placeholder",
    "Anna Specimen", "Tom Template", "Lucy Demo", "Олжас Мәтінов", "Гульнара Копиева", "Семён Макетов", "Kate Fixture",
)  # fmt: skip

QUESTIONS = (
    ("Купон не сработал на кассе", "Здравствуйте! Купон на ужин не принимают, пришлось платить ещё раз. Прошу вернуть деньги."),
    ("Не приходит чек на почту", "Добрый день. Оплатил вчера, чека нет ни во входящих, ни в спаме."),
    ("Перенос даты мастер-класса", "Можно ли перенести запись на октябрь? Нас будет шестеро."),
    ("Как подарить купон другу", "Хочу отправить купон сразу на его номер, не нашла такой кнопки."),
    ("Ошибка в имени на сертификате", "Написали «Алексей», а нужно «Алёна». Исправьте, пожалуйста."),
    ("Закрывающие документы за август", "Нужны акт и счёт-фактура для бухгалтерии."),
    ("Растау коды келмейді", "Сәлеметсіз бе! Код келмейді, телефон нөмірін тексердім, бәрі дұрыс."),
    ("Қайтару туралы", "Купонды қайтарғым келеді, ақша қашан түседі?"),
    ("The film stops every ten minutes", "Hello, on my TV the film stops every ten minutes since Friday. The phone is fine."),
    ("Charged twice this month", "I was charged twice for the same subscription. Please refund one of them."),
    ("Cannot sign in on a new device", "It says the limit of devices is reached, but I have only two."),
    ("Subtitles are missing", "There are no subtitles in the second season. They were there last week."),
    ("Отмена брони, спор о сумме", "Вы обещали ответить до обеда, жду решения по сумме возврата."),
    ("Приложение просит код второй раз", "После обновления приложение снова просит код, а старый не действует."),
)  # fmt: skip
MORE = {
    "ru": ("Есть новости? Мне нужно понять до вечера.", "Проверил ещё раз, всё так же.", "Отправляю снимок экрана, посмотрите."),
    "en": ("Any news? I need to know before the weekend.", "I tried again, it is the same.", "Here is what the screen says."),
}  # fmt: skip
ANSWERS = {
    "ru": (
        "Здравствуйте! Проверяем оплату вместе с партнёром и вернёмся с ответом сегодня.",
        "Спасибо, что написали. Исправили, проверьте, пожалуйста.",
        "Возврат оформлен, деньги придут в течение трёх дней.",
    ),
    "en": (
        "Hello, we are looking into it and will come back to you today.",
        "Thank you for telling us. It is mended now; please try again.",
        "The refund is on its way and will arrive within three days.",
    ),
}
NOTES = (
    "В кассе партнёра код погашен, кассир пробил дважды.",
    "Second contact this week, be quick.",
    "Ждём выгрузку партнёра.",
)
LOOK_AT = {"ru": "Клиент сердится, посмотрите до вечера.", "en": "The customer is angry, please look at it today."}
REMEMBER = {"ru": "Просит звонить после шести.", "en": "Prefers a call after six."}
SKIP = {"ru": "Нужен доступ к кассе партнёра.", "en": "Needs access to the partner's till."}
REFUSAL = {"ru": "Ухожу через полчаса, не успею.", "en": "I leave in half an hour."}
DRAFT = {
    "ru": "Здравствуйте! Партнёр ответил, что код погашен ",
    "en": "Hello, the player writes that your subscription ",
}
HANDOVER = {
    "ru": "Клиент ждёт звонка, выгрузка партнёра запрошена.",
    "en": "Logs are asked for. Next: call the customer back.",
}


def writing_to(team: int) -> list[int]:
    """The customers of a team: those with Latin names are those of the second one."""
    return [number for number, name in enumerate(CUSTOMERS) if name.isascii() == (team == 1)]


def question(customer: int, number: int) -> tuple[str, str]:
    """A subject and a text in a language that this customer writes: who has a Latin name writes English."""
    english = CUSTOMERS[customer].isascii()
    theirs = [one for one in QUESTIONS if one[0].isascii() == english]
    return theirs[number % len(theirs)]
