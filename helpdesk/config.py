"""Every setting of the product: its name, type and default, read once from HELPDESK_* variables."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo


class BadSetting(ValueError):
    """A setting that the product will not start with; the message names it and says what to write instead."""


@dataclass(frozen=True)
class Config:
    """All settings of one running product."""

    var: Path
    database_url: str
    redis_url: str
    secret_key: str
    base_url: str
    host: str = "127.0.0.1"
    port: int = 8470
    mail_port: int = 8471
    workers: int = 2
    time_zone: str = "Asia/Almaty"
    own_host: str = "localhost"
    own_address: str = ""
    name: str = "Helpdesk"
    acknowledgements: int = 1000
    secure_cookies: bool = False
    read_seconds: float = 5.0
    private_mail: bool = True
    undo_seconds: int = 10

    @property
    def blobs(self) -> Path:
        """The folder of attachments and large raw mails, by sha256."""
        return self.var / "blobs"

    @property
    def templates(self) -> Path:
        """The folder of compiled templates, so that a page answers soon after a start; it may be thrown away."""
        return self.var / "templates"


def from_environment(environ: Mapping[str, str]) -> Config:
    """Read HELPDESK_*; what is missing gets its default, what is wrong is refused by name."""
    var = Path(environ.get("HELPDESK_VAR", "var")).resolve()
    var.mkdir(parents=True, exist_ok=True)
    port = _number(environ, "HELPDESK_PORT", 8470)
    base_url = _base_url(environ.get("HELPDESK_BASE_URL", f"http://127.0.0.1:{port}"))
    return Config(
        var=var,
        database_url=_database_url(environ.get("HELPDESK_DATABASE_URL", f"sqlite:///{var}/helpdesk.db")),
        redis_url=_redis_url(environ.get("HELPDESK_REDIS_URL", f"unix://{var}/valkey.sock")),
        secret_key=_secret_key(environ, var),
        base_url=base_url,
        host=_host(environ.get("HELPDESK_HOST", "127.0.0.1")),
        port=port,
        mail_port=_number(environ, "HELPDESK_MAIL_PORT", port + 1),
        workers=_number(environ, "HELPDESK_WORKERS", 2),
        time_zone=_time_zone(environ.get("HELPDESK_TIME_ZONE", "Asia/Almaty")),
        own_host=environ.get("HELPDESK_OWN_HOST", "localhost"),
        own_address=environ.get("HELPDESK_OWN_ADDRESS", ""),
        name=environ.get("HELPDESK_NAME", "Helpdesk"),
        acknowledgements=_number(environ, "HELPDESK_ACKNOWLEDGEMENTS", 1000),
        secure_cookies=base_url.startswith("https://"),
        read_seconds=_number(environ, "HELPDESK_READ_SECONDS", 5),
        private_mail=_switch(environ, "HELPDESK_PRIVATE_MAIL", "yes"),
        undo_seconds=_seconds(environ, "HELPDESK_UNDO_SECONDS", 10),
    )


def _number(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise BadSetting(f"{name} is {text!r}; write a whole number from 1 to 65535.")
    return int(text)


def _switch(environ: Mapping[str, str], name: str, default: str) -> bool:
    text = environ.get(name, default)
    if text not in ("yes", "no"):
        raise BadSetting(f"{name} is {text!r}; write yes or no.")
    return text == "yes"


def _seconds(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name, str(default))
    if not re.fullmatch(r"[0-9]{1,2}|1[01][0-9]|120", text):
        raise BadSetting(f"{name} is {text!r}; write a whole number of seconds from 0 to 120.")
    return int(text)


def _database_url(url: str) -> str:
    """PostgreSQL is always spoken to through psycopg 3."""
    for prefix in ("postgres://", "postgresql://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadSetting("HELPDESK_DATABASE_URL must start with sqlite:/// or postgresql://.")
    return url


def _redis_url(url: str) -> str:
    if not re.match(r"unix://[^/]*/.", url) and not _address(url, "redis", "rediss"):
        raise BadSetting("HELPDESK_REDIS_URL must look like redis://host:6379/0, rediss://… or unix:///path/to/socket.")
    return url


def _base_url(url: str) -> str:
    """Where people find the desk, without a slash at the end."""
    if not _address(url, "http", "https"):
        raise BadSetting(f"HELPDESK_BASE_URL is {url!r}; write an address such as https://desk.example.com.")
    return url.rstrip("/")


def _address(url: str, *schemes: str) -> bool:
    """Whether *url* has one of these schemes, a host, and a port that is one if any."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return False
    return parts.scheme in schemes and bool(parts.hostname) and port != 0


def _host(host: str) -> str:
    """What to listen on: an address, or a name; what looks like an address must be one."""
    try:
        ip_address(host)
    except ValueError as error:
        if not re.fullmatch(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", host) or re.fullmatch(r"[0-9.]+", host):
            raise BadSetting(
                f"HELPDESK_HOST is {host!r}; write an address of this machine, such as 0.0.0.0."
            ) from error
    return host


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError) as error:
        raise BadSetting(f"HELPDESK_TIME_ZONE is {name!r}; write one such as Asia/Almaty.") from error
    return name


def _secret_key(environ: Mapping[str, str], var: Path) -> str:
    """The key of signatures and sessions: from the environment, else made once and kept in var/secret."""
    given = environ.get("HELPDESK_SECRET_KEY")
    if given is not None:
        if len(given) < 32:
            raise BadSetting("HELPDESK_SECRET_KEY is too short; use at least 32 random characters.")
        return given
    kept = var / "secret"
    if not kept.exists():
        fresh = var / f"secret.{secrets.token_hex(4)}"
        fresh.touch(mode=0o600)
        fresh.write_text(secrets.token_hex(32))
        try:
            kept.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return kept.read_text().strip()
