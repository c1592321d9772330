"""Rows of call logs, as telephone exchanges write them."""


def cdr(
    src="+77011234567", dst="101", start="2026-09-14 10:00:00", answer="2026-09-14 10:00:12", end="2026-09-14 10:02:12",
    duration=132, billsec=120, disposition="ANSWERED", uniqueid="1789380000.1", dstchannel="SIP/101-0000001b",
    channel="SIP/trunk-0000001a", lastapp="Dial", name="Aigul", userfield="",
):  # fmt: skip
    """One line of Asterisk's Master.csv."""
    clid = f'"""{name}"" <{src}>"' if name else f'"{src}"'
    fields = [
        '""', f'"{src}"', f'"{dst}"', '"from-trunk"', clid, f'"{channel}"', f'"{dstchannel}"', f'"{lastapp}"',
        '"SIP/101"', f'"{start}"', f'"{answer}"', f'"{end}"', str(duration), str(billsec), f'"{disposition}"',
        '"DOCUMENTATION"', f'"{uniqueid}"', f'"{userfield}"',
    ]  # fmt: skip
    return ",".join(fields) + "\n"


def missed(uniqueid="1789380000.2", **more):
    """A call that nobody answered."""
    rest = {
        "answer": "",
        "end": "2026-09-14 10:00:30",
        "duration": 30,
        "billsec": 0,
        "disposition": "NO ANSWER",
        **more,
    }
    return cdr(uniqueid=uniqueid, **rest)


RUSSIAN = """Дата;Ответ;Кто;Куда;Тип;Итог;Номер звонка;Запись
14.09.2026 10:00:00;14.09.2026 10:00:05;8 (701) 123-45-67;101;Входящий;Принят;A-1;/rec/a1.wav
14.09.2026 11:00:00;;8 (701) 765-43-21;101;Входящий;Пропущен;A-2;
14.09.2026 12:00:00;14.09.2026 12:00:09;101;8 (701) 000-00-01;Исх.;Принят;A-3;
"""
MAPPING = {
    "columns": {
        "started": "Дата", "answered": "Ответ", "from": "Кто", "to": "Куда", "direction": "Тип", "outcome": "Итог",
        "id": "Номер звонка", "recording": "Запись",
    },
    "format": "%d.%m.%Y %H:%M:%S",
    "zone": "Asia/Almaty",
}  # fmt: skip
