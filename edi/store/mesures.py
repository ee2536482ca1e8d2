"""Figures for those who watch over a workspace: few queries, grouped by the database, each on an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, func, or_, select

from edi.model import TOUT, Canal, FluxStatut, Gravite, Portee
from edi.model.confiance import FeuilleSuivie
from edi.store import alertes, annuaire, canaux, delais, disjoncteurs, feuilles, retenues
from edi.store.delais import Delai
from edi.store.portee import within
from edi.store.tables import (
    Instant,
    emission,
    facture,
    finding,
    flux,
    flux_statut,
    livraison,
    processus,
    reception,
)

JOUR = timedelta(days=1)
_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]
_COUNTED = [FluxStatut.INTEGRE.name, FluxStatut.INTEGRE_PARTIEL.name, FluxStatut.REJETE.name]


class Queue(NamedTuple):
    """What waits of one sender at one stage."""

    appli: str
    etape: str  # RECEPTION, the statut of a flux, EMISSION, LIVRAISON
    nombre: int
    depuis: datetime  # of the oldest


class Mesures(NamedTuple):
    """How a workspace stands at one instant."""

    queues: tuple[Queue, ...]
    flux: tuple[tuple[str, str, int], ...]  # nature, statut, how many
    factures: tuple[tuple[str, int], ...]  # statut, how many
    constats: tuple[tuple[str, int, int], ...]  # of the last day, most frequent first: code, severity, number
    flux_perdus: int  # received - decided - under way: 0
    factures_perdues: int  # counted in decided lots - accepted - rejected: 0
    canaux: tuple[Canal, ...]
    alertes: tuple[tuple[str, int], ...]  # of those that were told and are not over: gravity, how many
    regles_en_doute: int
    retenues: int  # that operators have set, and that hold
    annuaire_du: datetime | None
    processus: int
    delais: tuple[Delai, ...]
    recus: tuple[int, int]  # in the last hour: flux, invoices
    feuilles: tuple[FeuilleSuivie, ...] = ()  # official sheets, under the compiler of today


def measure(conn: Connection, at: datetime, serveurs: Sequence[str], compilateur: str = "") -> Mesures:
    """The figures of this instant; ``compilateur``: of official sheets, of which it is told how they do."""
    flux_perdus, factures_perdues = conservation(conn)
    return Mesures(
        queues=queues(conn, at, TOUT),
        flux=_flux_by_statut(conn),
        factures=_factures_by_statut(conn),
        constats=_findings(conn, at - JOUR),
        flux_perdus=flux_perdus,
        factures_perdues=factures_perdues,
        canaux=tuple(canaux.get(conn, serveur) for serveur in serveurs),
        alertes=_alerts(conn),
        regles_en_doute=len(disjoncteurs.open_ones(conn)),
        retenues=len(retenues.current(conn, TOUT, at)),
        annuaire_du=annuaire.annuaire_du(conn),
        processus=conn.execute(select(func.count()).select_from(processus)).scalar_one(),
        delais=delais.lately(conn, at),
        recus=delais.received(conn, at),
        feuilles=tuple(feuilles.states(conn, compilateur).values()),
    )


def _flux_by_statut(conn: Connection) -> tuple[tuple[str, str, int], ...]:
    keys = (flux.c.nature, flux.c.statut)
    query = select(*keys, func.count()).group_by(*keys).order_by(*keys)
    return tuple((row[0], row[1], row[2]) for row in conn.execute(query))


def _factures_by_statut(conn: Connection) -> tuple[tuple[str, int], ...]:
    key = facture.c.statut
    query = select(key, func.count()).group_by(key).order_by(key)
    return tuple((row[0], row[1]) for row in conn.execute(query))


def _alerts(conn: Connection) -> tuple[tuple[str, int], ...]:
    told = Counter(one.gravite.value for one in alertes.current(conn) if one.ouverte_le is not None)
    return tuple((gravite.value, told[gravite.value]) for gravite in Gravite)


def conservation(conn: Connection) -> tuple[int, int]:
    """What was received and is neither decided nor under way: flux, invoices. Nothing, unless we lose."""
    received = select(func.count()).select_from(flux_statut).where(flux_statut.c.avant.is_(None))
    stands = select(func.count()).where(flux.c.statut.in_([statut.name for statut in FluxStatut]))
    return conn.execute(received).scalar_one() - conn.execute(stands).scalar_one(), _lost_invoices(conn)


def queues(conn: Connection, at: datetime, portee: Portee) -> tuple[Queue, ...]:
    """What waits, by sender and stage."""
    open_ = select(flux.c.appli, flux.c.statut, func.count(), _oldest(flux.c.recu_le))
    open_ = open_.where(flux.c.statut.in_(_OPEN), within(portee, flux.c.appli)).group_by(
        flux.c.appli, flux.c.statut
    )
    found = [Queue(*row) for row in conn.execute(open_)]
    # A return flow that is still being filled waits for its hour, not for us.
    since = func.coalesce(emission.c.pas_avant, emission.c.cree_le, type_=Instant())
    booked = select(emission.c.appli, func.count(), _oldest(since)).group_by(emission.c.appli)
    booked = booked.where(within(portee, emission.c.appli))
    # IN, as for findings below: grouped along the index of partners, all of them ever booked would be read.
    left = select(emission.c.id).where(emission.c.emis_le.is_(None))
    due = or_(emission.c.pas_avant.is_(None), emission.c.pas_avant <= at)
    ready = booked.where(emission.c.id.in_(left), due)
    to_put = select(livraison.c.emission_id).where(livraison.c.livre_le.is_(None))
    put = booked.where(emission.c.id.in_(to_put), emission.c.emis_le.is_not(None))
    incomplete = select(reception.c.appli, func.count(), _oldest(reception.c.vu_le)).where(
        reception.c.ticket == "", within(portee, reception.c.appli)
    )
    stages = {"EMISSION": ready, "LIVRAISON": put, "RECEPTION": incomplete.group_by(reception.c.appli)}
    for etape, query in stages.items():
        found += [Queue(appli, etape, many, oldest) for appli, many, oldest in conn.execute(query)]
    return tuple(sorted(found))


def _oldest(instant: ColumnElement[datetime | None]) -> ColumnElement[datetime | None]:
    return func.min(instant, type_=Instant())


def _findings(conn: Connection, since: datetime) -> tuple[tuple[str, int, int], ...]:
    # IN, not a join: SQLite would group along the index of codes, through the findings of all times.
    recent = select(flux.c.id).where(flux.c.recu_le >= since)
    many = func.count()
    query = (
        select(finding.c.code, finding.c.severity, many)
        .where(finding.c.flux_id.in_(recent))
        .group_by(finding.c.code, finding.c.severity)
        .order_by(many.desc(), finding.c.code)
    )
    return tuple((row[0], row[1], row[2]) for row in conn.execute(query))


def _lost_invoices(conn: Connection) -> int:
    told = func.sum(flux.c.recues - flux.c.acceptees - flux.c.rejetees)
    query = select(told).where(flux.c.statut.in_(_COUNTED), flux.c.recues.is_not(None))
    return int(conn.execute(query).scalar_one() or 0)
