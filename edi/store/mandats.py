"""Queries on mandats de facturation. Their state is never stored: it follows from their dates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from edi.model import SIREN, SIRET, ActeMandat, EvenementMandat, Identifiant, Mandat, Saisie
from edi.model.journal import GenreEcriture
from edi.store import journal
from edi.store.chunks import in_chunks
from edi.store.tables import mandat as table
from edi.store.tables import mandat_evenement


def add_mandat(
    conn: Connection,
    mandant: Identifiant,
    mandataire: str,
    cree_le: date,
    saisi_le: datetime,
    signe_le: date | None = None,
    signataire: str = "",
    *,
    soumis: bool = True,
) -> Mandat:
    """Record a mandat; ``saisi_le`` is the instant of the entry, ``cree_le`` the day it exists from.

    ``soumis``: it is sent to be signed on that very day.
    """
    soumis_le = cree_le if soumis else None
    row = {
        "mandant_type": mandant.type,
        "mandant": mandant.valeur,
        "mandataire": mandataire,
        "cree_le": cree_le,
        "soumis_le": soumis_le,
        "signe_le": signe_le,
        "signataire": signataire,
        "saisi_le": saisi_le,
    }
    (mandat_id,) = conn.execute(insert(table).values(row).returning(table.c.id)).one()
    return Mandat(mandat_id, mandant, mandataire, cree_le, signe_le, None, signataire, soumis_le)


def find_mandat(conn: Connection, mandat_id: int) -> Mandat | None:
    row = conn.execute(select(table).where(table.c.id == mandat_id)).one_or_none()
    return None if row is None else from_row(row)


def submit_mandat(conn: Connection, mandat_id: int, le: date) -> bool:
    """Write the day it is sent to be signed; False when it was sent, signed or revoked, or is not there."""
    dates = (table.c.soumis_le, table.c.signe_le, table.c.revoque_le)
    open_ = (table.c.id == mandat_id, *(column.is_(None) for column in dates))
    return conn.execute(update(table).where(*open_).values(soumis_le=le)).rowcount == 1


def sign_mandat(conn: Connection, mandat_id: int, le: date, signataire: str = "") -> bool:
    """Write its signature; False when it is already signed or revoked, or there is no such mandat."""
    open_ = (table.c.id == mandat_id, table.c.signe_le.is_(None), table.c.revoque_le.is_(None))
    values: dict[str, Any] = {"signe_le": le, "soumis_le": func.coalesce(table.c.soumis_le, le)}
    if signataire:
        values["signataire"] = signataire
    return conn.execute(update(table).where(*open_).values(values)).rowcount == 1


def revoke_mandat(conn: Connection, mandat_id: int, le: date) -> bool:
    """Write its revocation; False when it is already revoked, or there is no such mandat."""
    standing = (table.c.id == mandat_id, table.c.revoque_le.is_(None))
    return conn.execute(update(table).where(*standing).values(revoque_le=le)).rowcount == 1


def record_evenement(conn: Connection, mandat_id: int, evenement: EvenementMandat) -> None:
    row = {
        "mandat_id": mandat_id,
        **evenement.saisie._asdict(),
        "quoi": evenement.acte.name,
        "jour": evenement.jour,
        "signataire": evenement.signataire,
        "raison": evenement.raison,
    }
    made = insert(mandat_evenement).values(row).returning(mandat_evenement.c.id)
    journal.tell(conn, GenreEcriture.MANDAT, [conn.execute(made).scalar_one()])


def history(conn: Connection, mandat_id: int) -> tuple[EvenementMandat, ...]:
    """What was done to a mandat, in the order of the entries."""
    query = select(mandat_evenement).where(mandat_evenement.c.mandat_id == mandat_id)
    return tuple(
        EvenementMandat(Saisie(row.le, row.par), ActeMandat[row.quoi], row.jour, row.signataire, row.raison)
        for row in conn.execute(query.order_by(mandat_evenement.c.id))
    )


def list_mandats(
    conn: Connection, mandant: Identifiant | None = None, mandataire: str = ""
) -> tuple[Mandat, ...]:
    """The mandats of one mandant, of one mandataire, of both, or all; in the order of their entry.

    A SIREN asks for those of the legal entity and of all its establishments.
    """
    query = select(table).order_by(table.c.id)
    if mandant is not None and mandant.type == SIREN:
        entity = func.substr(table.c.mandant, 1, 9) == mandant.valeur
        query = query.where(table.c.mandant_type.in_((SIRET, SIREN)), entity)
    elif mandant is not None:
        query = query.where(table.c.mandant_type == mandant.type, table.c.mandant == mandant.valeur)
    if mandataire:
        query = query.where(table.c.mandataire == mandataire)
    return tuple(from_row(row) for row in conn.execute(query))


def mandats_between(
    conn: Connection, mandataire: str, mandants: Collection[Identifiant], au: int | None = None
) -> tuple[Mandat, ...]:
    """The mandats that these mandants, or another number of their legal entity, gave to one mandataire.

    An invoice may name by its SIREN a fournisseur whose mandat names its SIRET, and the other way round:
    which of them binds the other is for the rules to say. ``au``: as they stood after that line of history.
    """
    sirens = {mandant.siren for mandant in mandants} - {""}
    found: dict[int, Mandat] = {}
    for chunk in in_chunks({mandant.valeur for mandant in mandants} | sirens):
        same = or_(table.c.mandant.in_(chunk), func.substr(table.c.mandant, 1, 9).in_(chunk))
        rows = conn.execute(select(table).where(table.c.mandataire == mandataire, same))
        found.update((row.id, from_row(row)) for row in rows)
    if au is not None:
        found = _undo(conn, found, au)
    return tuple(
        mandat
        for _, mandat in sorted(found.items())
        if mandat.mandant in mandants or mandat.mandant.siren in sirens
    )


def _undo(conn: Connection, mandats: Mapping[int, Mandat], au: int) -> dict[int, Mandat]:
    """The mandats without what was entered after a line of history; those that it began are not there yet."""
    acts: dict[int, dict[ActeMandat, int]] = {mandat_id: {} for mandat_id in mandats}
    for some in in_chunks(set(mandats)):
        query = select(mandat_evenement).where(mandat_evenement.c.mandat_id.in_(some))
        for row in conn.execute(query):
            acts[row.mandat_id][ActeMandat[row.quoi]] = row.id
    return {
        mandat_id: _before(
            mandat, {acte for acte, line in acts[mandat_id].items() if line > au}, acts[mandat_id]
        )
        for mandat_id, mandat in mandats.items()
        if acts[mandat_id].get(ActeMandat.SOUSCRIT, 0) <= au
    }


def _before(mandat: Mandat, undone: Collection[ActeMandat], known: Collection[ActeMandat]) -> Mandat:
    """A mandat before some acts. A signature says that it is submitted, where nobody had said so before."""
    by_signature = (
        ActeMandat.SOUMIS not in known
        and mandat.soumis_le == mandat.signe_le
        and mandat.soumis_le != mandat.cree_le
    )
    if ActeMandat.SOUMIS in undone or (ActeMandat.SIGNE in undone and by_signature):
        mandat = replace(mandat, soumis_le=None)
    if ActeMandat.SIGNE in undone:
        mandat = replace(mandat, signe_le=None)
    return replace(mandat, revoque_le=None) if ActeMandat.REVOQUE in undone else mandat


def from_row(row: Row[Any]) -> Mandat:
    """A mandat as its row tells it."""
    return Mandat(
        id=row.id,
        mandant=Identifiant(row.mandant_type, row.mandant),
        mandataire=row.mandataire,
        cree_le=row.cree_le,
        signe_le=row.signe_le,
        revoque_le=row.revoque_le,
        signataire=row.signataire,
        soumis_le=row.soumis_le,
    )
