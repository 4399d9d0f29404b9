"""Whatever a task does, it costs that task: the next one runs, and nothing is left when the work is done."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from pathlib import Path
from typing import Any, TypeVar

import pytest
from lxml import etree

from crawler import attachments
from crawler.decode import decode
from crawler.extract import extract
from crawler.worker import Failed, Killed, Worker

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "demo" / "site").rglob("*.html"))
URL = "https://www.env.go.jp/press/press_05241.html"
FEW, MANY = 300, 10_000

T = TypeVar("T")

linux = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux to enforce it")


def working(task: Callable[[Worker], Awaitable[T]], **options: Any) -> T:
    """Run *task* in an event loop of its own, with a worker that ends with it."""

    async def main() -> T:
        with Worker(**options) as worker:
            return await task(worker)

    return asyncio.run(main())


def killed(function: Callable[..., Any], *arguments: Any, seconds: float = 20, megabytes: int = 300) -> str:
    """Return why *function* was killed, having seen that the next task runs."""

    async def both(worker: Worker) -> str:
        with pytest.raises(Killed) as error:
            await worker.run(function, *arguments, seconds=seconds)
        assert await worker.run(len, "next") == 4
        return error.value.why

    return working(both, processes=1, megabytes=megabytes)


def is_alive(process: int) -> bool:
    try:
        status = Path(f"/proc/{process}/stat").read_text("ascii")
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] not in ("Z", "X")


def ends(process: int, *, seconds: float = 5) -> bool:
    """Wait until *process* is gone, and say whether it went in time."""
    before = time.monotonic() + seconds
    while is_alive(process) and time.monotonic() < before:
        time.sleep(0.01)
    return not is_alive(process)


def test_a_task_returns_what_its_function_returns_from_another_process() -> None:
    async def tasks(worker: Worker) -> list[Any]:
        return [await worker.run(divmod, 17, 5), await worker.run(os.getpid), await worker.run(os.getpid)]

    result, process, again = working(tasks)
    assert result == (3, 2)
    assert process == again != os.getpid()


def test_a_page_is_extracted_as_it_would_be_here() -> None:
    html = decode(PAGES[0].read_bytes())
    assert working(lambda worker: worker.run(extract, html, URL)) == extract(html, URL)


def test_a_file_is_read_as_it_would_be_here() -> None:
    body = next((ROOT / "demo" / "site").rglob("*.pdf")).read_bytes()
    assert working(lambda worker: worker.run(attachments.read, body, "application/pdf")) == attachments.read(body)


def test_nothing_starts_before_there_is_a_task() -> None:
    threads = threading.active_count()
    with Worker():
        assert not active_children()
        assert threading.active_count() == threads


@pytest.mark.parametrize(("function", "argument"), [(time.sleep, 60), (sum, range(10**12))], ids=["sleeps", "computes"])
def test_a_task_that_takes_too_long_is_killed(function: Callable[..., Any], argument: Any) -> None:
    assert killed(function, argument, seconds=0.3) == "longer than 0.3 s"


@linux
@pytest.mark.parametrize(
    ("function", "arguments"),
    [(bytearray, (500 * 2**20,)), (list, (range(10**8),)), (extract, ("<p>a</p>" * 10**6, URL))],
    ids=["at once", "by and by", "in a library"],
)
def test_a_task_that_takes_too_much_memory_is_killed(function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    assert killed(function, *arguments) == "more than 300 MB"


@linux
def test_a_task_may_take_the_memory_that_it_is_given() -> None:
    assert working(lambda worker: worker.run(_filled, 250)) == 250
    assert killed(_filled, 250, megabytes=200) == "more than 200 MB"


def _filled(megabytes: int) -> int:
    return len(bytes(megabytes * 2**20)) // 2**20


@pytest.mark.parametrize(
    ("function", "argument", "why"),
    [
        (os._exit, 3, "died with status 3"),
        (signal.raise_signal, signal.SIGSEGV, "died with signal 11"),
        (signal.raise_signal, signal.SIGKILL, "died with signal 9"),
        (signal.raise_signal, signal.SIGTERM, "died with signal 15"),
    ],
)
def test_a_task_that_takes_its_process_with_it_is_said_to_have_died(
    function: Callable[..., Any], argument: int, why: str
) -> None:
    assert killed(function, argument) == why


def test_deaths_leave_no_thread_and_no_open_file() -> None:
    async def open_after(worker: Worker, deaths: int) -> tuple[int, int]:
        for _ in range(deaths):
            with pytest.raises(Killed):
                await worker.run(os._exit, 1)
        await worker.run(len, "next")
        return threading.active_count(), len(list(Path("/dev/fd").iterdir()))

    threads, files = working(lambda worker: open_after(worker, 0), processes=1)
    more_threads, more_files = working(lambda worker: open_after(worker, 5), processes=1)
    assert more_threads <= threads + 1  # of the loop's own
    assert more_files <= files


def test_an_error_of_the_function_passes_through_and_the_process_stays() -> None:
    async def tasks(worker: Worker) -> None:
        before = await worker.run(os.getpid)
        with pytest.raises(ValueError, match="invalid literal"):
            await worker.run(int, "x")
        with pytest.raises(TimeoutError):
            await worker.run(_raise, TimeoutError())
        assert await worker.run(os.getpid) == before

    working(tasks)


def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(
    ("function", "argument", "said"),
    [(etree.fromstring, "<a", "XMLSyntaxError: Couldn't find end"), (sys.exit, 3, "SystemExit: 3")],
)
def test_an_error_that_can_not_be_sent_is_told(function: Callable[..., Any], argument: Any, said: str) -> None:
    with pytest.raises(Failed, match=said):
        working(lambda worker: worker.run(function, argument))


def test_a_process_that_died_between_two_tasks_is_replaced() -> None:
    async def tasks(worker: Worker) -> None:
        process = await worker.run(os.getpid)
        os.kill(process, signal.SIGKILL)
        await asyncio.to_thread(ends, process)
        await asyncio.sleep(0.5)  # pebble looks ten times a second
        assert await worker.run(os.getpid) != process

    working(tasks, processes=1)


def test_tasks_run_beside_each_other_and_the_loop_goes_on() -> None:
    async def tasks(worker: Worker) -> tuple[set[int], float, int]:
        await asyncio.gather(worker.run(_awake, 0.2), worker.run(_awake, 0.2))  # both have started
        begun, turned = time.monotonic(), [0]
        turns = asyncio.create_task(_turns(turned))
        processes = await asyncio.gather(*(worker.run(_awake, 0.5) for _ in range(4)))
        turns.cancel()
        return set(processes), time.monotonic() - begun, turned[0]

    processes, seconds, turned = working(tasks, processes=2)
    assert len(processes) == 2
    assert 1 <= seconds < 1.9
    assert turned > 20


async def _turns(turned: list[int]) -> None:
    while True:
        turned[0] += 1
        await asyncio.sleep(0.01)


def _awake(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_what_one_task_does_is_nothing_to_another_beside_it() -> None:
    async def tasks(worker: Worker) -> list[Any]:
        deaths: list[Awaitable[Any]] = [worker.run(os._exit, 1), worker.run(time.sleep, 60, seconds=0.3)]
        return await asyncio.gather(worker.run(_awake, 1), *deaths, return_exceptions=True)

    process, *deaths = working(tasks)
    assert process > 0
    assert [str(death) for death in deaths] == ["died with status 1", "longer than 0.3 s"]


def test_a_task_that_is_cancelled_ends() -> None:
    async def tasks(worker: Worker) -> None:
        process = await worker.run(os.getpid)
        task = asyncio.create_task(worker.run(sum, range(10**12)))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert ends(process)
        assert await worker.run(len, "next") == 4

    working(tasks, processes=1)


def test_leaving_stops_within_a_second_whatever_still_runs() -> None:
    async def main() -> tuple[int, float]:
        with Worker() as worker:
            process = await worker.run(os.getpid)
            task = asyncio.create_task(worker.run(sum, range(10**12)))
            await asyncio.sleep(0.1)
            begun = time.monotonic()
        with pytest.raises(asyncio.CancelledError):
            await task
        return process, time.monotonic() - begun

    process, seconds = asyncio.run(main())
    assert not is_alive(process)
    assert seconds < 1


PARENT = """
import asyncio, os, time
from crawler.worker import Worker

async def main():
    with Worker(processes=2) as worker:
        await asyncio.gather(worker.run(time.sleep, 0.2), worker.run(time.sleep, 0.2))  # both have started
        computing = asyncio.create_task(worker.run(sum, range(10**12)))
        await asyncio.sleep(0.2)
        print(await worker.run(os.getppid), flush=True)
        await computing

asyncio.run(main())
"""


@contextmanager
def a_parent() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """Run a process with a busy worker and an idle one; yield it, and the fork server with its two children."""
    with subprocess.Popen([sys.executable, "-c", PARENT], cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        children = Path(f"/proc/{server}/task/{server}/children").read_text("ascii")
        try:
            yield parent, [server, *map(int, children.split())]
        finally:
            parent.kill()


@linux
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_processes_end_with_the_one_that_they_serve(how: int) -> None:
    with a_parent() as (parent, processes):
        assert len(processes) == 3
        assert all(map(is_alive, processes))
        parent.send_signal(how)
        parent.wait()
        assert all(map(ends, processes))


def test_a_page_of_small_paragraphs_is_killed_at_its_limit() -> None:
    page = "<html><body>" + "<p>paragraph</p>" * 200_000
    assert len(page) > 3_000_000
    begun = time.monotonic()
    assert killed(extract, page, URL, seconds=2) == "longer than 2 s"
    assert time.monotonic() - begun < 6


def test_a_page_of_nested_tables_is_killed_at_its_limit() -> None:
    assert killed(extract, "<table><tr><td>" * 3_000 + "text", URL, seconds=1) == "longer than 1 s"


_TAGS = (b"<div>", b"<b><i>", b"<table><tr><td>", b"<ul><li>", b"<p>", b"<a href=/>", b"<svg>", b"<form>", b"</div>")


def mutated(number: int) -> bytes:
    """Return a page of the replica with a few pieces of it cut off, garbled, repeated, nested or left out."""
    chance = random.Random(number)  # noqa: S311
    body = chance.choice(PAGES).read_bytes()
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(body) + 1)
        upto = at + chance.choice((1, 20, 500, 5_000))
        piece, rest = body[at:upto], body[upto:]
        body = chance.choice(
            (
                chance.choice((body[:at], body[at:])),
                body[:at] + chance.randbytes(len(piece)) + rest,
                body[:at] + piece * chance.choice((2, 3, 10)) + rest,
                body[:at] + chance.choice(_TAGS) * chance.choice((1, 10, 50)) + piece + rest,
                body[:at] + rest,
            )
        )
    return body


def extracted(number: int) -> bool:
    """Extract a mutated page, and say whether it still has a text; any error is a fault."""
    page = extract(decode(mutated(number)), URL)
    (page.title + page.text + page.html + page.summary).encode()
    return bool(page.text)


def test_no_damage_to_a_page_makes_the_extraction_fail() -> None:
    assert sum(map(extracted, range(FEW))) > FEW / 2


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_no_damage_to_many_pages_makes_the_extraction_fail() -> None:
    with ProcessPoolExecutor(2, get_context("forkserver")) as processes:  # a crash breaks it
        assert sum(processes.map(extracted, range(FEW, FEW + MANY), chunksize=50)) > MANY / 2
