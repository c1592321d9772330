"""From an address to its servers: providers known by name, MX of an own domain, RFC 6186, and nothing invented."""

import pytest

from helpdesk.channels.mail.providers import Spot, of_mx, of_server, providers
from helpdesk.channels.mail.tls import Server
from helpdesk.services import discovery
from tests import names
from tests.dovecot import free_port


@pytest.mark.parametrize(
    ("address", "provider", "host"),
    [
        ("help@gmail.com", "gmail", "imap.gmail.com"),
        ("help@YANDEX.RU", "yandex", "imap.yandex.ru"),
        ("help@bk.ru", "mailru", "imap.mail.ru"),
        ("help@lenta.ru", "rambler", "imap.rambler.ru"),
        ("help@hotmail.com", "outlook", "outlook.office365.com"),
        ("help@gmx.de", "gmx_de", "imap.gmx.net"),
    ],
)
def test_an_address_at_a_known_provider_needs_no_name_service(address, provider, host):
    found = discovery.find(address)
    assert (found.how, found.provider.id, found.imap.host) == ("provider", provider, host)


@pytest.mark.parametrize(
    ("mx", "provider"),
    [
        ("aspmx.l.google.com.", "gmail"),
        ("example-com.mail.protection.outlook.com.", "microsoft"),
        ("hotmail-com.olc.protection.outlook.com.", "outlook"),
        ("mx.yandex.net.", "yandex"),
        ("emx.mail.ru.", "mailru"),
    ],
)
def test_an_own_domain_is_known_by_who_takes_its_mail(mx, provider):
    with names.running({("shop.test", "MX"): [f"10 {mx}"]}):
        found = discovery.find("help@shop.test")
    assert (found.how, found.provider.id) == ("mx", provider)


@pytest.mark.parametrize("host", ["mx.notyandex.net", "google.com.evil.test", "gmail.ru.test"])
def test_a_name_that_only_looks_like_a_provider_is_none(host):
    assert of_mx(host) is None


def test_a_server_on_this_machine_is_no_providers():
    assert of_server("imap.yandex.ru").id == "yandex"
    assert of_server("127.0.0.1") is None


def test_a_domain_that_names_its_servers_is_believed_and_tls_goes_before_starttls():
    records = {
        ("_imaps._tcp.shop.test", "SRV"): ["20 1 993 late.shop.test.", "10 1 1993 first.shop.test."],
        ("_imap._tcp.shop.test", "SRV"): ["0 1 143 plain.shop.test."],
        ("_submissions._tcp.shop.test", "SRV"): ["0 0 0 ."],
        ("_submission._tcp.shop.test", "SRV"): ["0 1 587 out.shop.test."],
    }
    with names.running(records):
        found = discovery.find("help@shop.test")
    assert (found.how, found.imap, found.smtp) == (
        "srv",
        Spot("first.shop.test", 1993, "tls"),
        Spot("out.shop.test", 587, "starttls"),
    )


def test_of_a_domain_that_says_nothing_nothing_is_invented():
    with names.running({}):
        assert discovery.find("help@shop.test") == discovery.Found("guess")


def test_a_domain_in_cyrillic_is_asked_for_as_the_name_service_knows_it():
    with names.running({("xn--80a1acny.xn--p1ai", "MX"): ["10 mx.yandex.net."]}):
        assert discovery.find("help@почта.рф").provider.id == "yandex"


def test_without_a_name_service_it_is_said_so(monkeypatch):
    monkeypatch.setattr(discovery, "PATIENCE", 0.3)
    with names.asking(free_port()):
        assert discovery.find("help@shop.test").how == "silent"


@pytest.mark.parametrize("address", ["help@", "help@..", f"help@{'a' * 70}.test", "help@a b"])
def test_what_is_no_domain_is_asked_for_without_failing(address):
    with names.running({}):
        assert discovery.find(address).provider is None


@pytest.mark.parametrize("one", providers(), ids=lambda one: one.id)
def test_every_provider_is_whole(one):
    for spot in (one.imap, one.smtp):
        assert Server(spot.host, spot.port, spot.security).host == spot.host
        assert spot.security != "none"
    assert set(one.ways) <= {"oauth2", "app_password", "password"}
    assert ("oauth2" in one.ways) == bool(one.service)
    assert all(one.names[language] and one.todo[language] for language in ("ru", "en"))


def test_no_domain_belongs_to_two_providers():
    domains = [domain for one in providers() for domain in one.domains]
    assert len(domains) == len(set(domains))
