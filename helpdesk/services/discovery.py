"""Where the servers of an address are: by its provider, by the name service (MX, RFC 6186), or nobody knows."""

from dataclasses import dataclass

import dns.exception
import dns.resolver
from dns.rdatatype import RdataType

from helpdesk.channels.mail.providers import Provider, Spot, of_domain, of_mx

PATIENCE = 3.0  # seconds for each question
SERVICES = {
    "imap": (("_imaps._tcp", "tls"), ("_imap._tcp", "starttls")),
    "smtp": (("_submissions._tcp", "tls"), ("_submission._tcp", "starttls")),
}


@dataclass(frozen=True, slots=True)
class Found:
    """What is known of an address. *how* is provider, mx, srv, guess or silent (the name service did not answer)."""

    how: str
    imap: Spot | None = None
    smtp: Spot | None = None
    provider: Provider | None = None


class _Silent(Exception):
    """The name service does not answer."""


def find(address: str) -> Found:
    """Look for the servers of an address; takes some seconds at most and never fails."""
    domain = _ascii(address.rpartition("@")[2])
    provider = of_domain(domain)
    if provider is not None:
        return _of(provider, "provider")
    try:
        return _by_mx(domain) or _by_srv(domain) or Found("guess")
    except _Silent:
        return Found("silent")


def _ascii(domain: str) -> str:
    try:
        return domain.strip().encode("idna").decode().lower()
    except UnicodeError:
        return domain.strip().lower()


def _of(provider: Provider, how: str) -> Found:
    return Found(how, provider.imap, provider.smtp, provider)


def _by_mx(domain: str) -> Found | None:
    """Mail of an own domain often lies with a large provider."""
    hosts = sorted((int(row[0]), row[1]) for row in _asked(domain, RdataType.MX))
    found = (of_mx(host) for _preference, host in hosts)
    provider = next((one for one in found if one is not None), None)
    return _of(provider, "mx") if provider is not None else None


def _by_srv(domain: str) -> Found | None:
    imap, smtp = _served(domain, "imap"), _served(domain, "smtp")
    return Found("srv", imap, smtp) if imap or smtp else None


def _served(domain: str, protocol: str) -> Spot | None:
    """The server that the domain itself names, encrypted from the first byte before STARTTLS; "." is "none here"."""
    for service, security in SERVICES[protocol]:
        rows = [
            (int(row[0]), -int(row[1]), int(row[2]), row[3]) for row in _asked(f"{service}.{domain}", RdataType.SRV)
        ]
        for _priority, _weight, port, host in sorted(rows):
            if host.rstrip("."):
                return Spot(host.rstrip(".").lower(), port, security)
    return None


def _asked(name: str, kind: RdataType) -> list[list[str]]:
    """The words of each record; none when there is none."""
    try:
        answer = dns.resolver.get_default_resolver().resolve(name, kind, lifetime=PATIENCE, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.exception.SyntaxError, dns.name.LabelTooLong):
        return []
    except (dns.exception.DNSException, OSError) as error:
        raise _Silent from error
    return [row.to_text().split() for row in answer]
