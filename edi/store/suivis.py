"""Queries on what a déposant is told of each flux in ``statut/``: which of them changed since it was told.

``revision`` counts the changes of a flux, of its invoices and of its answers, in the transactions that make
them; ``dite`` is the one told last. Whoever tells reads the revision first: what changes meanwhile is
told again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, insert, or_, select, update

from edi.model import FactureStatut, Flux, FluxStatut
from edi.store import flux as flux_store
from edi.store.chunks import in_chunks
from edi.store.processus import is_free
from edi.store.tables import emission, facture, finding, flux
from edi.store.tables import suivi as table

_MANY = 200  # flux_list in one page
_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]


def follow(conn: Connection, flux_id: int) -> None:
    """Begin to follow a new flux."""
    conn.execute(insert(table).values(flux_id=flux_id))


def touch(conn: Connection, wanted: ColumnElement[bool]) -> None:
    """Say that the followed flux_list which ``wanted`` selects have changed."""
    conn.execute(update(table).where(wanted).values(revision=table.c.revision + 1))


def touch_flux(conn: Connection, flux_id: int) -> None:
    """Say that a flux has changed."""
    touch(conn, table.c.flux_id == flux_id)


def touch_of_factures(conn: Connection, ids: Collection[int]) -> None:
    """Say that the flux_list of these invoices have changed."""
    for some in in_chunks(ids):
        touch(conn, table.c.flux_id.in_(select(facture.c.flux_id).where(facture.c.id.in_(some))))


def touch_of_emissions(conn: Connection, ids: Collection[int]) -> None:
    """Say that the flux_list which these return flows answer have changed: they have left."""
    for some in in_chunks(ids):
        touch(conn, table.c.flux_id.in_(select(emission.c.flux_id).where(emission.c.id.in_(some))))


def pending(conn: Connection, applis: Collection[str], after: int = 0) -> tuple[Flux, ...]:
    """The flux_list of these déposants that changed since they were told, oldest first, some at a time.

    ``after`` is the id of the last one of the page before.

    One whose name was not read yet is left out: it has no file to be told in.
    """
    read = or_(flux.c.sha256 != "", flux.c.statut.not_in(_OPEN))
    # Not along an index of the déposants: few flux_list are to be told, among all that they ever sent.
    theirs = (flux.c.appli + "").in_(applis)
    query = (
        select(flux)
        .join(table, table.c.flux_id == flux.c.id)
        .where(table.c.revision != table.c.dite, theirs, table.c.flux_id > after, read)
        .order_by(table.c.flux_id)
        .limit(_MANY)
    )
    return tuple(flux_store.from_row(row) for row in conn.execute(query))


def claim(conn: Connection, flux_id: int, process: str) -> bool:
    """Be the one that tells of a flux; False while another process is at it."""
    free = update(table).where(table.c.flux_id == flux_id, is_free(table.c.proprietaire, process))
    return conn.execute(free.values(proprietaire=process)).rowcount == 1


def revisions(conn: Connection, ids: Sequence[int]) -> dict[int, int]:
    """The revisions of these flux_list, to be read before what is told of them."""
    query = select(table.c.flux_id, table.c.revision).where(table.c.flux_id.in_(ids))
    return {row.flux_id: row.revision for row in conn.execute(query)}


def confirm(conn: Connection, first: int, told: Mapping[int, int]) -> None:
    """Record which revisions were told, and let go of the claim on the ``first``."""
    for flux_id, revision in told.items():
        conn.execute(update(table).where(table.c.flux_id == flux_id).values(dite=revision))
    release(conn, first)


def release(conn: Connection, first: int) -> None:
    """Let go of a claim without having told anything."""
    conn.execute(update(table).where(table.c.flux_id == first).values(proprietaire=""))


def forget_told(conn: Connection, ids: Collection[int] | None = None) -> None:
    """Have these flux_list told again, all of them by default."""
    again = update(table).values(dite=0)
    conn.execute(again if ids is None else again.where(table.c.flux_id.in_(ids)))


# -- lots whose rejected invoices come back ---------------------------------------------------------------


def link_reste(conn: Connection, flux_id: int, original: int) -> None:
    """Record that a flux brings back rejected invoices of an earlier one; both have something new to tell."""
    conn.execute(update(table).where(table.c.flux_id == flux_id).values(reste_de=original))
    touch(conn, table.c.flux_id.in_((flux_id, original)))


def reste_de(conn: Connection, flux_id: int) -> int | None:
    """The flux whose rejected invoices this one brings back."""
    return conn.execute(select(table.c.reste_de).where(table.c.flux_id == flux_id)).scalar_one_or_none()


def restes_of(conn: Connection, flux_id: int) -> list[int]:
    """The flux_list in which rejected invoices of this one came back, oldest first."""
    query = select(table.c.flux_id).where(table.c.reste_de == flux_id).order_by(table.c.flux_id)
    return list(conn.execute(query).scalars())


def find_original(conn: Connection, delivery: Flux, sha256: str) -> int | None:
    """The earlier delivery of the same déposant with those bytes; the one with accepted invoices, if any."""
    query = (
        select(flux.c.id)
        .where(flux.c.appli == delivery.appli, flux.c.sha256 == sha256, flux.c.id < delivery.id)
        .order_by(flux.c.acceptees.desc(), flux.c.id)
        .limit(1)
    )
    return conn.execute(query).scalar_one_or_none()


def find_mended(conn: Connection, delivery: Flux) -> int | None:
    """The earlier flux of the same déposant whose rejected invoices this one brings back, by their numbers.

    Doublons are left out on both sides: they are not to be mended. Of several, the one with most of them,
    then the last one.
    """
    numbered: Select[Any] = select(facture.c.id, facture.c.numero, facture.c.fournisseur, facture.c.flux_id)
    here = conn.execute(numbered.where(facture.c.flux_id == delivery.id, facture.c.numero != "")).all()
    wanted = {(row.numero, row.fournisseur) for row in _without_doublons(conn, here)}
    # by numbers first, and by nothing else: what a déposant ever sent must not be gone through for each flux
    rejected = [
        row
        for some in in_chunks({numero for numero, _ in wanted})
        for row in conn.execute(numbered.add_columns(facture.c.statut).where(facture.c.numero.in_(some)))
        if row.statut == FactureStatut.NON_CONFORME.name
        and row.flux_id < delivery.id
        and (row.numero, row.fournisseur) in wanted
    ]
    found = Counter(row.flux_id for row in _without_doublons(conn, rejected))
    ours: set[int] = set()
    for ids in in_chunks(set(found)):
        query = select(flux.c.id).where(flux.c.id.in_(ids), flux.c.appli == delivery.appli)
        ours |= set(conn.execute(query.where(flux.c.idflux != delivery.idflux)).scalars())
    return max(ours, key=lambda flux_id: (found[flux_id], flux_id), default=None)


def _without_doublons(conn: Connection, rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    doublons: set[int] = set()
    for ids in in_chunks({row.id for row in rows}):
        query = select(finding.c.facture_id, finding.c.motif).where(finding.c.facture_id.in_(ids))
        doublons |= {row.facture_id for row in conn.execute(query) if row.motif == "DOUBLON"}
    return [row for row in rows if row.id not in doublons]


def reste_is_due(conn: Connection, flux_id: int) -> bool:
    """Is the reste of a flux still to be given to its déposant?"""
    query = select(table.c.reste_le).where(table.c.flux_id == flux_id)
    return conn.execute(query).scalar_one_or_none() is None


def confirm_reste(conn: Connection, flux_id: int, at: datetime) -> None:
    """Record that the reste of a flux was given, into ``out`` or booked for a server, or that it has none."""
    conn.execute(update(table).where(table.c.flux_id == flux_id).values(reste_le=at))


def review_reste(conn: Connection, flux_id: int) -> None:
    """Record that what is to be mended in a flux has changed: its reste is to be given anew."""
    conn.execute(update(table).where(table.c.flux_id == flux_id).values(reste_le=None))
