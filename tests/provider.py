"""A sign-in service of our own: authorize, token, refresh and revoke over TLS, and what a mail server asks it in the clear."""

import base64
import hashlib
import json
import secrets
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from tests import certificate

CLIENT, SECRET = "helpdesk-client", "client-secret"


@dataclass
class Provider:
    """*asked* are the forms that came to the token endpoint. *answers* are said instead of the next ones: (status, JSON)."""

    user: str = "box@helpdesk.test"
    port: int = 0
    plain_port: int = 0
    ca: Path | None = None
    seconds: int = 3600
    rotates: bool = True
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    refreshes: set[str] = field(default_factory=set)
    accesses: set[str] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)
    answers: list[tuple[int, object]] = field(default_factory=list)
    gate: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self):
        self.gate.set()

    @property
    def base(self):
        return f"https://localhost:{self.port}"

    def settings(self, **changes):
        """What an administrator enters of this service."""
        known = {
            "client_id": CLIENT, "client_secret": SECRET, "authorize_url": f"{self.base}/authorize",
            "token_url": f"{self.base}/token", "scope": "mail", "tenant": "", "secret_ends": None, "testing": False,
        }  # fmt: skip
        return {**known, **changes}

    def revoke(self):
        """Take everything back."""
        self.refreshes.clear()
        self.accesses.clear()

    def authorize(self, wanted):
        """Where somebody who agrees is sent to."""
        code = secrets.token_urlsafe(16)
        self.codes[code] = wanted
        return f"{wanted['redirect_uri']}?{urlencode({'code': code, 'state': wanted['state']})}"

    def token(self, form):
        """The answer to a form."""
        self.asked.append(form)
        self.gate.wait(20)
        if self.answers:
            return self.answers.pop(0)
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return 401, {"error": "invalid_client", "error_description": "The client is not known."}
        if form["grant_type"] == "refresh_token":
            return self._refreshed(form["refresh_token"])
        wanted = self.codes.pop(form.get("code", ""), None)
        if wanted is None or wanted["redirect_uri"] != form["redirect_uri"] or not _proven(wanted, form):
            return 400, {"error": "invalid_grant", "error_description": "The code is not good."}
        return self._new()

    def _refreshed(self, refresh):
        if refresh not in self.refreshes:
            return 400, {"error": "invalid_grant", "error_description": "Token has been expired or revoked."}
        if not self.rotates:
            return 200, self._access()
        self.refreshes.remove(refresh)
        return self._new()

    def _new(self):
        refresh = f"refresh-{secrets.token_urlsafe(12)}"
        self.refreshes.add(refresh)
        return 200, {**self._access(), "refresh_token": refresh}

    def _access(self):
        access = f"access-{secrets.token_urlsafe(12)}"
        self.accesses.add(access)
        return {"access_token": access, "token_type": "Bearer", "expires_in": self.seconds}


def _proven(wanted, form):
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return wanted["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")


def _handler(provider):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            parts = urlsplit(self.path)
            wanted = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if parts.path == "/authorize":
                self.send_response(302)
                self.send_header("location", provider.authorize(wanted))
                self.send_header("content-length", "0")
                self.end_headers()
                return
            good = parts.path == "/tokeninfo" and wanted.get("access_token") in provider.accesses
            self._say(*((200, {"email": provider.user}) if good else (400, {"error": "invalid_token"})))

        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self._say(*provider.token({name: values[0] for name, values in parse_qs(body).items()}))

        def _say(self, status, what):
            body = json.dumps(what).encode() if not isinstance(what, bytes) else what
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    return Handler


@contextmanager
def running(folder, user="box@helpdesk.test"):
    """A service that lets *user* in."""
    provider = Provider(user)
    folder.mkdir(parents=True, exist_ok=True)
    provider.ca, key = certificate.make(folder)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(provider.ca, key)
    with _served(provider, context) as provider.port, _served(provider, None) as provider.plain_port:
        yield provider


@contextmanager
def _served(provider, context):
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)


def dovecot(folder, provider):
    """What Dovecot must be told so that it takes the tokens of *provider*."""
    args = folder / "oauth2.conf.ext"
    args.write_text(
        f"tokeninfo_url = http://127.0.0.1:{provider.plain_port}/tokeninfo?access_token=\nusername_attribute = email\n"
        "use_grant_password = no\n"
    )
    return (
        "\nauth_mechanisms = plain xoauth2 oauthbearer\n"
        f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {args}\n}}\n"
    )
