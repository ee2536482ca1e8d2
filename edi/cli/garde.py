"""What became of the bytes of a flux, in one line."""

from __future__ import annotations

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from edi.store.gels import Gel
from edi.store.oublis import Oubli


def tell_garde(oubli: Oubli | None, gel: Gel | None, zone: ZoneInfo) -> Iterator[str]:
    """That they were forgotten, or are kept whatever their age; nothing in the ordinary case."""
    if oubli is not None:
        le = f"{oubli.le.astimezone(zone):%d/%m/%Y}"
        yield f"Original oublié le {le} (durée de conservation atteinte : {oubli.regle})."
    if gel is not None:
        yield f"Gelé le {gel.le.astimezone(zone):%d/%m/%Y} par {gel.par or 'un exploitant'} : {gel.raison}"
