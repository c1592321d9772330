"""OAuth2, RFC 6749 with PKCE: what is asked of a sign-in service and what its answer means. No transport."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oauthlib.common import generate_token
from oauthlib.oauth2 import OAuth2Error, WebApplicationClient
from oauthlib.oauth2.rfc6749.errors import InvalidGrantError

ENDED = frozenset({"invalid_grant", "interaction_required", "consent_required", "login_required"})


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service is, and what we ask it for; *more* are further words in the address."""

    authorize_url: str
    token_url: str
    scope: str
    more: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Client:
    """Who we are to the service."""

    id: str
    secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What we were given; no new *refresh* token means that the old one stays good."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    seconds: int


class Denied(Exception):
    """The service said no. *ended* says that somebody has to sign in again."""

    def __init__(self, error: str, words: str) -> None:
        super().__init__(f"{error}: {words}" if words else error)
        self.ended = error in ENDED


def google() -> Service:
    """Google's."""
    return Service(
        "https://accounts.google.com/o/oauth2/v2/auth", "https://oauth2.googleapis.com/token",
        "https://mail.google.com/", {"access_type": "offline", "prompt": "consent"},
    )  # fmt: skip


def microsoft(tenant: str) -> Service:
    """Microsoft's, for one organisation or for "common"."""
    base = f"https://login.microsoftonline.com/{tenant or 'common'}/oauth2/v2.0"
    scope = "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/SMTP.Send offline_access"
    return Service(f"{base}/authorize", f"{base}/token", scope, {"prompt": "select_account"})


def fresh_state() -> str:
    """What comes back with the answer, so that nobody can slip us another's."""
    return str(generate_token(43))


def fresh_verifier() -> str:
    """What only we know of the request, RFC 7636."""
    return str(WebApplicationClient("").create_code_verifier(64))


def question(service: Service, client: Client, *, back: str, state: str, verifier: str, address: str) -> str:
    """The address at which somebody lets us in."""
    asking = WebApplicationClient(client.id)
    url = asking.prepare_request_uri(
        service.authorize_url, redirect_uri=back, scope=service.scope.split(), state=state,
        code_challenge=asking.create_code_challenge(verifier, "S256"), code_challenge_method="S256",
        login_hint=address, **service.more,
    )  # fmt: skip
    return str(url)


def exchange(client: Client, *, back: str, code: str, verifier: str) -> bytes:
    """The form that turns a code into tokens."""
    asking = WebApplicationClient(client.id)
    body = asking.prepare_request_body(code=code, redirect_uri=back, code_verifier=verifier, **_secret(client))
    return str(body).encode()


def renewal(client: Client, service: Service, refresh: str) -> bytes:
    """The form that turns a refresh token into a new access token."""
    asking = WebApplicationClient(client.id)
    body = asking.prepare_refresh_body(
        refresh_token=refresh, scope=service.scope.split(), client_id=client.id, **_secret(client)
    )
    return str(body).encode()


def meaning(text: bytes) -> Tokens:
    """What a service answered; raises Denied."""
    try:
        said = WebApplicationClient("").parse_request_body_response(text.decode("utf-8", "replace"))
        return Tokens(
            str(said["access_token"]), str(said.get("refresh_token") or ""), int(said.get("expires_in") or 3600)
        )
    except InvalidGrantError as error:
        raise Denied("invalid_grant", str(error.description or "")) from error
    except OAuth2Error as error:
        raise Denied(str(error.error or "unknown"), str(error.description or "")) from error
    except (ValueError, TypeError, AttributeError) as error:
        raise Denied("unreadable", "") from error


def _secret(client: Client) -> dict[str, str]:
    return {"client_secret": client.secret} if client.secret else {}
