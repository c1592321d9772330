"""Which machines may be spoken to: the host is resolved once, every address is judged, and one of them is dialled."""

import ipaddress
import socket
import time
from collections.abc import Sequence

NAT64 = ipaddress.ip_network("64:ff9b::/96")
METADATA = frozenset(map(ipaddress.ip_address, ("100.100.100.200", "192.0.0.192", "fd00:ec2::254")))
MAIL_PORTS = frozenset({25, 143, 465, 587, 993})
OTHERS_PORTS = frozenset(range(7, 1024)) - MAIL_PORTS | {
    1433, 1521, 2049, 2375, 2376, 2379, 2380, 3128, 3306, 3389, 5432, 5672, 5984, 6379, 6443, 8080, 8443, 9042, 9092,
    9200, 9300, 10250, 11211, 15672, 26379, 27017,
}  # fmt: skip  # where shells, databases, queues and consoles listen

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Forbidden(Exception):
    """The host has an address, or the port is one, that is not for us to reach."""


def public(address: str) -> bool:
    """Whether this IP address is out in the world: not ours, not a neighbour's, not a cloud's metadata."""
    ip = _bare(address)
    return not _disguised(ip) and ip.is_global and not ip.is_multicast


def near(address: str) -> bool:
    """Whether it is this machine or one of its network; never a cloud's metadata or another's address in disguise."""
    ip = _bare(address)
    special = ip.is_link_local or ip.is_multicast or ip.is_unspecified or ip in METADATA or _disguised(ip)
    broadcast = isinstance(ip, ipaddress.IPv4Address) and ip.is_reserved
    return not special and not broadcast and not ip.is_global


def mail_port(port: int) -> bool:
    """Whether a mail server may listen there: nothing that other services are known by."""
    return port not in OTHERS_PORTS


def spelled_oddly(host: str) -> bool:
    """A number that name services read as an address (0x7f000001, 127.1), or an address not as it is written."""
    try:
        ip = ipaddress.ip_address(host)
    except ValueError:
        return host.rstrip(".").rpartition(".")[2].lower().startswith(tuple("0123456789"))
    return str(ip) != host.lower() or _disguised(ip)


def judged(host: str, port: int, *, private: bool) -> list[str]:
    """The addresses of *host*; Forbidden when one may not be reached, OSError when there is none."""
    try:
        found = [str(info[4][0]) for info in socket.getaddrinfo(host.rstrip("."), port, type=socket.SOCK_STREAM)]
    except UnicodeError as error:
        raise OSError(str(error)) from error
    if not all(public(address) or (private and near(address)) for address in found):
        raise Forbidden(host)
    return found


def dial(addresses: Sequence[str], port: int, seconds: float) -> socket.socket:
    """A connection to the first address that accepts: a host may have one that cannot be reached from here."""
    until, trouble = time.monotonic() + seconds, OSError("no address")
    for number, address in enumerate(addresses):
        patience = max(0.1, (until - time.monotonic()) / (len(addresses) - number))
        try:
            link = socket.create_connection((address, port), timeout=patience)
        except OSError as error:
            trouble = error
        else:
            link.settimeout(seconds)
            return link
    raise trouble


def _bare(address: str) -> Address:
    return ipaddress.ip_address(address.partition("%")[0])


def _disguised(ip: Address) -> bool:
    """An IPv4 address in an IPv6 one."""
    return isinstance(ip, ipaddress.IPv6Address) and bool(ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip in NAT64)
