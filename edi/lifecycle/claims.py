"""Who may treat what. A claim is owner and number; it is void once its owner is no longer at work.

Several processes may work on one spool and one database. Whoever takes a flux claims it first, compare and
swap; whoever decides it says in the same transaction which claim it acts under. A process that was thought
dead and comes back finds its number outdone, and can finish nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from sqlalchemy import Connection, and_, delete, select, update

from edi.model import CleFacture, Flux
from edi.store import flux as flux_store
from edi.store.chunks import as_rows
from edi.store.masse import write_rows
from edi.store.processus import is_free
from edi.store.tables import cle_reservee, flux

_CHUNK = 300  # keys in one statement


class LostClaim(Exception):
    """Another process has claimed the flux meanwhile: what was done under the older claim is dropped."""


def claim_flux(conn: Connection, flux_id: int, owner: str) -> Flux | None:
    """Claim a flux; None while another process that is at work has claimed it, or is just deciding it.

    On PostgreSQL the row is locked first, and nobody is waited for; SQLite has one writer anyway.
    """
    free = select(flux.c.id).where(flux.c.id == flux_id, is_free(flux.c.proprietaire, owner))
    if conn.execute(free.with_for_update(skip_locked=True, of=flux)).first() is None:
        return None
    taken = update(flux).where(flux.c.id == flux_id)
    conn.execute(taken.values(proprietaire=owner, jeton=flux.c.jeton + 1))
    return flux_store.get(conn, flux_id)


def assert_claimed(conn: Connection, held: Flux) -> None:
    """Raise LostClaim unless the claim that ``held`` shows is still the last; locks its row until commit."""
    mine = update(flux).where(
        flux.c.id == held.id, flux.c.proprietaire == held.proprietaire, flux.c.jeton == held.jeton
    )
    if conn.execute(mine.values(jeton=flux.c.jeton)).rowcount != 1:
        raise LostClaim(f"flux {held.id} is no longer claimed by {held.proprietaire} ({held.jeton})")


def release_flux(conn: Connection, held: Flux) -> Flux:
    """Let go of a flux, unless another process has claimed it meanwhile."""
    mine = update(flux).where(
        flux.c.id == held.id, flux.c.proprietaire == held.proprietaire, flux.c.jeton == held.jeton
    )
    conn.execute(mine.values(proprietaire=""))
    return replace(held, proprietaire="")


# -- keys of invoices -------------------------------------------------------------------------------------


class KeysReserved(Exception):
    """Another flux, not decided yet, bears one of the invoices: ``flux_id`` is waited for."""

    def __init__(self, flux_id: int) -> None:
        super().__init__(flux_id)
        self.flux_id = flux_id


def reserve(conn: Connection, flux_id: int, keys: Collection[CleFacture]) -> None:
    """Reserve the keys of the invoices of a flux, all or none. Raises KeysReserved."""
    columns = (cle_reservee.c.fournisseur, cle_reservee.c.numero, cle_reservee.c.annee)
    wanted = sorted(set(keys))
    taken: set[CleFacture] = set()
    for start in range(0, len(wanted), _CHUNK):
        asked = as_rows(conn, columns, wanted[start : start + _CHUNK])
        same = and_(*(one == asked.c[one.name] for one in columns))
        query = select(*columns, cle_reservee.c.flux_id).join(asked, same)
        for row in conn.execute(query):
            if row.flux_id != flux_id:
                raise KeysReserved(row.flux_id)
            taken.add(CleFacture(*row[:3]))
    rows = [{**key._asdict(), "flux_id": flux_id} for key in wanted if key not in taken]
    write_rows(conn, cle_reservee, rows)


def free_keys(conn: Connection, flux_id: int) -> None:
    """Release the keys that a flux had reserved: it is decided, or waits for something else."""
    conn.execute(delete(cle_reservee).where(cle_reservee.c.flux_id == flux_id))
