"""The process that started this crawl: it is shown that we live, and we end when it does.

Both through the socket that is our standard input: a byte now and then one way, its end the other way.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time

_PATIENCE = 8.0  # seconds that a crawl has to end by itself when it is alone
_STDIN = 0


class Parent:
    """The other end of the standard input, if that is the socket of a process that started us as its child."""

    def __init__(self) -> None:
        self._channel = socket.socket(fileno=os.dup(_STDIN))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, _STDIN)  # what we start ourselves shall not hold the channel
        os.close(nothing)

    def show_life(self) -> None:
        """Show that the loop of this process turns."""
        try:
            self._channel.send(b".", socket.MSG_DONTWAIT | socket.MSG_NOSIGNAL)
        except (BlockingIOError, BrokenPipeError, ConnectionResetError):
            return  # it has not looked for a while, or is gone, which the watch finds out

    def watch(self) -> None:
        """End this process when the parent has ended: politely first, then for good."""
        threading.Thread(target=self._wait, name="parent", daemon=True).start()

    def _wait(self) -> None:
        try:
            while self._channel.recv(1):
                pass
        except ConnectionResetError:
            pass
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_PATIENCE)
        os._exit(1)
