"""What was compiled for one test serves the next: statements and addresses are the same for all, and compiling them anew for
each test's application took half of the suite's time."""

from types import MethodType
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
    """Rules that are alike are parsed alike, and build their addresses alike."""
    known: dict[Any, Any] = {}
    compiled = Rule.compile

    def compile_once(rule: Any) -> None:
        among = (rule.map.host_matching, frozenset(rule.map.converters.items()))
        like = (rule.rule, rule.subdomain, rule.host, rule.merge_slashes, repr(rule.defaults), *among)
        if like in known:
            _repeat(known[like], rule)
        else:
            compiled(rule)
            known[like] = rule

    Rule.compile = compile_once  # type: ignore[method-assign]


def _repeat(first: Any, rule: Any) -> None:
    """Give *rule* what *first* was compiled to."""
    rule._parts, rule._trace, rule._converters = first._parts, first._trace, first._converters
    rule.arguments |= first.arguments
    rule._build = MethodType(first._build.__func__, rule)
    rule._build_unknown = MethodType(first._build_unknown.__func__, rule)
