"""What is shipped to run zerowire as a service or a container agrees with the program, and with its own format."""

from __future__ import annotations

import fnmatch
import json
import re
import shutil
import subprocess
import sys
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from compose_spec import PyCompose

from settings import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
MOST_EXPOSURE = 11  # of 100, as systemd-analyze counts what a service could still do
NEEDED = ("AF_INET", "AF_INET6", "AF_UNIX")  # the web, and the service manager's socket


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, each with its arguments on one line."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text("utf-8"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    return [(name, arguments) for line in lines if line for name, arguments in [line.split(" ", 1)]]


def of(instruction: str) -> list[str]:
    return [arguments for name, arguments in instructions() if name == instruction]


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    read = PyCompose.from_yaml((DEPLOY / "compose.yaml").read_text("utf-8"))
    read.validate()
    return read.to_dict()


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with a program that is there."""
    text = (DEPLOY / "zerowire.service").read_text("utf-8")
    path = tmp_path / "zerowire.service"
    path.write_text(text.replace("/opt/zerowire/bin/zerowire", sys.executable), "utf-8")
    return path


def unit_settings() -> list[tuple[str, str]]:
    lines = (DEPLOY / "zerowire.service").read_text("utf-8").splitlines()
    return [(name, value) for line in lines if "=" in line and line[0] != "#" for name, value in [line.split("=", 1)]]


def analysed(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("needs systemd-analyze")
    asked = ["systemd-analyze", *arguments]
    return subprocess.run(asked, capture_output=True, text=True, check=False)


def named_settings(text: str) -> set[str]:
    return {name.lower() for name in re.findall(r"\bZEROWIRE_([A-Z_]+)\b", text)} - {"config", "name"}


def test_systemd_takes_the_unit_without_a_word(unit: Path) -> None:
    done = analysed("verify", unit)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_service_can_do_little_besides_its_work(unit: Path) -> None:
    done = analysed("security", "--offline=yes", "--no-pager", f"--threshold={MOST_EXPOSURE}", unit)
    assert done.returncode == 0, done.stdout


def test_what_the_service_needs_is_not_denied() -> None:
    given = dict(unit_settings())
    assert given["RestrictAddressFamilies"].split() == list(NEEDED)
    assert given["ExecStart"].endswith("/zerowire run")
    assert "MemoryDenyWriteExecute" not in given  # TLS would end with "Cannot allocate write+execute memory"
    assert given["Type"] == "notify"


@pytest.mark.parametrize("file", ["zerowire.service", "Dockerfile", "compose.yaml"])
def test_every_setting_that_is_named_exists(file: str) -> None:
    named = named_settings((DEPLOY / file).read_text("utf-8"))
    assert named <= {field.name for field in fields(Settings)}


def test_the_linter_finds_nothing_in_the_dockerfile() -> None:
    linter = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([linter, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_all_that_the_program_consists_of_is_copied_and_there() -> None:
    copied = {path for arguments in of("COPY") if "--from" not in arguments for path in arguments.split()[:-1]}
    packages = {pattern.rstrip("*") for pattern in PROJECT["tool"]["setuptools"]["packages"]["find"]["include"]}
    modules = {f"{module}.py" for module in PROJECT["tool"]["setuptools"]["py-modules"]}
    assert copied == packages | modules | {"pyproject.toml", "constraints.txt", PROJECT["project"]["readme"], "LICENSE"}
    assert [path for path in copied if not (ROOT / path).exists()] == []


def test_what_is_copied_is_let_into_the_context_and_nothing_secret_is() -> None:
    lines = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    let_in = [line.removeprefix("!") for line in lines if line.startswith("!")]
    copied = [path for arguments in of("COPY") if "--from" not in arguments for path in arguments.split()[:-1]]
    assert "*" in lines
    assert [path for path in copied if not any(fnmatch.fnmatch(path, pattern) for pattern in let_in)] == []
    for secret in ("zerowire.toml", "zerowire.db", ".env", "deploy", ".git", ".venv", "pages", "public"):
        assert not any(fnmatch.fnmatch(secret, pattern) for pattern in let_in)


def test_the_image_has_a_python_that_the_program_runs_on_and_the_versions_that_were_tested() -> None:
    bases = {arguments.split()[0] for arguments in of("FROM")}
    found = re.fullmatch(r"python:(\d+)\.(\d+)\.\d+-slim-\w+", bases.pop())
    assert found is not None
    assert bases == set()
    least = tuple(map(int, PROJECT["project"]["requires-python"].removeprefix(">=").split(".")))
    assert (int(found[1]), int(found[2])) >= least
    assert any("--constraint constraints.txt" in arguments for arguments in of("RUN"))


def test_the_image_installs_extras_that_exist() -> None:
    extras = re.search(r'"\.\[([a-z,]+)\]"', "".join(of("RUN")))
    assert extras is not None
    assert set(extras[1].split(",")) <= set(PROJECT["project"]["optional-dependencies"])


def test_the_image_runs_the_command_itself_as_nobody_in_particular() -> None:
    assert [json.loads(arguments) for arguments in (*of("ENTRYPOINT"), *of("CMD"))] == [["zerowire"], ["run"]]
    assert "zerowire" in PROJECT["project"]["scripts"]
    assert of("USER") == ["10001:10001"]
    assert "--uid 10001" in "".join(of("RUN"))


def test_the_ports_agree(compose: dict[str, Any]) -> None:
    listen = re.search(r"ZEROWIRE_LISTEN=\S+:(\d+)", "".join(of("ENV")))
    assert listen is not None
    port = str(Settings(listen=f"0.0.0.0:{listen[1]}").address[1])
    assert of("EXPOSE") == [port]
    assert f"http://127.0.0.1:{port}/robots.txt'" in "".join(of("HEALTHCHECK"))
    assert str(compose["services"]["zerowire"]["ports"]) == str([f"127.0.0.1:{port}:{port}"])


def test_the_check_of_the_container_asks_for_a_page_that_no_site_can_break() -> None:
    assert "/healthz" not in "".join(of("HEALTHCHECK"))


def test_both_containers_are_shut_in(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert compose["networks"]["inside"]["internal"] is True
    assert compose["services"]["database"]["networks"] == ["inside"]
    assert "ports" not in compose["services"]["database"]


def test_the_database_is_ready_before_the_program_starts(compose: dict[str, Any]) -> None:
    assert compose["services"]["zerowire"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert "pg_isready" in compose["services"]["database"]["healthcheck"]["test"]


def test_no_secret_stands_in_what_is_shipped(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        secrets = [value for name, value in service["environment"].items() if "PASSWORD" in name]
        assert [str(value)[:2] for value in secrets] == ["${"]


@pytest.mark.parametrize("document", ["SECURITY.md", "docs/operations.md"])
def test_every_file_that_is_named_is_there(document: str) -> None:
    path = ROOT / document
    text = path.read_text("utf-8")
    named = [ROOT / name for name in re.findall(r"`((?:[a-z_]+/)*(?:[a-z_]+\.py|(?<=/)))`", text)]
    linked = [path.parent / name for name in re.findall(r"\]\(([^)#:]+)\)", text)]
    assert named + linked
    assert [each for each in named + linked if not each.exists()] == []
