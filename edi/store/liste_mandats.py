"""The mandats that somebody may see: a page at a time, one of them, or all for a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, func, not_, or_, select, tuple_

from edi.model import EtatMandat, Mandat, Portee
from edi.store.mandats import from_row
from edi.store.portee import within
from edi.store.tables import mandat

_M = mandat.c
_ORDRE = (_M.cree_le, _M.id)


class Filtre(NamedTuple):
    """Which mandats are asked for; what is empty asks for all."""

    mandataire: str = ""
    mandant: str = ""  # a SIRET, a SIREN, or another number
    etat: EtatMandat | None = None


class Page(NamedTuple):
    """Some mandats of a list, and whether there are others on either side."""

    lignes: Sequence[Mandat]
    plus_recents: bool
    plus_anciens: bool


def list_mandats(
    conn: Connection,
    portee: Portee,
    filtre: Filtre,
    jour: date,
    limit: int,
    *,
    avant: int = 0,
    apres: int = 0,
) -> Page:
    """Mandats by the day of their creation, newest first: those after (older than) one of them, or before it.

    ``avant``, ``apres``: its number; 0 for the newest ones. ``jour``: on which they are in that state.
    """
    query = select(_M.id).where(*_conditions(portee, filtre, jour))  # along an index that holds all of it
    beside = avant or apres
    row = conn.execute(select(*_ORDRE).where(_M.id == beside)).one_or_none() if beside else None
    backwards = bool(apres) and row is not None
    if row is not None:
        here, there = tuple_(*_ORDRE), tuple_(*row, types=[column.type for column in _ORDRE])
        query = query.where(here > there if backwards else here < there)
    order = [column.asc() if backwards else column.desc() for column in _ORDRE]
    ids = conn.execute(query.order_by(*order).limit(limit + 1)).scalars().all()
    rows = {row.id: from_row(row) for row in conn.execute(select(mandat).where(_M.id.in_(ids[:limit])))}
    found, more = [rows[one] for one in ids[:limit]], len(ids) > limit
    if backwards:
        return Page(found[::-1], more, True)
    return Page(found, row is not None, more)


def all_mandats(conn: Connection, portee: Portee, filtre: Filtre, jour: date) -> list[Mandat]:
    """The same, all of them, in the order of their entry."""
    query = select(mandat).where(*_conditions(portee, filtre, jour)).order_by(_M.id)
    return [from_row(row) for row in conn.execute(query)]


def find_seen(conn: Connection, portee: Portee, mandat_id: int) -> Mandat | None:
    """One mandat; None when there is none, or none that may be seen."""
    query = select(mandat).where(_M.id == mandat_id, within(portee, _M.mandataire))
    row = conn.execute(query).one_or_none()
    return None if row is None else from_row(row)


def _conditions(portee: Portee, filtre: Filtre, jour: date) -> list[ColumnElement[bool]]:
    wanted = [within(portee, _M.mandataire)]
    if filtre.mandataire:
        wanted.append(_M.mandataire == filtre.mandataire)
    if filtre.mandant:
        number = filtre.mandant
        siren = and_(_M.mandant >= number, _M.mandant < f"{number}:")  # ':' follows the digits
        wanted.append(siren if number.isdigit() and len(number) == 9 else _M.mandant == number)
    if filtre.etat is not None:
        wanted.append(_is(filtre.etat, jour))
    return wanted


def _is(etat: EtatMandat, jour: date) -> ColumnElement[bool]:
    """That a mandat is in a state on a day, as ``Mandat.etat_le`` says."""
    revoked, signed, sent = (
        func.coalesce(column <= jour, False) for column in (_M.revoque_le, _M.signe_le, _M.soumis_le)
    )
    if etat is EtatMandat.REVOQUE:
        return revoked
    if etat is EtatMandat.ACTIF:
        return and_(not_(revoked), signed)
    begun = and_(not_(or_(revoked, signed)), _M.cree_le <= jour)
    return and_(begun, sent if etat is EtatMandat.EN_COURS_DE_VALIDATION else not_(sent))
