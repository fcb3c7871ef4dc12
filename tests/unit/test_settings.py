"""Settings: what each text becomes, and that everything wrong is said at once, with a way out and without secrets."""

from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from coinassay.domain.retention import retention_of
from coinassay.errors import ConfigurationError
from coinassay.services.sign_in import Lifetime
from coinassay.settings import RateLimit, Settings


def refusal(**environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        Settings.from_env({f"COINASSAY_{name}": text for name, text in environ.items()})
    assert "docs/reference/settings.md" in caught.value.hint
    return caught.value.message


def test_nothing_needs_to_be_set() -> None:
    settings = Settings.from_env({"PATH": "/bin"})
    assert Path("~/.local/share/coinassay").expanduser() == settings.home
    assert ("127.0.0.1", 8000, 20.0) == (settings.host, settings.port, settings.load_timeout)
    assert (True, False) == (settings.key_check, settings.allow_withdraw_keys)
    assert RateLimit(100, 60) == settings.rate_limit
    assert () == settings.price_sources, "nobody but the connected exchanges is asked"


def test_an_empty_variable_is_an_unset_one() -> None:
    assert Settings.from_env({}) == Settings.from_env({"COINASSAY_PORT": "", "COINASSAY_EXCHANGE_LIMITS": " "})


def test_every_setting_is_read() -> None:
    settings = Settings.from_env(
        {
            "COINASSAY_HOME": "~/here",
            "COINASSAY_DATABASE_URL": "sqlite:////tmp/there.db",
            "COINASSAY_MASTER_KEY": "key material",
            "COINASSAY_HOST": "0.0.0.0",
            "COINASSAY_PORT": "9000",
            "COINASSAY_PUBLIC_URL": "https://coinassay.example/",
            "COINASSAY_RATE_LIMIT": "5/1",
            "COINASSAY_TRUSTED_PROXIES": "127.0.0.1, 10.0.0.0/8,fd00::/8",
            "COINASSAY_SESSION_LIFETIME": "30m/12H",
            "COINASSAY_KEY_CHECK": "Off",
            "COINASSAY_ALLOW_WITHDRAW_KEYS": "on",
            "COINASSAY_LOAD_TIMEOUT": "7.5",
            "COINASSAY_EXCHANGE_BASE_URLS": '{"kraken": "http://127.0.0.1:9000/", "binance": "https://proxy.example"}',
            "COINASSAY_EXCHANGE_LIMITS": '{"binance": 100, "kraken": 0.5}',
            "COINASSAY_EGRESS": "203.0.113.7",
            "COINASSAY_PRICE_SOURCES": "kraken, coinbase,",
            "COINASSAY_PAPER_PRICE_SOURCE": "kraken",
            "COINASSAY_RETENTION": "off",
            "COINASSAY_REFRESH_INTERVAL": "off",
            "COINASSAY_BACKGROUND": "ON",
            "COINASSAY_DISPLAY_CURRENCY": "eur",
            "COINASSAY_LOG_LEVEL": "DEBUG",
            "COINASSAY_LOG_FORMAT": "console",
        }
    )
    assert settings == Settings(
        home=Path.home() / "here",
        database_url="sqlite:////tmp/there.db",
        master_key="key material",
        host="0.0.0.0",
        port=9000,
        public_url="https://coinassay.example",
        rate_limit=RateLimit(5, 1),
        trusted_proxies=(ip_network("127.0.0.1"), ip_network("10.0.0.0/8"), ip_network("fd00::/8")),
        session_lifetime=Lifetime(timedelta(minutes=30), timedelta(hours=12)),
        key_check=False,
        allow_withdraw_keys=True,
        load_timeout=7.5,
        exchange_base_urls={"kraken": "http://127.0.0.1:9000", "binance": "https://proxy.example"},
        exchange_limits={"binance": 100.0, "kraken": 0.5},
        egress="203.0.113.7",
        price_sources=("kraken", "coinbase"),
        paper_price_source="kraken",
        retention=retention_of("off"),
        refresh_interval=timedelta(0),
        background="on",
        display_currency="EUR",
        log_level="debug",
        log_format="console",
    )
    with pytest.raises(FrozenInstanceError):
        settings.port = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("environ", "sources"),
    [
        ({}, ("binance",)),
        ({"PAPER_PRICE_SOURCE": "kraken", "PRICE_SOURCES": "coinbase,kraken"}, ("kraken", "coinbase")),
        ({"PAPER_PRICE_SOURCE": "OFF", "PRICE_SOURCES": "coinbase"}, ("coinbase",)),
        ({"PAPER_PRICE_SOURCE": "off"}, ()),
    ],
)
def test_who_prices_paper_accounts(environ: dict[str, str], sources: tuple[str, ...]) -> None:
    settings = Settings.from_env({f"COINASSAY_{name}": text for name, text in environ.items()})
    assert sources == settings.paper_sources


def test_the_rate_limit_can_be_switched_off() -> None:
    assert Settings.from_env({"COINASSAY_RATE_LIMIT": "off"}).rate_limit is None


@pytest.mark.parametrize(
    ("name", "text", "hint"),
    [
        ("PORT", "eighty", "whole number from 1 to 65535"),
        ("PORT", "65536", "whole number"),
        ("PORT", "-1", "whole number"),
        ("PORT", "9" * 5000, "whole number"),
        ("PUBLIC_URL", "coinassay.example", "https://"),
        ("PUBLIC_URL", "https://[", "https://"),
        ("RATE_LIMIT", "100", "requests/seconds"),
        ("RETENTION", "7/90", "for example 7d/90d, or off"),
        ("RETENTION", "90d/7d", "days in full and by the hour"),
        ("RATE_LIMIT", "0/60", "requests/seconds"),
        ("KEY_CHECK", "perhaps", "is not one of on, off"),
        ("ALLOW_WITHDRAW_KEYS", "1", "is not one of on, off"),
        ("LOAD_TIMEOUT", "nan", "from 1 to 600"),
        ("LOAD_TIMEOUT", "0", "from 1 to 600"),
        ("SESSION_LIFETIME", "7d", "for example 7d/30d"),
        ("SESSION_LIFETIME", "30d/7d", "for example 7d/30d"),
        ("SESSION_LIFETIME", "0d/9999d", "for example 7d/30d"),
        ("LOG_LEVEL", "loud", "debug, info, warning, error"),
        ("LOG_FORMAT", "xml", "json, console"),
        ("TRUSTED_PROXIES", "proxy.example", "10.0.0.0/8"),
        ("TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.0/8"),
        ("DATABASE_URL", "mysql://db", "sqlite:///"),
        ("DATABASE_URL", "coinassay.db", "sqlite:///"),
        ("DATABASE_URL", "postgresql+asyncpg://db", "postgresql://user:password@host"),
        ("EXCHANGE_BASE_URLS", "kraken=http://localhost", "is not JSON"),
        ("EXCHANGE_BASE_URLS", "[]", "JSON object"),
        ("EXCHANGE_BASE_URLS", '{"kraken": "http://exchange.example"}', "use https. Write for example"),
        ("EXCHANGE_BASE_URLS", '{"kraken": 5}', "no http or https URL"),
        ("EXCHANGE_BASE_URLS", '{"kraken": "https://a", "kraken": "https://b"}', "twice"),
        ("EXCHANGE_LIMITS", '{"kraken": 0}', "above 0"),
        ("EXCHANGE_LIMITS", '{"kraken": true}', "above 0"),
        ("EXCHANGE_LIMITS", '{"kraken": NaN}', "above 0"),
        ("EXCHANGE_LIMITS", '{"kraken": "5"}', "above 0"),
    ],
)
def test_a_wrong_value_is_refused_with_a_way_out(name: str, text: str, hint: str) -> None:
    message = refusal(**{name: text})
    assert message.startswith(f"COINASSAY_{name} ")
    assert hint in message
    assert "\n" not in message


def test_everything_wrong_is_said_at_once() -> None:
    lines = refusal(PORT="x", LOG_LEVEL="y", HOMES="/tmp").splitlines()
    assert ["COINASSAY_HOMES", "COINASSAY_PORT", "COINASSAY_LOG_LEVEL"] == [line.split()[0] for line in lines]


def test_an_unknown_name_is_refused_with_the_likely_one() -> None:
    assert "did you mean COINASSAY_TRUSTED_PROXIES?" in refusal(TRUSTED_PROXY="127.0.0.1")
    assert "did you mean" not in refusal(QQQQQQQQQQ="1")


def test_a_secret_comes_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("the master key\n")
    assert "the master key" == Settings.from_env({"COINASSAY_MASTER_KEY_FILE": str(file)}).master_key


def test_a_secret_given_twice_or_unreadable_is_refused(tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.touch()
    both = refusal(MASTER_KEY="hush-hush", MASTER_KEY_FILE=str(empty))
    assert "both set" in both
    assert "hush" not in both
    assert "COINASSAY_MASTER_KEY_FILE cannot be read" in refusal(MASTER_KEY_FILE=str(tmp_path / "absent"))
    assert "COINASSAY_MASTER_KEY_FILE cannot be read" in refusal(MASTER_KEY_FILE=str(tmp_path))
    assert "COINASSAY_MASTER_KEY_FILE names an empty file" in refusal(MASTER_KEY_FILE=str(empty))


def test_what_is_wrong_in_a_file_is_said_of_the_file(tmp_path: Path) -> None:
    file = tmp_path / "url"
    file.write_text("mysql://hush:hush@db")
    said = refusal(DATABASE_URL_FILE=str(file))
    assert said.startswith("COINASSAY_DATABASE_URL_FILE must be")
    assert "hush" not in said
    file.write_text("sqlite:////tmp/x.db")
    settings = Settings.from_env({"COINASSAY_DATABASE_URL_FILE": str(file)})
    assert settings.named("database_url") == "COINASSAY_DATABASE_URL_FILE"
    assert Settings.from_env({}).named("database_url") == "COINASSAY_DATABASE_URL"


@pytest.mark.parametrize("text", ["E U", "€", "x" * 21, "a-b"])
def test_what_is_no_currency(text: str) -> None:
    assert "COINASSAY_DISPLAY_CURRENCY" in refusal(DISPLAY_CURRENCY=text)


def test_only_secrets_have_files() -> None:
    assert "COINASSAY_PORT_FILE is not a setting" in refusal(PORT_FILE="/tmp/port")


def test_a_database_on_postgresql_is_shown_without_the_password() -> None:
    url = "postgresql://someone:hush-hush@db.example:5433/coins?password=hush-hush"
    settings = Settings.from_env({"COINASSAY_DATABASE_URL": url})
    assert settings.on_postgres
    assert url == settings.database_url
    assert "db.example:5433/coins" == settings.place
    assert "hush" not in repr(settings)
    assert "hush" not in refusal(DATABASE_URL="postgresql+psycopg://someone:hush-hush@db")


def test_without_postgresql_everything_is_in_the_home_directory() -> None:
    settings = Settings.from_env({"COINASSAY_HOME": "/tmp/there"})
    assert not settings.on_postgres
    assert "/tmp/there" == settings.place


def test_a_secret_is_not_shown() -> None:
    assert "hush-hush" not in repr(Settings.from_env({"COINASSAY_MASTER_KEY": "hush-hush"}))
