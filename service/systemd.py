"""What a service manager wants to hear of this process: sd_notify(3), in a datagram to the socket that it names.

Without such a socket nothing is said: the program runs as well in a terminal, and under other managers.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping

READY, ALIVE, STOPPING = "READY=1", "WATCHDOG=1", "STOPPING=1"


def notify(state: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell the service manager *state*, and return whether it took it; a manager that is gone is no fault of ours."""
    address = environment.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
        manager.settimeout(1)
        try:
            # "@" stands for the NUL with which Linux begins a name that is no file's.
            manager.sendto(state.encode(), f"\0{address[1:]}" if address.startswith("@") else address)
        except OSError:
            return False
    return True
