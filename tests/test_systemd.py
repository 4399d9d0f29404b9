"""The service manager hears what it waits for, over a real socket."""

import socket
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from service.systemd import ALIVE, READY, STOPPING, notify


@pytest.fixture(params=["file", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[socket.socket]:
    address = str(tmp_path / "notify") if request.param == "file" else f"\0zerowire-{uuid4()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(address)
        listening.settimeout(10)
        yield listening


def named(manager: socket.socket) -> dict[str, str]:
    name = manager.getsockname()
    return {"NOTIFY_SOCKET": f"@{name[1:].decode()}" if isinstance(name, bytes) else name}


@pytest.mark.parametrize("state", [READY, ALIVE, STOPPING])
def test_a_state_arrives_as_it_was_told(manager: socket.socket, state: str) -> None:
    assert notify(state, named(manager))
    assert manager.recv(100) == state.encode()


@pytest.mark.parametrize("address", ["", "relative", "vsock:2:1"])
def test_where_no_socket_is_named_nothing_is_told(address: str) -> None:
    assert not notify(READY, {"NOTIFY_SOCKET": address})
    assert not notify(READY, {})


def test_a_manager_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    assert not notify(READY, {"NOTIFY_SOCKET": str(tmp_path / "gone")})
