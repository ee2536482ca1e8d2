"""The SHA-256 of bytes that come in pieces, in order; of many bytes, computed beside whoever brings them."""

from __future__ import annotations

import hashlib
from concurrent.futures import Future, ThreadPoolExecutor

_BESIDE = 4 << 20  # bytes of a whole from which a thread of its own pays: hashlib lets go of the interpreter


class Empreinte:
    """One hash being computed. ``close`` ends its thread, if it has one; the hash can still be read then."""

    def __init__(self, expected: int = 0) -> None:
        """``expected``: how many bytes are to come."""
        self._digest = hashlib.sha256()
        self._beside = ThreadPoolExecutor(1, "sha256") if expected >= _BESIDE else None
        self._under_way: Future[None] | None = None

    def update(self, data: bytes) -> None:
        """Add a piece; at most one is under way, so that no more than two lie in memory."""
        if self._beside is None:
            self._digest.update(data)
            return
        self._wait()
        self._under_way = self._beside.submit(self._digest.update, data)

    def hexdigest(self) -> str:
        """The hash of all that was added."""
        self._wait()
        return self._digest.hexdigest()

    def close(self) -> None:
        """End the thread."""
        self._wait()
        if self._beside is not None:
            self._beside.shutdown()
            self._beside = None

    def _wait(self) -> None:
        if self._under_way is not None:
            self._under_way.result()
            self._under_way = None
