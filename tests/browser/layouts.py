"""Key events as three keyboards make them: what is typed, and which key it was."""

from helpdesk.web.keys import RUSSIAN

MOVED = {"A": "KeyQ", "Q": "KeyA", "Z": "KeyW", "W": "KeyZ", "M": "Semicolon"}  # on AZERTY
QWERTY_MARKS = {
    "/": ("/", "Slash"), "?": ("?", "Slash", True), ".": (".", "Period"), "[": ("[", "BracketLeft"),
    "]": ("]", "BracketRight"), "*": ("*", "Digit8", True),
}  # fmt: skip
RUSSIAN_MARKS = {
    "/": (".", "Slash"), "?": (",", "Slash", True), ".": ("ю", "Period"), "[": ("х", "BracketLeft"),
    "]": ("ъ", "BracketRight"), "*": ("*", "Digit8", True),
}  # fmt: skip
AZERTY_MARKS = {
    "/": ("/", "Period", True), "?": ("?", "KeyM", True), ".": (".", "Comma", True), "[": ("Dead", "BracketLeft"),
    "]": ("$", "BracketRight"), "*": ("*", "Backslash"),
}  # fmt: skip
NAMED = ("Enter", "Escape", "ArrowDown", "ArrowUp")
LAYOUTS = ("QWERTY", "ЙЦУКЕН", "AZERTY")


def event(layout: str, stroke: str) -> dict:
    """The event of a stroke, such as "Control+K" or "?"."""
    *modifiers, key = stroke.split("+")
    typed, code, shift = (*_key(layout, key), False)[:3]
    held = {"shiftKey": shift or "Shift" in modifiers, "ctrlKey": "Control" in modifiers}
    return {"key": typed.upper() if "Shift" in modifiers and len(key) == 1 else typed, "code": code, **held}


def _key(layout: str, key: str) -> tuple:
    if key in NAMED:
        return key, key
    if key.isdecimal():
        return ("à&é\"'(-è_ç"[int(key)] if layout == "AZERTY" else key), f"Digit{key}"
    if key.isalpha():
        return _letter(layout, key)
    return {"QWERTY": QWERTY_MARKS, "ЙЦУКЕН": RUSSIAN_MARKS, "AZERTY": AZERTY_MARKS}[layout][key]


def _letter(layout: str, key: str) -> tuple:
    if layout == "ЙЦУКЕН":
        return RUSSIAN[key].lower(), f"Key{key}"
    return key.lower(), MOVED.get(key, f"Key{key}") if layout == "AZERTY" else f"Key{key}"
