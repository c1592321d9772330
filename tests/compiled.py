"""What was compiled for one test serves the next: statements and addresses are the same for all, and compiling them anew for
each test's application took half of the suite's time."""

from typing import Any

from flask_sqlalchemy import SQLAlchemy
from werkzeug.routing import Rule


def keep() -> None:
    """From now on, in this process."""
    _keep_statements()
    _keep_addresses()


def _keep_statements() -> None:
    """Engines of one kind of database share a dialect, by which compiled statements are found, and these."""
    known: dict[str, Any] = {}
    made = SQLAlchemy._make_engine

    def make(*arguments: Any) -> Any:
        engine: Any = made(*arguments)
        first = known.setdefault(engine.dialect.name, engine)
        engine.dialect = engine.pool._dialect = first.dialect
        engine._compiled_cache = first._compiled_cache
        return engine

    SQLAlchemy._make_engine = make  # type: ignore[method-assign]


def _keep_addresses() -> None:
    """Rules that are alike build their addresses alike."""
    known: dict[Any, Any] = {}
    compiled = Rule._compile_builder

    def compile_once(rule: Any, append_unknown: bool = True) -> Any:
        like = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), append_unknown)
        if like not in known:
            known[like] = compiled(rule, append_unknown)
        return known[like]

    Rule._compile_builder = compile_once  # type: ignore[method-assign]
