"""What somebody looks for in lists: deliveries and invoices within its scope, a page at a time.

Pages are cut by the place of a row in the order (keyset), never by an offset, and nothing is counted: a list
costs the same with a thousand rows as with a million.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, exists, func, or_, select, tuple_

from edi.model import Emission, FactureDeposee, Flux, FluxStatut, Portee, Severity
from edi.store import emissions, factures
from edi.store.flux import from_row
from edi.store.portee import within
from edi.store.tables import ACCEPTEE, emission, facture, finding, flux

# What people hold of an invoice, beside its number.
_TENUS = ("numero", "fournisseur", "destinataire", "engagement", "marche", "fichier")
_PEU = 1_000  # deliveries that are found by their ids
_ORDRE = (flux.c.recu_le, flux.c.id)


class Filtre(NamedTuple):
    """Which deliveries are asked for; what is empty asks for all."""

    appli: str = ""
    statuts: tuple[FluxStatut, ...] = ()
    interface: str = ""
    code: str = ""  # of a finding
    depuis: datetime | None = None
    avant: datetime | None = None  # that instant left out
    texte: str = ""  # a flux id, the beginning of a file name; a number, a SIRET, an engagement...


class Page(NamedTuple):
    """Some deliveries of a list, and whether there are others on either side."""

    lignes: Sequence[Flux]
    plus_recents: bool
    plus_anciens: bool


def list_flux(
    conn: Connection, portee: Portee, filtre: Filtre, limit: int, *, avant: int = 0, apres: int = 0
) -> Page:
    """Deliveries, newest first: those after (older than) one of them, or those before it, in that order.

    ``avant``, ``apres``: its id; 0 for the newest ones.
    """
    query = select(flux).where(*_conditions(conn, portee, filtre))
    backwards = bool(apres)
    if beside := avant or apres:
        row = conn.execute(select(*_ORDRE).where(flux.c.id == beside)).one_or_none()
        if row is not None:
            here, there = tuple_(*_ORDRE), tuple_(*row, types=[column.type for column in _ORDRE])
            query = query.where(here > there if backwards else here < there)
    order = [column.asc() if backwards else column.desc() for column in _ORDRE]
    rows = conn.execute(query.order_by(*order).limit(limit + 1)).all()
    found, more = [from_row(row) for row in rows[:limit]], len(rows) > limit
    if backwards:
        return Page(found[::-1], more, True)
    return Page(found, bool(avant), more)


def _conditions(conn: Connection, portee: Portee, filtre: Filtre) -> list[ColumnElement[bool]]:
    wanted = [within(portee, flux.c.appli)]
    if filtre.appli:
        wanted.append(flux.c.appli == filtre.appli)
    if filtre.statuts:
        wanted.append(flux.c.statut.in_([statut.name for statut in filtre.statuts]))
    if filtre.interface:
        wanted.append(flux.c.interface == filtre.interface)
    if filtre.depuis is not None:
        wanted.append(flux.c.recu_le >= filtre.depuis)
    if filtre.avant is not None:
        wanted.append(flux.c.recu_le < filtre.avant)
    if filtre.code:
        named = finding.c.code == filtre.code
        wanted.append(_having(conn, [select(finding.c.flux_id).where(named)], finding.c.flux_id, named))
    if filtre.texte:
        wanted.append(_holding(conn, filtre.texte))
    return wanted


def _holding(conn: Connection, text: str) -> ColumnElement[bool]:
    """That a delivery is one that a text may mean."""
    own = or_(flux.c.idflux == text, _starts_with(conn, flux.c.nom, text))
    borne = or_(*(facture.c[name] == text for name in _TENUS))
    branches = [
        select(flux.c.id).where(flux.c.idflux == text),
        select(flux.c.id).where(_starts_with(conn, flux.c.nom, text)),
        *(select(facture.c.flux_id).where(facture.c[name] == text) for name in _TENUS),  # one an index
    ]
    return _having(conn, branches, facture.c.flux_id, borne, own)


def _having(
    conn: Connection,
    branches: Sequence[Select[Any]],
    flux_id: ColumnElement[int],
    borne: ColumnElement[bool],
    own: ColumnElement[bool] | None = None,
) -> ColumnElement[bool]:
    """That a delivery is among ``branches``: by its id when they are few; when they are many, the newest of
    them are soon met along the list, and each delivery is asked (``own``, or a row of its own ``borne``).
    """
    few: set[int] = set()
    for branch in branches:
        few |= set(conn.execute(branch.limit(_PEU + 1)).scalars())
        if len(few) > _PEU:
            asked = exists().where(flux_id == flux.c.id, borne)
            return asked if own is None else or_(own, asked)
    return flux.c.id.in_(sorted(few))


def _starts_with(conn: Connection, column: ColumnElement[str], text: str) -> ColumnElement[bool]:
    if conn.dialect.name == "sqlite":  # its LIKE looks past case, and so past the index
        return (column >= text) & (column < f"{text}\U0010ffff")
    return column.startswith(text, autoescape=True)


def find_flux(conn: Connection, portee: Portee, flux_id: int) -> Flux | None:
    """One delivery; None when there is none, or none that may be seen."""
    query = select(flux).where(flux.c.id == flux_id, within(portee, flux.c.appli))
    row = conn.execute(query).one_or_none()
    return None if row is None else from_row(row)


def find_facture(conn: Connection, portee: Portee, facture_id: int) -> FactureDeposee | None:
    """One invoice; None when there is none, or none that may be seen."""
    query = select(facture).join(flux, flux.c.id == facture.c.flux_id)
    row = conn.execute(query.where(facture.c.id == facture_id, within(portee, flux.c.appli))).one_or_none()
    return None if row is None else factures.from_row(row)


def find_original(conn: Connection, portee: Portee, one: FactureDeposee) -> FactureDeposee | None:
    """The accepted invoice whose number another one bears; None when there is none that may be seen.

    Numbers are unique to a fournisseur, by its SIREN where it has one, for a year.
    """
    if not one.numero:
        return None
    seller = one.fournisseur.identifiant
    query = select(facture).join(flux, flux.c.id == facture.c.flux_id)
    query = query.where(facture.c.numero == one.numero, facture.c.id != one.id, ACCEPTEE)
    query = query.where(facture.c.fournisseur.startswith(seller.siren or seller.valeur, autoescape=True))
    rows = conn.execute(query.where(within(portee, flux.c.appli)).order_by(facture.c.id))
    found = (factures.from_row(row) for row in rows)
    return next((f for f in found if one.date and f.date and f.date.year == one.date.year), None)


def find_emission(conn: Connection, portee: Portee, flux_id: int, emission_id: int) -> Emission | None:
    """One return flow about a delivery; None when there is none that may be seen.

    What goes to a destinataire is about a déposant's flux and not for its eyes: both must be in scope.
    """
    query = (
        select(emission)
        .join(flux, flux.c.id == emission.c.flux_id)
        .where(emission.c.id == emission_id, emission.c.flux_id == flux_id)
        .where(within(portee, flux.c.appli), within(portee, emission.c.appli))
    )
    row = conn.execute(query).one_or_none()
    return None if row is None else emissions.from_row(row)


class Trouvee(NamedTuple):
    """An invoice, and the delivery that brought it."""

    facture: FactureDeposee
    appli: str
    flux: str  # its reference


def factures_holding(conn: Connection, portee: Portee, text: str, limit: int) -> list[Trouvee]:
    """The last invoices that bear a text as their number, a SIRET, an engagement..., newest first."""
    brought = select(facture.c.id).join(flux, flux.c.id == facture.c.flux_id)
    newest: set[int] = set()
    for name in _TENUS:  # each along its own index, from its end
        borne = brought.where(facture.c[name] == text, within(portee, flux.c.appli))
        newest |= set(conn.execute(borne.order_by(facture.c.id.desc()).limit(limit)).scalars())
    query = (
        select(facture, flux.c.appli, flux.c.idflux, flux.c.nom)
        .join(flux, flux.c.id == facture.c.flux_id)
        .where(facture.c.id.in_(sorted(newest, reverse=True)[:limit]))
        .order_by(facture.c.id.desc())
    )
    rows = conn.execute(query)
    return [Trouvee(factures.from_row(row), row.appli, row.idflux or row.nom) for row in rows]


class Cause(NamedTuple):
    """Why invoices of a delivery were refused: the most frequent blocking finding."""

    code: str
    message: str
    fois: int
    autres: int  # other codes


def causes(conn: Connection, ids: Sequence[int]) -> dict[int, Cause]:
    """The most frequent blocking finding of each of these deliveries, of those that have one."""
    many = func.count()
    query = (
        select(finding.c.flux_id, finding.c.code, many, func.min(finding.c.message))
        .where(finding.c.flux_id.in_(ids), finding.c.severity >= int(Severity.ERROR))
        .where(finding.c.leve_le.is_(None))
        .group_by(finding.c.flux_id, finding.c.code)
        .order_by(finding.c.flux_id, many.desc(), finding.c.code)
    )
    found: dict[int, Cause] = {}
    for flux_id, code, times, message in conn.execute(query):
        known = found.get(flux_id)
        found[flux_id] = known._replace(autres=known.autres + 1) if known else Cause(code, message, times, 0)
    return found


def interfaces(conn: Connection, portee: Portee) -> list[str]:
    """The interfaces that were ever used within a scope, in order: one step along their index for each."""
    found: list[str] = []
    last = ""
    while True:
        beyond = select(func.min(flux.c.interface)).where(flux.c.interface > last)
        following = conn.execute(beyond).scalar_one()
        if following is None:
            return found
        last = following
        used = exists().where(flux.c.interface == last, within(portee, flux.c.appli))
        if conn.execute(select(used)).scalar_one():
            found.append(last)
