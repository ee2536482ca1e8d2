"""Queries on the sets of rule packs that invoices were judged under."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date

from sqlalchemy import Connection, insert, or_, select

from edi.model import PackApplique
from edi.model.journal import GenreEcriture
from edi.store import journal
from edi.store.chunks import in_chunks
from edi.store.tables import facture, flux, pack_set

PackSet = tuple[PackApplique, ...]


def record_sets(conn: Connection, sets: Iterable[PackSet]) -> Mapping[PackSet, int]:
    """The id of each set; those that were never seen are recorded."""
    texts = {packs: json.dumps(packs, ensure_ascii=False, separators=(",", ":")) for packs in set(sets)}
    sums = {packs: hashlib.sha256(text.encode()).hexdigest() for packs, text in texts.items()}
    query = select(pack_set.c.sha256, pack_set.c.id).where(pack_set.c.sha256.in_(sums.values()))
    ids = {row.sha256: row.id for row in conn.execute(query)}
    for packs in sorted(packs for packs in texts if sums[packs] not in ids):
        row = {"sha256": sums[packs], "packs": texts[packs]}
        made = insert(pack_set).values(row).returning(pack_set.c.id)
        ids[sums[packs]] = conn.execute(made).scalar_one()
        journal.tell(conn, GenreEcriture.PACKS, [ids[sums[packs]]])
    return {packs: ids[sums[packs]] for packs in texts}


def sets_of_factures(conn: Connection, ids: Iterable[int]) -> dict[int, PackSet]:
    """By invoice, the packs of its verdict; invoices judged before packs were recorded are left out."""
    found = {}
    for some in in_chunks(set(ids)):
        query = select(facture.c.id, pack_set.c.packs).join(pack_set, pack_set.c.id == facture.c.pack_set_id)
        for row in conn.execute(query.where(facture.c.id.in_(some))):
            found[row.id] = read_set(row.packs)
    return found


def sets_of_flux(conn: Connection, flux_id: int) -> set[PackApplique]:
    """The packs that the invoices of a delivery were judged under."""
    query = select(pack_set.c.packs).distinct().join(facture, facture.c.pack_set_id == pack_set.c.id)
    rows = conn.execute(query.where(facture.c.flux_id == flux_id))
    return {pack for row in rows for pack in read_set(row.packs)}


def read_set(text: str) -> PackSet:
    """A set from its text."""
    return tuple(PackApplique(name, version, tuple(sums)) for name, version, sums in json.loads(text))


def judged_under(
    conn: Connection, pack: str, depuis: date | None = None, jusqu_a: date | None = None
) -> dict[int, tuple[int, ...]]:
    """The invoices that a pack judged, or may have judged when nothing was recorded: ids by flux.

    ``depuis`` and ``jusqu_a`` bound the days of invoices, half open; where an invoice has no date, it is the
    day of its deposit that counts and the invoice is kept whatever the bounds.
    """
    sets = [
        row.id for row in conn.execute(select(pack_set)) if pack in {one.id for one in read_set(row.packs)}
    ]
    query = (
        select(facture.c.flux_id, facture.c.id)
        .join(flux, flux.c.id == facture.c.flux_id)
        .where(or_(facture.c.pack_set_id.is_(None), facture.c.pack_set_id.in_(sets)), flux.c.sha256 != "")
    )
    if depuis is not None:
        query = query.where(or_(facture.c.date.is_(None), facture.c.date >= depuis))
    if jusqu_a is not None:
        query = query.where(or_(facture.c.date.is_(None), facture.c.date < jusqu_a))
    found: dict[int, list[int]] = {}
    for row in conn.execute(query.order_by(facture.c.flux_id, facture.c.ordre)):
        found.setdefault(row.flux_id, []).append(row.id)
    return {flux_id: tuple(ids) for flux_id, ids in found.items()}
