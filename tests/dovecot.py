"""A private Dovecot on loopback ports: any user may sign in with the password, each has an empty mailbox at first."""

import contextlib
import os
import pwd
import secrets
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from imapclient import IMAPClient

from tests import certificate

PASSWORD = "correct-horse"

CONFIG = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
mail_location = maildir:{folder}/mail/%u
mail_access_groups =
first_valid_uid = {uid}
ssl = {ssl}
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = {strict}
auth_failure_delay = 0
imap_idle_notify_interval = 29 mins
mail_max_userip_connections = 100
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service stats {{
  chroot =
}}
"""


@dataclass
class Dovecot:
    """A running server."""

    folder: Path
    imap: int
    imaps: int
    ca: Path

    def user(self) -> "Account":
        """A user of its own, with an empty mailbox."""
        return Account(self, f"u{secrets.token_hex(5)}@helpdesk.test")


@dataclass
class Account:
    """One user's mailbox."""

    server: Dovecot
    name: str

    def client(self) -> contextlib.AbstractContextManager[IMAPClient]:
        """A signed-in connection, as a human's mail program has one."""
        context = ssl.create_default_context(cafile=str(self.server.ca))
        return self._signed_in(IMAPClient("localhost", self.server.imaps, ssl_context=context, timeout=10))

    @contextlib.contextmanager
    def _signed_in(self, client: IMAPClient) -> Iterator[IMAPClient]:
        with contextlib.closing(_Closing(client)):
            client.login(self.name, PASSWORD)
            client.select_folder("INBOX")
            yield client

    def append(self, *mails: bytes, folder: str = "INBOX") -> None:
        """Put mails into the mailbox."""
        with self.client() as client:
            if not client.folder_exists(folder):
                client.create_folder(folder)
            for mail in mails:
                client.append(folder, mail)

    def flags(self) -> dict[int, tuple[bytes, ...]]:
        """What is in the inbox, and its flags."""
        with self.client() as client:
            return dict(client.get_flags(client.search())) if client.search() else {}

    def settings(self, **changes: object) -> dict[str, object]:
        """A mail channel's settings for this mailbox."""
        known = {
            "imap_host": "localhost", "imap_port": self.server.imaps, "imap_security": "tls", "imap_user": self.name,
            "folder": "INBOX", "after_read": "leave", "ca": str(self.server.ca),
        }  # fmt: skip
        return {**known, **changes}


@dataclass
class _Closing:
    client: IMAPClient

    def close(self) -> None:
        with contextlib.suppress(Exception):
            self.client.logout()
        with contextlib.suppress(OSError):
            self.client.shutdown()


@contextlib.contextmanager
def running(
    folder: Path, *, tls: bool = True, host: str = "localhost", days: int = 30, password: str = PASSWORD, more: str = ""
) -> Iterator[Dovecot]:
    """Start a server in *folder* and stop it afterwards; *more* stands in its configuration, too."""
    (folder / "mail").mkdir(parents=True)
    made, key = certificate.make(folder, host=host, days=days)
    server = Dovecot(folder, free_port(), free_port(), made)
    config = folder / "dovecot.conf"
    config.write_text(_config(server, key, tls, password) + more)
    process = subprocess.Popen([_program(), "-F", "-c", str(config)], stderr=subprocess.DEVNULL)
    try:
        _wait(server.imap, process, folder)
        yield server
    finally:
        process.terminate()
        process.wait()


def _program() -> str:
    return next(path for path in ("/usr/sbin/dovecot", "/usr/bin/dovecot") if os.path.exists(path))


def _config(server: Dovecot, key: Path, tls: bool, password: str) -> str:
    owner = pwd.getpwnam("dovecot") if os.getuid() == 0 else pwd.getpwuid(os.getuid())
    if os.getuid() == 0:
        os.chown(server.folder / "mail", owner.pw_uid, owner.pw_gid)
    return CONFIG.format(
        folder=server.folder, user=owner.pw_name, group=_group(owner.pw_gid), uid=owner.pw_uid, gid=owner.pw_gid,
        certificate=server.ca, key=key, password=password, imap=server.imap, imaps=server.imaps,
        ssl="yes" if tls else "no", strict="yes" if tls else "no",
    )  # fmt: skip


def _group(gid: int) -> str:
    import grp

    return grp.getgrgid(gid).gr_name


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    patience = time.monotonic() + 15
    while time.monotonic() < patience and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as link:
            if link.recv(10):
                return
        time.sleep(0.02)
    log = folder / "log"
    raise TimeoutError(f"Dovecot does not answer: {log.read_text() if log.exists() else ''}")


@pytest.fixture(scope="session")
def dovecot(folder: Path) -> Iterator[Dovecot]:
    with running(folder / "dovecot") as server:
        yield server
