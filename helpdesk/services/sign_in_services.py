"""The services that mailboxes are signed in to with, as the administrator enters them once; the secret goes in only."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from helpdesk.channels import oauth
from helpdesk.channels.sign_in import SignInService
from helpdesk.errors import Conflict
from helpdesk.people.models import Person
from helpdesk.services import reach
from helpdesk.services.administration import changed
from helpdesk.services.database import db
from helpdesk.services.secrets import open_, seal
from helpdesk.services.store import permit, settings, transaction

KINDS = ("google", "microsoft", "other")


def services(by: Person) -> dict[str, SignInService]:
    """Those that are set up, by kind."""
    permit(by, "administer")
    return {row.kind: row for row in _all()}


def _all() -> Sequence[SignInService]:
    return db.session.scalars(select(SignInService).execution_options(populate_existing=True)).all()


def back() -> str:
    """Where a service sends people back to; it must be told so there."""
    return f"{settings().base_url}/admin/mailboxes/back"


def save(
    kind: str, *, client_id: str, client_secret: str, tenant: str, authorize_url: str, token_url: str, scope: str,
    secret_ends: date | None, testing: bool, by: Person,
) -> SignInService:  # fmt: skip
    """Enter or change a service. An empty secret leaves the kept one, unless it would go to another place."""
    permit(by, "administer")
    fresh = SignInService(
        kind=kind, client_id=client_id, tenant=tenant, authorize_url=authorize_url, token_url=token_url, scope=scope,
        secret_ends=secret_ends, testing=testing,
    )  # fmt: skip
    _check(fresh)
    with transaction():
        before = db.session.get(SignInService, kind, populate_existing=True)
        fresh.secrets = seal({"client_secret": client_secret}) if client_secret else _kept(before, fresh)
        row = db.session.merge(fresh)
    changed("sign_in_service.saved", by, kind=kind, secret=bool(client_secret))
    return row


def _kept(before: SignInService | None, after: SignInService) -> bytes | None:
    """The kept secret, when it goes where it went before."""
    if before is None or before.secrets is None:
        return None
    if (before.client_id, place(before).token_url) != (after.client_id, place(after).token_url):
        raise Conflict("The client or the address of the service has changed; enter the client secret again.")
    return before.secrets


def _check(row: SignInService) -> None:
    if row.kind == "microsoft" and row.tenant and not row.tenant.replace("-", "").replace(".", "").isalnum():
        raise Conflict("The tenant is an id or a domain, such as contoso.onmicrosoft.com; empty for any organisation.")
    if row.kind == "other" and not row.scope.strip():
        raise Conflict("Write the scope that lets us read and send mail; the service names it.")
    for url in (row.authorize_url, row.token_url) if row.kind == "other" else ():
        if reach.check(url, allow_private=private(row.kind)).scheme != "https":
            raise Conflict("The addresses of a sign-in service begin with https://.")


def private(kind: str) -> bool:
    """Whether this service may lie in our own network."""
    return kind == "other" and settings().private_mail


def place(row: SignInService) -> oauth.Service:
    """Where the service is, and what we ask it for."""
    if row.kind == "google":
        return oauth.google()
    if row.kind == "microsoft":
        return oauth.microsoft(row.tenant)
    return oauth.Service(row.authorize_url, row.token_url, row.scope)


def client(row: SignInService) -> oauth.Client:
    """Who we are to it."""
    return oauth.Client(row.client_id, open_(row.secrets).get("client_secret", ""))


def service(kind: str) -> SignInService:
    """One that is set up."""
    row = db.session.get(SignInService, kind, populate_existing=True)
    if row is None:
        raise Conflict("This sign-in service is not set up yet; enter it under Sign-in services.")
    return row
