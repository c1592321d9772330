from typing import Any

from flask import Blueprint, Flask
from werkzeug.exceptions import BadRequest

class CSRFError(BadRequest): ...

class CSRFProtect:
    def __init__(self, app: Flask | None = ...) -> None: ...
    def exempt(self, view: Blueprint) -> Any: ...
