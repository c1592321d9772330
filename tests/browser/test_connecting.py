"""Somebody connects a mailbox: address, servers, layers, what would come of it, yes; in both languages."""

import pytest
from playwright.sync_api import expect

from helpdesk.channels.models import Channel
from helpdesk.services.database import db
from tests.dovecot import PASSWORD
from tests.making import eml, make_staff, make_team
from tests.processes import eventually

pytestmark = pytest.mark.once

WORDS = {
    "ru": ("Найти серверы", "Пароль", "Проверить", "Продолжить", "Посчитать, что получится", "Да, подключить"),
    "en": ("Find its servers", "Password", "Check it", "Go on", "Count what would come of it", "Yes, connect"),
}
LOOKS = [("ru", {"width": 390, "height": 844}, False), ("en", {"width": 1366, "height": 768}, True)]
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.parametrize(("language", "size", "scripts"), LOOKS)
def test_a_mailbox_is_connected_from_its_address_on(desk, dovecot, language, size, scripts):
    account, team = dovecot.user(), make_team()
    account.append(eml("a@customer.test"), eml("b@customer.test", Auto_Submitted="auto-replied"))
    root = make_staff("administrator", [team], locale=language)
    page = desk.sign_in(root, viewport=size, java_script_enabled=scripts)
    page.goto(f"/admin/channels?lang={language}")
    find, password, check, on, count, yes = WORDS[language]
    page.goto("/admin/mailboxes/new")
    page.locator("#address").fill(account.name)
    page.get_by_role("button", name=find).click()
    page.get_by_label(password, exact=True).fill(PASSWORD)
    page.locator("#team").select_option(str(team.id))
    page.locator("#imap_host").fill("localhost")
    page.locator("#imap_port").fill(str(dovecot.imaps))
    page.get_by_role("button", name=check).click()
    expect(page.locator(".steps .ink-ok")).to_have_count(5)
    if scripts:
        assert page.evaluate(OVERFLOW) == 0
    page.get_by_role("link", name=on).click()
    page.get_by_role("button", name=count).click()
    expect(page.locator("dl.pairs dd").first).to_have_text("1")
    page.get_by_role("button", name=yes).click()
    page.wait_for_url("**/admin/channels")
    assert eventually(lambda: read(account.name))


def read(address):
    db.session.rollback()
    return db.session.query(Channel).filter_by(address=address).one().seen_at
