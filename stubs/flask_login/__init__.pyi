from collections.abc import Callable
from typing import Any

from flask import Flask

class UserMixin:
    id: str

class LoginManager:
    def __init__(self, app: Flask | None = ...) -> None: ...
    def user_loader(self, load: Callable[[str], Any]) -> Any: ...

current_user: Any

def login_user(user: Any, remember: bool = ...) -> bool: ...
def logout_user() -> bool: ...
