"""Settings: what the product would stumble over later is refused at once, by name."""

import pytest

from helpdesk.config import BadSetting, from_environment

BAD = [
    ("HELPDESK_REDIS_URL", "foo"), ("HELPDESK_REDIS_URL", "http://localhost"), ("HELPDESK_REDIS_URL", "redis://h:port"),
    ("HELPDESK_REDIS_URL", "unix://"), ("HELPDESK_TIME_ZONE", "Mars/Base"), ("HELPDESK_TIME_ZONE", ""),
    ("HELPDESK_TIME_ZONE", "America"), ("HELPDESK_TIME_ZONE", "../passwd"), ("HELPDESK_BASE_URL", "nonsense"),
    ("HELPDESK_BASE_URL", "ftp://desk.test"), ("HELPDESK_BASE_URL", "https://"), ("HELPDESK_HOST", "300.1.1.1"),
    ("HELPDESK_PRIVATE_MAIL", "maybe"), ("HELPDESK_HOST", ""), ("HELPDESK_HOST", "http://x"), ("HELPDESK_SECRET_KEY", "short"),
]  # fmt: skip
GOOD = [
    ("redis_url", "rediss://:secret@redis.test:6380/1"), ("redis_url", "unix:///run/redis.sock"),
    ("redis_url", "unix://user:secret@/run/redis.sock?db=1"), ("time_zone", "Europe/Berlin"),
    ("base_url", "https://desk.test/help"), ("base_url", "http://[::1]:8470"), ("host", "0.0.0.0"), ("host", "::1"),
    ("host", "desk.test"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_setting_is_refused_by_name(tmp_path, name, value):
    with pytest.raises(BadSetting, match=name):
        from_environment({"HELPDESK_VAR": str(tmp_path), name: value})


@pytest.mark.parametrize(("name", "value"), GOOD)
def test_a_good_setting_is_taken(tmp_path, name, value):
    config = from_environment({"HELPDESK_VAR": str(tmp_path), f"HELPDESK_{name.upper()}": value})
    assert getattr(config, name) == value


def test_the_defaults_are_good(tmp_path):
    assert from_environment({"HELPDESK_VAR": str(tmp_path)}).port == 8470
