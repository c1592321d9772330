"""What stands in the way of a mailbox, in a sentence that says what to do."""

import re
import smtplib
import socket
import ssl
from collections.abc import Sequence

from imapclient.exceptions import IMAPClientError, LoginError

from helpdesk.channels.mail import imap, smtp
from helpdesk.channels.mail.tls import Server
from helpdesk.errors import Conflict, HelpdeskError

SHOWN = 12  # folders
BYTES = re.compile(r"b(['\"])(.*)\1")


class OtherFolders(Exception):
    """The folder is not there; others are."""

    def __init__(self, others: Sequence[str]) -> None:
        super().__init__(", ".join(others[:SHOWN]))


KNOWN = (*imap.TROUBLE, *smtp.TROUBLE, UnicodeError, HelpdeskError, OtherFolders, imap.NoFolder)


def said(step: str, error: Exception, server: Server, folder: str) -> HelpdeskError:
    """What to do about an error at this step."""
    if isinstance(error, HelpdeskError):
        return error
    if isinstance(error, imap.NoFolder):
        return Conflict("There is no folder {folder}; write another one.", folder=folder)
    if isinstance(error, OtherFolders):
        return Conflict("There is no folder {folder}. Write one of these: {others}", folder=folder, others=str(error))
    return {"name": _name, "port": _port, "certificate": _certificate}.get(step, _later)(error, server)


def too_slow(server: Server) -> HelpdeskError:
    """It was still at it when the time was over."""
    return Conflict("{host} takes too long; try again, and ask its operator when that does not help.", host=server.host)


def _name(error: Exception, server: Server) -> HelpdeskError:
    if isinstance(error, socket.gaierror) and error.errno not in (socket.EAI_NONAME, socket.EAI_NODATA):
        return Conflict("The name service does not answer; see that this machine has a network.")
    return Conflict("There is no server {host}, or this machine has no network; check the spelling.", host=server.host)


def _port(error: Exception, server: Server) -> HelpdeskError:
    if isinstance(error, ConnectionRefusedError):
        return Conflict("Nobody listens on port {port} of {host}; check the port.", port=server.port, host=server.host)
    return Conflict(
        "{host} does not answer on port {port}; check the port, and whether a firewall stands in between.",
        port=server.port,
        host=server.host,
    )


def _certificate(error: Exception, server: Server) -> HelpdeskError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return Conflict(
            "The certificate of {host} is not to be trusted ({error}). Write the name that the certificate is for, or "
            "have it renewed by whoever runs the server.",
            host=server.host,
            error=error.verify_message,
        )
    if isinstance(error, ssl.SSLError | TimeoutError | IMAPClientError | smtplib.SMTPServerDisconnected):
        return Conflict(
            "{host} does not speak {security} on port {port}. Usual are 993 and 465 with TLS, 143 and 587 with STARTTLS.",
            host=server.host,
            port=server.port,
            security={"tls": "TLS", "starttls": "STARTTLS"}.get(server.security, "it"),
        )
    return _later(error, server)


def _later(error: Exception, server: Server) -> HelpdeskError:
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return Conflict(
            "{host} knows no sign-in. If it takes mail from this machine without one, connect the mailbox and empty the "
            "user name for sending in its settings; else check port and encryption.",
            host=server.host,
        )
    if isinstance(error, LoginError | smtplib.SMTPAuthenticationError):
        return _locked_out(server, _words(error))
    return Conflict("{host} broke off: {error}", host=server.host, error=_words(error))


def _locked_out(server: Server, error: str) -> HelpdeskError:
    if server.token:
        return Conflict(
            "{host} did not let {user} in: {error}. Sign in again, as the owner of this mailbox.",
            host=server.host, user=server.user, error=error,
        )  # fmt: skip
    return Conflict(
        "{host} did not let {user} in: {error}. Check the user name and the password; many providers want an app password.",
        host=server.host, user=server.user, error=error,
    )  # fmt: skip


def _words(error: Exception) -> str:
    """What the server said, in one short line; the IMAP library shows bytes as Python writes them."""
    said = " ".join(smtp.words(error).split())
    shown = BYTES.search(said)
    return (shown[2] if shown else said).rstrip(".")[:300]
