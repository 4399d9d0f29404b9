"""A function and its arguments in, what it returns out: run in another process, which can be killed.

The only module that knows pebble's processes. What comes from the net can hang the libraries that read it, fill the
memory, crash the process; here that costs one task. The processes come from a fork server, which imports once what
tasks need, and has none of the threads and sockets that a fork of a process with an event loop would copy.

Each process has a pebble pool of its own, and a pool whose task did not come to its end is thrown away: what a dying
process leaves in pipes and locks, no other task shall meet.
"""

from __future__ import annotations

import asyncio
import fcntl
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerContext
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from pickle import PickleError
from types import TracebackType
from typing import Any, Self, TypeVar

from pebble import ProcessExpired, ProcessPool

SECONDS = 20.0
MEGABYTES = 300
PROCESSES = 2

T = TypeVar("T")


class Killed(Exception):
    """A task that did not come to its end: ``why``, in a few words."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Failed(Exception):
    """An error that a task raised, in words, where the error itself can't be sent to another process."""


class Worker:
    """At most *processes* processes, each started when a task needs it, all stopped at the end of the ``with`` block.

    A worker serves one event loop: asyncio's, or Scrapy's under its asyncio reactor. A process may take *megabytes* of
    memory beyond what it has when it starts; 80 of them the libraries keep from the first page on. Only Linux enforces
    that, and ends the processes when this one is killed.
    """

    def __init__(self, *, processes: int = PROCESSES, megabytes: int = MEGABYTES) -> None:
        self._megabytes = megabytes
        self._turns = asyncio.Semaphore(processes)
        self._pools: set[ProcessPool] = set()
        self._idle: list[ProcessPool] = []
        self._tasks: set[Future[Any]] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop at once; tasks that have not come to their end are cancelled."""
        for task in list(self._tasks):
            task.cancel()  # before pebble calls their pools broken
        self._stop(*self._pools)

    async def run(self, function: Callable[..., T], *arguments: Any, seconds: float = SECONDS) -> T:
        """Return what *function* makes of *arguments*; it, they and that must be picklable.

        Raises what *function* raises, or Failed; Killed if it takes longer than *seconds*, or more memory than it may,
        or if its process dies. The time counts from when a process is ready.
        """
        async with self._process() as pool:
            task = pool.schedule(_perform, args=(function, arguments))
            self._tasks.add(task)
            try:
                return await self._outcome(asyncio.wrap_future(task), seconds)
            finally:
                self._tasks.discard(task)

    async def _outcome(self, task: asyncio.Future[T], seconds: float) -> T:
        try:
            done, _ = await asyncio.wait([task], timeout=seconds)
            if not done:
                raise Killed(f"longer than {seconds:g} s")
            return task.result()
        except MemoryError as error:
            raise Killed(self._death(_OUT_OF_MEMORY)) from error
        except ProcessExpired as error:
            raise Killed(self._death(error.exitcode)) from error
        except BrokenProcessPool as error:
            raise Killed("died") from error
        finally:
            task.cancel()

    def _death(self, status: int) -> str:
        if status == _OUT_OF_MEMORY:
            return f"more than {self._megabytes} MB"
        return f"died with signal {-status}" if status < 0 else f"died with status {status}"

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[ProcessPool]:
        """Lend a process for one task, and keep it for the next if it lives."""
        async with self._turns:
            pool = await self._ready()
            try:
                yield pool
            except (Killed, asyncio.CancelledError):
                await asyncio.to_thread(self._stop, pool)
                raise
            finally:
                if pool in self._pools:
                    self._idle.append(pool)

    async def _ready(self) -> ProcessPool:
        """Return an idle process that still lives, the one used last, or a new one."""
        while True:
            while not self._idle:
                await asyncio.to_thread(self._start)
            pool = self._idle.pop()
            if pool.active:
                return pool
            await asyncio.to_thread(self._stop, pool)

    def _start(self) -> None:
        pool = ProcessPool(
            max_workers=1, initializer=_begin, initargs=(self._megabytes * _MEBIBYTE,), context=_fork_server()
        )
        self._pools.add(pool)
        try:
            pool.schedule(os.getpid).result(_SECONDS_TO_START)
        except (TimeoutError, BrokenProcessPool) as error:
            self._stop(pool)
            raise Killed("did not start") from error
        self._idle.append(pool)

    def _stop(self, *pools: ProcessPool) -> None:
        for pool in pools:
            self._pools.discard(pool)
            pool.stop()  # type: ignore[no-untyped-call]
        for pool in pools:
            pool.join()


_IMPORTED = ["crawler.digest", "crawler.discovery"]
_MEBIBYTE = 1024 * 1024
_SECONDS_TO_START = 60.0
_OUT_OF_MEMORY = 77  # an exit status like no other
_NEXT_TO_NOTHING = 8 * _MEBIBYTE


def _fork_server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(_IMPORTED)
    return context


def _begin(memory: int) -> None:
    """Make this process, which is about to take tasks, one that dies when it should, and leaves nothing behind."""
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # pebble's handler waits for C code to return
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _end_with_the_one_served()
        _take_at_most(memory)


def _end_with_the_one_served() -> None:
    """Have the kernel end this process, whatever it does, when the one that it serves closes its end of a pipe: SIGIO.

    PR_SET_PDEATHSIG would not do. The parent is the fork server, and that lives as long as any of its children.
    """
    served = multiprocessing.parent_process()
    if served is not None:
        fcntl.fcntl(served.sentinel, fcntl.F_SETOWN, os.getpid())
        fcntl.fcntl(served.sentinel, fcntl.F_SETFL, fcntl.fcntl(served.sentinel, fcntl.F_GETFL) | os.O_ASYNC)


def _take_at_most(memory: int) -> None:
    """Have the kernel refuse this process more than *memory* bytes beyond what it has now.

    Not by RLIMIT_DATA: of the address space the kernel knows the peak as well, and lxml and pdfium reserve none of it.
    """
    limit = _address_space("VmSize") + memory
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (limit if most == resource.RLIM_INFINITY else min(limit, most), most))


def _perform(function: Callable[..., T], arguments: tuple[Any, ...]) -> T:
    """Call *function* in this process, which ends if its memory was too small for that.

    Whatever came of it: lxml says "unknown error" where it can't allocate, trafilatura does without what it can't have.
    """
    try:
        with _Sendable():
            return function(*arguments)
    finally:
        if _is_full():
            os._exit(_OUT_OF_MEMORY)


class _Sendable:
    """Turns an error that would not survive the way to another process into Failed."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if error is not None and not (isinstance(error, Exception) and _survives(error)):
            raise Failed(f"{type(error).__name__}: {error}") from error


def _survives(error: Exception) -> bool:
    try:
        return type(ForkingPickler.loads(ForkingPickler.dumps(error))) is type(error)
    except (PickleError, AttributeError, ImportError, TypeError, ValueError):
        return False


def _is_full() -> bool:
    """Say whether this process ever had next to nothing left of the address space that it may have."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return limit != resource.RLIM_INFINITY and _address_space("VmPeak") > limit - _NEXT_TO_NOTHING


def _address_space(name: str) -> int:
    """Return what proc(5) says under *name* of this process, in bytes."""
    status = Path("/proc/self/status").read_text("ascii")
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith(name))
