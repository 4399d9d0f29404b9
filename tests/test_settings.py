"""Settings come from a file and the environment, and a wrong one is an error that names it."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from settings import Settings, SettingsError, environment, load


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def written(text: str, path: str = "zerowire.toml") -> Path:
    file = Path(path)
    file.write_text(text, "utf-8")
    return file


def test_without_file_and_environment_everything_has_its_default() -> None:
    assert load({}) == Settings()
    assert Settings().database_url == "sqlite:///zerowire.db"
    assert (Settings().public_dir, Settings().base_url) == ("public", "http://127.0.0.1:8080")
    assert Settings().address == ("127.0.0.1", 8080)
    assert (Settings().keep_pages, Settings().pages_dir) == (False, "pages")


def test_the_file_in_the_working_directory_is_read() -> None:
    written('contact = "環境@example.org"\ndelay = 5\n[schedule]\nmoej-ja = 30\n')
    assert load({}) == Settings(contact="環境@example.org", delay=5, schedule={"moej-ja": 30})


def test_another_file_can_be_named() -> None:
    file = written('public_dir = "out"', "other.toml")
    written('public_dir = "in"')
    assert load({"ZEROWIRE_CONFIG": str(file)}).public_dir == "out"


def test_the_environment_outranks_the_file() -> None:
    written('contact = "file"\npublic_dir = "out"')
    assert load({"ZEROWIRE_CONTACT": "environment", "HOME": "/root"}) == Settings(
        contact="environment", public_dir="out"
    )


def test_numbers_and_tables_of_the_environment_are_toml() -> None:
    given = {"ZEROWIRE_DELAY": "0.5", "ZEROWIRE_SCHEDULE": '{iclei = 15, "moej-ja" = 30}'}
    assert load(given) == Settings(delay=0.5, schedule={"iclei": 15, "moej-ja": 30})


@pytest.mark.parametrize("keeps", [True, False])
def test_true_and_false_are_said_alike_in_the_file_the_environment_and_to_a_child(*, keeps: bool) -> None:
    written(f"keep_pages = {str(keeps).lower()}")
    assert load({}) == Settings(keep_pages=keeps)
    assert load(environment(Settings(keep_pages=keeps))).keep_pages is keeps
    assert environment(load({}))["ZEROWIRE_KEEP_PAGES"] == str(keeps).lower()


def test_a_text_of_the_environment_is_taken_as_it_is() -> None:
    assert load({"ZEROWIRE_CONTACT": "12"}).contact == "12"
    assert load({"ZEROWIRE_MIRROR": ""}).mirror == ""


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"ZEROWIRE_MIROR": "x"}, "ZEROWIRE_MIROR: unknown setting 'miror'; there are database_url"),
        ({"ZEROWIRE_DELAY": "soon"}, "ZEROWIRE_DELAY: expected a TOML value, got 'soon'"),
        ({"ZEROWIRE_DELAY": "-1"}, "ZEROWIRE_DELAY: delay: expected seconds, got -1"),
        ({"ZEROWIRE_DELAY": "true"}, "ZEROWIRE_DELAY: delay: expected seconds, got True"),
        ({"ZEROWIRE_KEEP_PAGES": "yes"}, "ZEROWIRE_KEEP_PAGES: expected a TOML value, got 'yes'"),
        ({"ZEROWIRE_KEEP_PAGES": "1"}, "ZEROWIRE_KEEP_PAGES: keep_pages: expected true or false, got 1"),
        ({"ZEROWIRE_LOG_FORMAT": "xml"}, "log_format: expected one of text, json, got 'xml'"),
        ({"ZEROWIRE_DELAY": "nan"}, "ZEROWIRE_DELAY: delay: expected seconds, got nan"),
        ({"ZEROWIRE_DELAY": "inf"}, "ZEROWIRE_DELAY: delay: expected seconds, got inf"),
        ({"ZEROWIRE_MIRROR": "127.0.0.1:8801"}, "mirror: expected an address such as http://127.0.0.1:8801, got"),
        ({"ZEROWIRE_BASE_URL": "wire.example"}, "base_url: expected an address"),
        ({"ZEROWIRE_BASE_URL": "https://"}, "base_url: expected an address"),
        ({"ZEROWIRE_SCHEDULE": "5"}, "ZEROWIRE_SCHEDULE: schedule: expected a table of minutes by source, got 5"),
        ({"ZEROWIRE_SCHEDULE": "{iclei = 0}"}, "ZEROWIRE_SCHEDULE: schedule: expected a table of minutes by source"),
        ({"ZEROWIRE_LISTEN": "8080"}, "listen: expected HOST:PORT, got '8080'"),
        ({"ZEROWIRE_LISTEN": "localhost:http"}, "listen: expected HOST:PORT, got 'localhost:http'"),
        ({"ZEROWIRE_LISTEN": "localhost:99999"}, "listen: expected HOST:PORT, got 'localhost:99999'"),
        ({"ZEROWIRE_HUB": "hub.example"}, "hub: expected an address such as https://hub.example/, got 'hub.example'"),
        ({"ZEROWIRE_HUB": "u:pw@hub.example"}, "hub: expected an address such as https://hub.example/, got '***@hub."),
        ({"ZEROWIRE_SEARCHES": "5"}, "ZEROWIRE_SEARCHES: searches: expected a table of searches by name, got 5"),
        ({"ZEROWIRE_CONFIG": "none.toml"}, "none.toml: "),
    ],
)
def test_a_wrong_setting_is_an_error_that_names_it(given: Mapping[str, str], named: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(given)
    assert str(raised.value).startswith(named)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('mirorr = "x"', "zerowire.toml: unknown setting 'mirorr'"),
        ("contact = 5", "zerowire.toml: contact: expected a text, got 5"),
        ('delay = "3"', "zerowire.toml: delay: expected seconds, got '3'"),
        ("schedule = {iclei = true}", "zerowire.toml: schedule: expected a table"),
        ('keep_pages = "true"', "zerowire.toml: keep_pages: expected true or false, got 'true'"),
        ("contact = ", "zerowire.toml: "),
    ],
)
def test_a_wrong_setting_in_the_file_is_named_with_the_file(text: str, named: str) -> None:
    written(text)
    with pytest.raises(SettingsError) as raised:
        load({})
    assert str(raised.value).startswith(named)


@pytest.mark.parametrize("given", ["mailtos://user:secret@example.org", '"mailtos://user:secret@example.org"'])
def test_what_notify_holds_is_never_shown(given: str) -> None:
    with pytest.raises(SettingsError, match=r"ZEROWIRE_NOTIFY: .*expected a") as raised:
        load({"ZEROWIRE_NOTIFY": given})
    assert "secret" not in str(raised.value)
    assert "secret" not in repr(Settings(notify={"office": {"to": "mailtos://user:secret@example.org"}}))


def test_searches_and_destinations_are_tables() -> None:
    written(
        '[searches.cities]\nquery = \'ゼロカーボンシティ OR "zero-carbon city"\'\n[notify.office]\nto = "json://x"\n'
    )
    assert load({}).searches == {"cities": {"query": 'ゼロカーボンシティ OR "zero-carbon city"'}}
    assert load({}).notify == {"office": {"to": "json://x"}}


def test_a_crawl_gets_the_searches_but_no_password() -> None:
    searches = {"cities": {"query": '"zero-carbon city" 🌱\x7f', "formerly": ["towns"]}}
    handed = environment(Settings(searches=searches, notify={"office": {"to": "mailtos://user:secret@example.org"}}))
    assert load(handed) == Settings(searches=searches)
    assert "secret" not in str(handed)


def test_a_file_that_is_no_text_is_an_error_that_names_it() -> None:
    Path("zerowire.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match=r"zerowire\.toml: "):
        load({})


def test_an_address_of_the_new_internet_can_be_listened_on() -> None:
    assert Settings(listen="[::1]:8080").address == ("::1", 8080)


def test_what_is_handed_to_a_child_is_read_as_it_was() -> None:
    given = Settings(contact="環境 <a@example.org>", delay=0.5, mirror="http://127.0.0.1:8801", public_dir="a dir")
    assert load(environment(given)) == given
    assert load(environment(Settings())) == Settings()
