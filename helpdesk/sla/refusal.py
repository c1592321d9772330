"""What a definition is refused with: the sentence and its facts apart, so that a page says it in the reader's language."""


class Refusal(ValueError):
    """The definition cannot be used: *text* with {names} for its *facts* says what to change."""

    def __init__(self, text: str, /, **facts: object) -> None:
        super().__init__(text.format(**facts) if facts else text)
        self.text = text
        self.facts = facts
