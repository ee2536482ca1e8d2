"""Queries that count: what was received, decided, answered; for the audit and the operators' tables."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    String,
    Table,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    type_coerce,
)

from edi.model import FactureStatut, Flux, FluxStatut
from edi.store import receptions
from edi.store.chunks import in_chunks
from edi.store.flux import from_row
from edi.store.tables import (
    emission,
    facture,
    facture_statut,
    facture_unique,
    flux,
    flux_statut,
    oubli,
    processus,
    reprise,
)

_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]
_COUNTED = [FluxStatut.INTEGRE.name, FluxStatut.INTEGRE_PARTIEL.name, FluxStatut.REJETE.name]
_LATE = timedelta(hours=1)
_PAGE = 2_000  # rows in memory at a time


class Bilan(NamedTuple):
    """What one déposant sent, and where it stands; invoices are counted over decided flux_list."""

    appli: str
    flux: int
    decides: int
    en_cours: int
    rappels: int  # of the decided ones: deliveries that repeat another
    factures: int
    acceptees: int
    rejetees: int


def by_appli(conn: Connection) -> tuple[Bilan, ...]:
    """One row a déposant, in order of their codes."""
    open_ = flux.c.statut.in_(_OPEN)
    counted = and_(flux.c.statut.in_(_COUNTED), flux.c.nature == "factures")
    query = select(
        flux.c.appli,
        func.count(),
        func.sum(case((open_, 0), else_=1)),
        func.sum(case((open_, 1), else_=0)),
        func.sum(case((flux.c.statut == FluxStatut.RAPPEL.name, 1), else_=0)),
        func.sum(case((counted, flux.c.acceptees + flux.c.rejetees), else_=0)),
        func.sum(case((counted, flux.c.acceptees), else_=0)),
        func.sum(case((counted, flux.c.rejetees), else_=0)),
    )
    rows = conn.execute(query.group_by(flux.c.appli).order_by(flux.c.appli))
    return tuple(Bilan(row[0], *(int(n or 0) for n in row[1:])) for row in rows)


class Octets(NamedTuple):
    """Bytes that a delivery brought, the last of those that brought them."""

    sha256: str
    taille: int
    reference: str


def count_kept(conn: Connection, depuis: int = 0) -> int:
    """How many different bytes deliveries after an id brought, forgotten or not."""
    query = select(func.count(flux.c.sha256.distinct())).where(flux.c.sha256 != "", _after(flux, depuis))
    return conn.execute(query).scalar_one()


def kept(conn: Connection, depuis: int = 0) -> Iterator[Octets]:
    """The bytes that deliveries after an id brought and that are not forgotten, each once by its hash.

    Some of them lie in memory at a time, however many there are. After an id, in the order of deliveries:
    they are few, and the same bytes may come twice.
    """
    gone = select(oubli.c.flux_id).where(oubli.c.flux_id == flux.c.id, oubli.c.sha256 == flux.c.sha256)
    query = select(flux.c.id, flux.c.sha256, flux.c.taille, flux.c.idflux, flux.c.nom)
    query = query.where(flux.c.sha256 != "", _after(flux, depuis), ~gone.exists())
    order = (flux.c.id,) if depuis else (flux.c.sha256, flux.c.id)
    query, last = query.order_by(*order).limit(_PAGE), ("", depuis)
    held: Octets | None = None
    while rows := conn.execute(query.where(flux.c.id > last[1] if depuis else _is_behind(*last))).all():
        for row in rows:
            if held is not None and held.sha256 != row.sha256:
                yield held
            held = Octets(row.sha256, row.taille, row.idflux or row.nom)
        last = (rows[-1].sha256, rows[-1].id)
    if held is not None:
        yield held


def _is_behind(sha256: str, flux_id: int) -> ColumnElement[bool]:
    """In two steps, so that an index is gone along whatever the database makes of it."""
    same = and_(flux.c.sha256 == sha256, flux.c.id > flux_id)
    return and_(flux.c.sha256 >= sha256, or_(flux.c.sha256 > sha256, same))


def _after(table: Table, depuis: int) -> ColumnElement[bool]:
    return table.c.id > depuis


def decided_among(conn: Connection, tickets: Collection[str]) -> set[str]:
    """Of some tickets, those of deliveries that are decided."""
    found: set[str] = set()
    for some in in_chunks(tickets):
        query = select(flux.c.ticket).where(flux.c.ticket.in_(some), flux.c.statut.not_in(_OPEN))
        found |= set(conn.execute(query).scalars())
    return found


def unbalanced(conn: Connection, depuis: int = 0) -> list[Flux]:
    """Decided deliveries after an id whose invoices, counted in three ways, do not come to the same."""
    accepted = (
        select(func.count())
        .where(facture.c.flux_id == flux.c.id, facture.c.statut != FactureStatut.NON_CONFORME.name)
        .scalar_subquery()
    )
    taken_up = select(func.count()).where(reprise.c.flux_id == flux.c.id).scalar_subquery()
    rejected = (
        select(func.count())
        .where(facture.c.flux_id == flux.c.id, facture.c.statut == FactureStatut.NON_CONFORME.name)
        .scalar_subquery()
    )
    wrong = or_(
        accepted + taken_up != flux.c.acceptees,
        rejected > flux.c.rejetees,  # the others are files in which no invoice could be read
    )
    # A flux of statuts counts statuts, and brings no invoice of its own.
    uneven = and_(flux.c.recues.is_not(None), flux.c.recues != flux.c.acceptees + flux.c.rejetees)
    wrong = case((flux.c.nature == "factures", or_(uneven, wrong)), else_=uneven)
    query = select(flux).where(_decided(depuis), wrong).order_by(flux.c.id)
    return [from_row(row) for row in conn.execute(query)]


def _decided(depuis: int) -> ColumnElement[bool]:
    """Of what came after an id, which is little; of all, along the statuts."""
    if not depuis:
        return flux.c.statut.in_(_COUNTED)
    return and_(_after(flux, depuis), (flux.c.statut + "").in_(_COUNTED))


class Trou(NamedTuple):
    """Numbers that a series of return flows should hold and does not."""

    appli: str  # déposant or destinataire
    interface: str
    dernier: int  # number of the last one that is there
    manquants: tuple[int, ...]


def holes(conn: Connection, depuis: int = 0) -> list[Trou]:
    """The series of return flows, of every partner and interface, that have a hole.

    ``depuis``: those after an id are looked at, and whether they follow those before it.
    """
    first, last, many = func.min(emission.c.numero), func.max(emission.c.numero), func.count()
    # After an id, along the ids; in all, along the index of the series.
    series = [one + "" if depuis else one for one in (emission.c.appli, emission.c.interface)]
    query: Select[Any] = select(*series, first, last, many).where(_after(emission, depuis))
    found = []
    for appli, interface, premier, dernier, nombre in conn.execute(query.group_by(*series).order_by(*series)):
        of_it = and_(emission.c.appli == appli, emission.c.interface == interface)
        before = select(emission.c.id).where(of_it, emission.c.numero == premier - 1)
        follows = premier == 1 or (depuis and conn.execute(before).first() is not None)
        if follows and dernier - premier + 1 == nombre:
            continue
        start = premier if follows else premier - 1 if depuis else 1
        there = set(
            conn.execute(select(emission.c.numero).where(of_it, emission.c.numero >= start)).scalars()
        )
        missing = tuple(numero for numero in range(start, dernier + 1) if numero not in there)
        found.append(Trou(appli, interface, dernier, missing))
    return found


def unanswered(conn: Connection, depuis: int = 0) -> list[str]:
    """The decided deliveries, since a statut after an id, whose report is not there: their references.

    What a destinataire reports of what we emitted is not answered, and names no return flow.
    """
    told = flux_statut.c
    query = (
        select(flux)
        .join(flux_statut, told.flux_id == flux.c.id)
        .outerjoin(emission, emission.c.id == told.emission_id)
        .where(told.emission_id.is_not(None), emission.c.id.is_(None), told.id > depuis)
        .order_by(flux.c.id)
    )
    return [from_row(row).reference for row in conn.execute(query)]


def untold(conn: Connection, depuis: int = 0) -> list[tuple[str, str]]:
    """The statuts after an id whose return flow is not there: (number of the invoice, statut)."""
    query = (
        select(facture.c.numero, facture_statut.c.apres)
        .join(facture_statut, facture_statut.c.facture_id == facture.c.id)
        .outerjoin(emission, emission.c.id == facture_statut.c.emission_id)
        .where(facture_statut.c.emission_id.is_not(None), emission.c.id.is_(None))
        .where(_after(facture_statut, depuis))
        .order_by(facture_statut.c.id)
    )
    return [(row[0], row[1]) for row in conn.execute(query)]


def late(conn: Connection, at: datetime) -> list[tuple[str, datetime]]:
    """Return flows that could have left an hour ago or more, and have not."""
    since = func.coalesce(emission.c.pas_avant, emission.c.cree_le, type_=emission.c.cree_le.type)
    query = select(emission.c.nom, since).where(emission.c.emis_le.is_(None), since < at - _LATE)
    rows = conn.execute(query.order_by(emission.c.id))
    return [(row[0], row[1]) for row in rows]


def wrongly_registered(conn: Connection, depuis: int = 0) -> list[tuple[str, str]]:
    """Invoices after an id that are registered as accepted, though they are not: (number, statut)."""
    query = select(facture.c.numero, facture.c.statut).join(
        facture_unique, facture_unique.c.facture_id == facture.c.id
    )
    rejected = facture.c.statut == FactureStatut.NON_CONFORME.name
    rows = conn.execute(query.where(rejected, _after(facture, depuis)))
    return [(row[0], row[1]) for row in rows]


def working(conn: Connection) -> set[str]:
    """The names of the processes at work."""
    return set(conn.execute(select(processus.c.id)).scalars())


class EnAttente(NamedTuple):
    """Something under way: whose, at which stage, since when, and what comes next."""

    appli: str
    etape: str  # RECEPTION, the statut of a flux, or EMISSION
    raison: str  # what a deposit waits for, the class of the failure that holds a flux, or ''
    depuis: datetime
    prochain_essai: datetime | None
    sujet: str
    echeance: datetime | None = None  # of its own; None: that of its stage


def _attente(one: Flux) -> EnAttente:
    classe = one.classe.name if one.classe else ""
    return EnAttente(one.appli, one.statut.name, classe, one.recu_le, one.prochain_essai, one.reference)


def waiting(conn: Connection) -> list[EnAttente]:
    """Deposits not complete, flux_list not decided, return flows that have not left; oldest first."""
    open_ = select(flux).where(flux.c.statut.in_(_OPEN)).order_by(flux.c.recu_le)
    found = [_attente(from_row(row)) for row in conn.execute(open_)]
    left = select(emission).where(emission.c.emis_le.is_(None)).order_by(emission.c.id)
    found += [EnAttente(row.appli, "EMISSION", "", row.cree_le, None, row.nom) for row in conn.execute(left)]
    found += [
        EnAttente(one.appli, "RECEPTION", one.attend.name, one.vu_le, None, one.nom, one.echeance)
        for one in receptions.waiting(conn)
    ]
    return sorted(found, key=lambda one: one.depuis)


def days_of_deposit(conn: Connection, since: datetime) -> dict[str, tuple[date, ...]]:
    """The days (of UTC) on which each déposant has sent something since an instant, in order."""
    day = func.substr(type_coerce(flux.c.recu_le, String), literal_column("1"), literal_column("10"))
    query = select(flux.c.appli, day).where(flux.c.recu_le >= since).group_by(flux.c.appli, day)
    found: dict[str, list[date]] = {}
    for appli, text in conn.execute(query.order_by(flux.c.appli, day)):
        found.setdefault(appli, []).append(date.fromisoformat(text))
    return {appli: tuple(days) for appli, days in found.items()}
