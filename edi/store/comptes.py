"""Queries that count: what was received, decided, answered; for the audit and the operators' tables."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, String, and_, case, func, literal_column, or_, select, type_coerce

from edi.model import FactureStatut, Flux, FluxStatut
from edi.store import receptions
from edi.store.flux import from_row
from edi.store.tables import (
    emission,
    facture,
    facture_statut,
    facture_unique,
    flux,
    flux_statut,
    processus,
    reprise,
)

_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]
_COUNTED = [FluxStatut.INTEGRE.name, FluxStatut.INTEGRE_PARTIEL.name, FluxStatut.REJETE.name]
_LATE = timedelta(hours=1)


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


def kept(conn: Connection) -> list[Flux]:
    """Every delivery, oldest first."""
    return [from_row(row) for row in conn.execute(select(flux).order_by(flux.c.id))]


def unbalanced(conn: Connection) -> list[Flux]:
    """Decided deliveries whose invoices, counted in three ways, do not come to the same."""
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
    query = select(flux).where(flux.c.statut.in_(_COUNTED), wrong).order_by(flux.c.id)
    return [from_row(row) for row in conn.execute(query)]


class Trou(NamedTuple):
    """Numbers that a series of return flows should hold and does not."""

    appli: str  # déposant or destinataire
    interface: str
    dernier: int  # number of the last one that is there
    manquants: tuple[int, ...]


def holes(conn: Connection) -> list[Trou]:
    """The series of return flows, of every partner and interface, that have a hole."""
    last, series = func.max(emission.c.numero), (emission.c.appli, emission.c.interface)
    query = select(*series, last).group_by(*series).having(last != func.count()).order_by(*series)
    found = []
    for appli, interface, dernier in conn.execute(query):
        of_it = (emission.c.appli == appli, emission.c.interface == interface)
        there = set(conn.execute(select(emission.c.numero).where(*of_it)).scalars())
        missing = tuple(numero for numero in range(1, dernier + 1) if numero not in there)
        found.append(Trou(appli, interface, dernier, missing))
    return found


def unanswered(conn: Connection) -> list[str]:
    """The decided deliveries whose integration report is not there: their references.

    What a destinataire reports of what we emitted is not answered, and names no return flow.
    """
    told = flux_statut.c
    query = (
        select(flux)
        .join(flux_statut, told.flux_id == flux.c.id)
        .outerjoin(emission, emission.c.id == told.emission_id)
        .where(told.emission_id.is_not(None), emission.c.id.is_(None))
        .order_by(flux.c.id)
    )
    return [from_row(row).reference for row in conn.execute(query)]


def untold(conn: Connection) -> list[tuple[str, str]]:
    """The statuts whose return flow is not there: (number of the invoice, statut)."""
    query = (
        select(facture.c.numero, facture_statut.c.apres)
        .join(facture_statut, facture_statut.c.facture_id == facture.c.id)
        .outerjoin(emission, emission.c.id == facture_statut.c.emission_id)
        .where(facture_statut.c.emission_id.is_not(None), emission.c.id.is_(None))
        .order_by(facture_statut.c.id)
    )
    return [(row[0], row[1]) for row in conn.execute(query)]


def late(conn: Connection, at: datetime) -> list[tuple[str, datetime]]:
    """Return flows that could have left an hour ago or more, and have not."""
    since = func.coalesce(emission.c.pas_avant, emission.c.cree_le, type_=emission.c.cree_le.type)
    query = select(emission.c.nom, since).where(emission.c.emis_le.is_(None), since < at - _LATE)
    rows = conn.execute(query.order_by(emission.c.id))
    return [(row[0], row[1]) for row in rows]


def wrongly_registered(conn: Connection) -> list[tuple[str, str]]:
    """Invoices that the register of accepted ones holds, though they are not: (number, statut)."""
    query = select(facture.c.numero, facture.c.statut).join(
        facture_unique, facture_unique.c.facture_id == facture.c.id
    )
    rows = conn.execute(query.where(facture.c.statut == FactureStatut.NON_CONFORME.name))
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
