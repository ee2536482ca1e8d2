"""Works that processes of a cluster are given; a module of their own, so that they import nothing else."""

from __future__ import annotations

import os
import signal
import time

MO = 1024**2


def double(number: int) -> int:
    return 2 * number


def kill_own_process() -> int:
    os.kill(os.getpid(), signal.SIGKILL)
    return 0


def raise_by_name(number: int) -> int:
    raise LookupError(f"{number} is of no list")


def take_memory(octets: int) -> int:
    """Hold so many bytes for longer than anybody looks away."""
    held = os.urandom(MO) * (octets // MO)
    time.sleep(30)
    return len(held)


def weigh(data: bytes) -> int:
    return len(data)
