"""Doors for people and programs: each parses, calls one service, answers."""

from flask import Flask


def init_app(app: Flask) -> None:
    """Hang all doors."""
