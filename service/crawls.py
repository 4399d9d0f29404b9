"""Sources in, a crawl of them in a process of its own: started with the settings, and ended.

A reactor starts once in a process: every crawl is a child.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime

from settings import PREFIX, Settings, environment

_PATIENCE = 5.0  # seconds that a child has to end by itself


def crawl(
    settings: Settings,
    names: Sequence[str],
    *,
    since: datetime | None = None,
    recheck: bool = False,
    quiet: bool = False,
    stop: threading.Event | None = None,
) -> int:
    """Crawl the sources *names* in a child process, and return its exit status; *stop* ends it early."""
    asked = [sys.executable, "-m", "crawler", *names]
    if since is not None:
        asked += ["--since", since.isoformat()]
    asked += [flag for flag, given in (("--recheck", recheck), ("--quiet", quiet)) if given]
    with subprocess.Popen(asked, env=_environment(settings)) as child:
        try:
            return _ended(child, stop or threading.Event())
        finally:
            _end(child)


def _environment(settings: Settings) -> dict[str, str]:
    """Return a child's environment: it tells nobody anything, and needs no secret."""
    inherited = {name: value for name, value in os.environ.items() if name != f"{PREFIX}NOTIFY"}
    return inherited | environment(settings)


def _ended(child: subprocess.Popen[bytes], stop: threading.Event) -> int:
    while not stop.wait(0.1):
        if child.poll() is not None:
            return child.returncode
    return 1


def _end(child: subprocess.Popen[bytes]) -> None:
    """End *child* if it still runs: politely first, then for good."""
    if child.poll() is not None:
        return
    child.terminate()
    try:
        child.wait(_PATIENCE)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
