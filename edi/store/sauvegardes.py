"""What a copy of the database counts on: received bytes, tickets, return flows that lie in ``out``."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, Engine, create_engine, exists, select

from edi import acts
from edi.model import FluxStatut
from edi.store.tables import emission, facture, flux, oubli, piece_ajoutee, reprise


class Contenu(NamedTuple):
    """What belongs to one instant of the database."""

    blobs: tuple[str, ...]  # sha256, in order
    tickets: dict[str, FluxStatut]
    sans_octets: dict[str, str]  # tickets under way whose bytes are in no store yet -> name of the file
    retours: frozenset[tuple[str, str]]  # (code, name) of the return flows that were put out
    references: frozenset[tuple[str, str]]  # (code, what the files of a flux bear in their names)


def copy_database(engine: Engine, target: Path) -> None:
    """One instant of an SQLite database that others may be writing; nobody waits for it.

    The whole file is copied in one step of SQLite's own backup, under one reading transaction.
    """
    acts.point("backup", target)
    with (
        closing(sqlite3.connect(engine.url.database or "", timeout=30)) as source,
        closing(sqlite3.connect(target)) as copied,
    ):
        source.backup(copied, pages=-1)
        copied.execute("PRAGMA journal_mode = DELETE")  # one file, that needs no other beside it
        (found,) = copied.execute("PRAGMA integrity_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(f"the copy of the database is damaged: {found}")


def open_copy(path: Path) -> Engine:
    """A copy, to be read."""
    return create_engine(f"sqlite:///{path}")


def read_content(conn: Connection) -> Contenu:
    """What the database believes is there."""
    gone = exists().where(oubli.c.flux_id == flux.c.id, oubli.c.sha256 == flux.c.sha256)
    lots = set(conn.execute(select(flux.c.sha256).where(flux.c.sha256 != "", ~gone)).scalars())
    forgotten = exists().where(oubli.c.flux_id == facture.c.flux_id, oubli.c.sha256 == piece_ajoutee.c.sha256)
    pieces = (
        select(piece_ajoutee.c.sha256)
        .join(reprise, reprise.c.id == piece_ajoutee.c.reprise_id)
        .join(facture, facture.c.id == reprise.c.facture_id)
    )
    lots |= set(conn.execute(pieces.where(~forgotten)).scalars())
    rows = conn.execute(select(flux.c.ticket, flux.c.statut, flux.c.sha256, flux.c.nom)).all()
    tickets = {row.ticket: FluxStatut[row.statut] for row in rows}
    left = select(emission.c.appli, emission.c.nom).where(emission.c.emis_le.is_not(None))
    known = select(flux.c.appli, flux.c.idflux, flux.c.id)
    return Contenu(
        tuple(sorted(lots)),
        tickets,
        {row.ticket: row.nom for row in rows if tickets[row.ticket].en_cours and not row.sha256},
        frozenset((row[0], row[1]) for row in conn.execute(left)),
        frozenset((row[0], row[1] or f"flux-{row[2]}") for row in conn.execute(known)),
    )
