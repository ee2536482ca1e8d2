"""A hash computed beside whoever brings the bytes is that of the bytes in their order."""

from __future__ import annotations

import hashlib
import threading

from hypothesis import given
from hypothesis import strategies as st

from edi.inbound.empreinte import Empreinte


@given(st.lists(st.binary(max_size=5000), max_size=20), st.sampled_from([0, 1 << 30]))
def test_it_is_the_hash_of_all_pieces_in_order(pieces: list[bytes], expected: int) -> None:
    empreinte = Empreinte(expected)
    for piece in pieces:
        empreinte.update(piece)
    early = empreinte.hexdigest()
    empreinte.close()

    assert early == empreinte.hexdigest() == hashlib.sha256(b"".join(pieces)).hexdigest()


def test_its_thread_ends_with_it() -> None:
    before = threading.active_count()
    empreinte = Empreinte(1 << 30)
    empreinte.update(b"x" * 100_000)
    empreinte.close()

    assert threading.active_count() == before
