"""What is rejected now, by cause: counted, summed, dated, a page of invoices at a time.

Everything is read from ``rejet``, which holds one row an invoice that is rejected and has not come again
mended: what it costs is of the number of rejections that are looked at, never of the number of invoices.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, case, func, select, tuple_

from edi.model import Cause, FactureDeposee, FactureStatut, Finding, Portee, Severity
from edi.store.factures import from_row, read_finding
from edi.store.portee import within
from edi.store.tables import facture, finding, flux, rejet

_NON_CONFORME = FactureStatut.NON_CONFORME.name
_VOISINES = 400  # earlier invoices of a supplier among which the last good one is looked for


class Filtre(NamedTuple):
    """Which rejections are looked at; what is empty asks for all."""

    depuis: datetime
    appli: str = ""
    code: str = ""
    signature: str | None = None  # '' is one
    fournisseur: str = ""


class Reperes(NamedTuple):
    """The instants that a trend is measured between."""

    semaine: datetime  # seven days before today began
    minuit: datetime


class Groupe(NamedTuple):
    """Rejections that have something in common; its key is what they were grouped by."""

    cle: tuple[str, ...]
    factures: int
    montants: tuple[tuple[str, Decimal], ...]  # TTC by currency
    premier_le: datetime  # received, within the window
    dernier_le: datetime
    aujourdhui: int
    avant: int  # over the seven days before today


def count_by(
    conn: Connection,
    portee: Portee,
    filtre: Filtre,
    names: Sequence[str],
    reperes: Reperes,
    among: Sequence[Tete] | None = None,
) -> list[Groupe]:
    """Rejections grouped by some of ``code``, ``signature``, ``fournisseur``; the most numerous first.

    ``among``: of these groups alone.
    """
    today = case((rejet.c.recu_le >= reperes.minuit, 1), else_=0)
    week = case((rejet.c.recu_le < reperes.semaine, 0), (rejet.c.recu_le < reperes.minuit, 1), else_=0)
    keys = [rejet.c[name] for name in names]
    query: Select[Any] = select(
        *keys,
        rejet.c.devise,
        func.count(),
        func.sum(rejet.c.centimes),
        func.min(rejet.c.recu_le),
        func.max(rejet.c.recu_le),
        func.sum(today),
        func.sum(week),
    )
    query = query.where(*_conditions(portee, filtre))
    if among is not None:
        pair = tuple_(rejet.c.signature, rejet.c.fournisseur)
        query = query.where(pair.in_([(one.signature, one.fournisseur) for one in among]))
    rows = conn.execute(query.group_by(*keys, rejet.c.devise)).all()
    found: dict[tuple[str, ...], list[Groupe]] = {}
    for *key, devise, many, cents, first, last, now, before in rows:
        one = Groupe(tuple(key), many, ((devise, _as_amount(cents)),), first, last, int(now), int(before))
        found.setdefault(one.cle, []).append(one)
    return sorted(map(_join, found.values()), key=lambda one: (-one.factures, one.cle))


class Tete(NamedTuple):
    """One of the largest groups of a code."""

    signature: str
    fournisseur: str
    factures: int


def largest(conn: Connection, portee: Portee, filtre: Filtre, limit: int) -> tuple[list[Tete], int]:
    """The largest groups of the code of a filter, and how many there are."""
    many = func.count().label("many")
    keys = (rejet.c.signature, rejet.c.fournisseur)
    query = select(*keys, many, func.count().over().label("groups")).where(*_conditions(portee, filtre))
    rows = conn.execute(query.group_by(*keys).order_by(many.desc(), *keys).limit(limit)).all()
    return [Tete(row.signature, row.fournisseur, row.many) for row in rows], rows[0].groups if rows else 0


def _as_amount(cents: int) -> Decimal:
    return Decimal(int(cents)).scaleb(-2)


def _join(same: Sequence[Groupe]) -> Groupe:
    """The groups of one key, one a currency, as one."""
    return Groupe(
        same[0].cle,
        sum(one.factures for one in same),
        tuple(sorted(pair for one in same for pair in one.montants)),
        min(one.premier_le for one in same),
        max(one.dernier_le for one in same),
        sum(one.aujourdhui for one in same),
        sum(one.avant for one in same),
    )


def _conditions(portee: Portee, filtre: Filtre) -> list[ColumnElement[bool]]:
    wanted = [rejet.c.recu_le >= filtre.depuis, within(portee, rejet.c.appli), *_of_group(filtre)]
    if filtre.appli:
        wanted.append(rejet.c.appli == filtre.appli)
    return wanted


def _of_group(filtre: Filtre) -> list[ColumnElement[bool]]:
    wanted = []
    if filtre.code:
        wanted.append(rejet.c.code == filtre.code)
    if filtre.signature is not None:
        wanted.append(rejet.c.signature == filtre.signature)
    if filtre.fournisseur:
        wanted.append(rejet.c.fournisseur == filtre.fournisseur)
    return wanted


def names_of(conn: Connection, fournisseurs: Sequence[str]) -> dict[str, str]:
    """How some suppliers were called in one of their invoices."""
    found = {}
    for one in fournisseurs:
        query = select(facture.c.fournisseur_nom).where(facture.c.fournisseur == one)
        found[one] = conn.execute(query.limit(1)).scalar_one_or_none() or ""
    return found


def example_of(conn: Connection, portee: Portee, code: str) -> Finding | None:
    """What the last rejection of a code was told by; None when nothing is rejected by it."""
    last = select(rejet.c.facture_id).where(rejet.c.code == code, within(portee, rejet.c.appli))
    facture_id = conn.execute(last.order_by(rejet.c.facture_id.desc()).limit(1)).scalar_one_or_none()
    query = select(finding).where(finding.c.facture_id == facture_id, finding.c.code == code)
    row = conn.execute(query.where(finding.c.severity >= int(Severity.ERROR)).limit(1)).one_or_none()
    return None if row is None else read_finding(row)


class Rejetee(NamedTuple):
    """An invoice of a list of rejections."""

    facture: FactureDeposee
    appli: str
    flux: str  # its reference
    recu_le: datetime
    cause: Cause

    @property
    def id(self) -> int:
        """Its place in the list."""
        return self.facture.id


class Page(NamedTuple):
    """Some of them, and whether there are others on either side."""

    lignes: Sequence[Rejetee]
    plus_recents: bool
    plus_anciens: bool


def _select_rejected() -> Select[Any]:
    columns = (rejet.c.code, rejet.c.signature, flux.c.appli, flux.c.idflux, flux.c.nom, flux.c.recu_le)
    joined = select(facture, *columns).select_from(rejet).join(facture, facture.c.id == rejet.c.facture_id)
    return joined.join(flux, flux.c.id == facture.c.flux_id)


def _read(row: Any) -> Rejetee:
    cause = Cause(row.code, row.signature)
    return Rejetee(from_row(row), row.appli, row.idflux or row.nom, row.recu_le, cause)


def list_rejected(
    conn: Connection, portee: Portee, filtre: Filtre, limit: int, *, avant: int = 0, apres: int = 0
) -> Page:
    """Rejected invoices, newest first: those older than one of them (its id), or newer; 0 for the newest."""
    query = _select_rejected().where(*_conditions(portee, filtre))
    if beside := avant or apres:
        query = query.where(rejet.c.facture_id > beside if apres else rejet.c.facture_id < beside)
    order = rejet.c.facture_id.asc() if apres else rejet.c.facture_id.desc()
    rows = conn.execute(query.order_by(order).limit(limit + 1)).all()
    found, more = [_read(row) for row in rows[:limit]], len(rows) > limit
    return Page(found[::-1], more, True) if apres else Page(found, bool(avant), more)


def first_rejected(conn: Connection, portee: Portee, filtre: Filtre) -> Rejetee | None:
    """The first rejection of a group, whenever it was."""
    query = _select_rejected().where(within(portee, rejet.c.appli), *_of_group(filtre))
    if filtre.appli:
        query = query.where(rejet.c.appli == filtre.appli)
    row = conn.execute(query.order_by(rejet.c.facture_id).limit(1)).one_or_none()
    return None if row is None else _read(row)


def last_accepted(
    conn: Connection, portee: Portee, before: FactureDeposee
) -> tuple[FactureDeposee, bool] | None:
    """The last accepted invoice of a supplier before one, and whether it went to the same destinataire.

    That comes first; only so many of its earlier invoices are looked at.
    """
    near = (
        select(facture.c.id, facture.c.statut, facture.c.destinataire, flux.c.appli)
        .join(flux, flux.c.id == facture.c.flux_id)
        .where(facture.c.fournisseur == before.fournisseur.identifiant.valeur, facture.c.id < before.id)
        .where(within(portee, flux.c.appli))
        .order_by(facture.c.id.desc())
        .limit(_VOISINES)
    )
    good = [row for row in conn.execute(near) if row.statut not in ("", _NON_CONFORME)]
    if not good:
        return None
    wanted = before.destinataire.identifiant.valeur
    best = next((row for row in good if row.destinataire == wanted), good[0])
    row = conn.execute(select(facture).where(facture.c.id == best.id)).one()
    return from_row(row), best.destinataire == wanted
