"""Readers of pages, many at once, each on a connection that it keeps: what they were answered, and how soon.

They ask in a process of their own, so that they take no CPU of the server's.
"""

from __future__ import annotations

import asyncio
import re
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from bench.servers import PROCESSES, Headers

_PATIENCE = 60.0  # seconds for an answer
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
_OTHER_FILES = 200


@dataclass(frozen=True, slots=True)
class Reading:
    """What was answered in how many ``seconds``, how long each of that took, in seconds, the soonest first, and what
    else came instead: a status, or why there was none.
    """

    seconds: float
    took: Sequence[float]
    errors: Sequence[str]

    def percentile(self, share: float) -> float:
        """Return within how many seconds that *share* of the answers came; 0 where none did."""
        return self.took[min(int(len(self.took) * share), len(self.took) - 1)] if self.took else 0.0


def read(port: int, targets: Sequence[str], headers: Headers, *, readers: int, seconds: float) -> Reading:
    """Let so many *readers* read *targets* in turn for so many *seconds*, each beginning with another."""
    with ProcessPoolExecutor(max_workers=1, mp_context=PROCESSES) as process:
        return process.submit(ask, port, targets, dict(headers), readers, seconds).result()


def ask(port: int, targets: Sequence[str], headers: Headers, readers: int, seconds: float) -> Reading:
    """Do so in this process. All are connected before the first of them asks."""
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    requests = [f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n{lines}\r\n".encode() for target in targets]
    return asyncio.run(_read(port, requests, readers, seconds))


def allow(readers: int) -> None:
    """Let this process, and those that it starts, open as many files as so many *readers* take.

    Raises ValueError where the system doesn't let it.
    """
    least = readers + _OTHER_FILES
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if 0 <= soft < least:
        resource.setrlimit(resource.RLIMIT_NOFILE, (least, hard))


async def _read(port: int, requests: Sequence[bytes], readers: int, seconds: float) -> Reading:
    took: list[float] = []
    errors: list[str] = []
    connected = await asyncio.gather(*(_connected(port, errors) for _ in range(readers)))
    began = time.monotonic()
    until = began + seconds

    async def on_one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, turn: int) -> None:
        try:
            while (asked := time.monotonic()) < until:
                async with asyncio.timeout(_PATIENCE):
                    status = await _status(reader, writer, requests[turn % len(requests)])
                if status in (b"200", b"304"):
                    took.append(time.monotonic() - asked)
                else:
                    errors.append(status.decode())
                turn += 1
        except (OSError, EOFError, TimeoutError) as error:
            errors.append(type(error).__name__)
        finally:
            writer.close()

    await asyncio.gather(*(on_one(*pair, turn) for turn, pair in enumerate(filter(None, connected))))
    return Reading(time.monotonic() - began, sorted(took), errors)


async def _connected(port: int, errors: list[str]) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
    try:
        return await asyncio.open_connection("127.0.0.1", port)
    except OSError as error:
        errors.append(type(error).__name__)
        return None


async def _status(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    """Ask, read the whole answer, and return its status."""
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    status, length = head[9:12], _LENGTH.search(head)
    await reader.readexactly(int(length[1]) if length and status != b"304" else 0)
    return status
