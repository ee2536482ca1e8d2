"""Queries on what a report of a run tells of, and the figures that are kept with the run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import Connection, and_, case, exists, func, insert, or_, select

from edi.model import FactureStatut, Finding, Flux, FluxStatut, Severity
from edi.store.chunks import in_chunks
from edi.store.factures import read_finding
from edi.store.flux import from_row
from edi.store.tables import (
    emission,
    facture,
    finding,
    flux,
    livraison,
    passage,
    passage_bilan,
    passage_flux,
    reprise,
)

_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]
_REJECTED = FactureStatut.NON_CONFORME.name


class FluxVu(NamedTuple):
    """One delivery that a report tells of."""

    flux: Flux
    reporte: bool = False  # an earlier report had told of it, as under way
    derniere: int = 0  # its invoices up to this id were told by that report


class Decidees(NamedTuple):
    """Decided invoices of one fournisseur in one delivery."""

    flux_id: int
    fournisseur: str
    nom: str
    rejetees: bool
    avant: bool  # told by an earlier report
    factures: int


class Rejetee(NamedTuple):
    """A rejected invoice."""

    id: int
    flux_id: int
    fichier: str
    numero: str
    type: str
    fournisseur: str
    nom: str
    devise: str
    ttc: Decimal | None


class Constat(NamedTuple):
    """What blocks an invoice, or a whole file or flux (None)."""

    flux_id: int
    facture_id: int | None
    fichier: str
    finding: Finding


# -- what a run is about ----------------------------------------------------------------------------------


def flux_of_run(
    conn: Connection, tache: str, applis: Collection[str], passage_id: int, since: datetime
) -> list[FluxVu]:
    """The deliveries of invoices that the report of a run tells of, in order of arrival.

    Those that no report of this job has told of: received since an instant, or under way. And those that
    its last report told of as under way.
    """
    before = _last_told(conn, tache, passage_id)
    carried = dict(
        conn.execute(
            select(passage_flux.c.flux_id, passage_flux.c.derniere).where(
                passage_flux.c.passage_id == before, passage_flux.c.ouvert
            )
        ).all()
        if before
        else ()
    )
    told = exists().where(
        passage_flux.c.flux_id == flux.c.id,
        passage_flux.c.passage_id == passage.c.id,
        passage.c.tache == tache,
    )
    new = and_(
        or_(flux.c.recu_le > since, flux.c.statut.in_(_OPEN)),
        flux.c.appli.in_(sorted(applis)),
        flux.c.nature == "factures",
        ~told,
    )
    found = [FluxVu(from_row(row)) for row in conn.execute(select(flux).where(new))]
    for some in in_chunks(carried):
        rows = conn.execute(select(flux).where(flux.c.id.in_(some)))
        found += [FluxVu(from_row(row), True, carried[row.id]) for row in rows]
    return sorted(found, key=lambda vu: vu.flux.id)


def _last_told(conn: Connection, tache: str, passage_id: int) -> int | None:
    query = select(func.max(passage_bilan.c.passage_id)).where(
        passage_bilan.c.tache == tache, passage_bilan.c.passage_id < passage_id
    )
    found: int | None = conn.execute(query).scalar_one()
    return found


# -- what became of it ------------------------------------------------------------------------------------


def decided(conn: Connection, vus: Collection[FluxVu]) -> list[Decidees]:
    """How many invoices of these deliveries are decided, by fournisseur and outcome."""
    found: list[Decidees] = []
    rejected, ways = (
        facture.c.statut == _REJECTED,
        ((False, False), (False, True), (True, False), (True, True)),
    )
    for derniere, some in _by_cursor(vus):
        before = facture.c.id <= derniere
        sums = [
            func.sum(case((and_(rejected if bad else ~rejected, before if told else ~before), 1), else_=0))
            for bad, told in ways
        ]
        query = (
            select(facture.c.flux_id, facture.c.fournisseur, func.max(facture.c.fournisseur_nom), *sums)
            .where(facture.c.flux_id.in_(some), facture.c.statut != "")
            .group_by(facture.c.flux_id, facture.c.fournisseur)
        )
        for row in conn.execute(query):
            counted = zip(ways, row[3:], strict=True)
            found += [
                Decidees(row[0], row[1], row[2], bad, told, int(many))
                for (bad, told), many in counted
                if many
            ]
    return sorted(found)


def taken_up(conn: Connection, vus: Collection[FluxVu]) -> list[Decidees]:
    """How many accepted invoices these deliveries brought back, by fournisseur."""
    found: list[Decidees] = []
    for some in in_chunks({vu.flux.id for vu in vus}):
        query = (
            select(
                reprise.c.flux_id, facture.c.fournisseur, func.max(facture.c.fournisseur_nom), func.count()
            )
            .join(facture, facture.c.id == reprise.c.facture_id)
            .where(reprise.c.flux_id.in_(some))
            .group_by(reprise.c.flux_id, facture.c.fournisseur)
        )
        found += [Decidees(row[0], row[1], row[2], False, False, row[3]) for row in conn.execute(query)]
    return sorted(found)


def rejected(conn: Connection, vus: Collection[FluxVu]) -> list[Rejetee]:
    """The invoices of these deliveries that were rejected and that no report has told of."""
    found: list[Rejetee] = []
    columns = [facture.c.fournisseur_nom if name == "nom" else facture.c[name] for name in Rejetee._fields]
    for derniere, some in _by_cursor(vus):
        query = select(*columns).where(facture.c.flux_id.in_(some), facture.c.statut == _REJECTED)
        rows = conn.execute(query.where(facture.c.id > derniere))
        found += [Rejetee(*row) for row in rows]
    return sorted(found)


def blocking(conn: Connection, vus: Collection[FluxVu], rejetees: Sequence[Rejetee]) -> list[Constat]:
    """What blocks these invoices, and what was found in the files and flux_list that nobody could read."""
    found: list[Constat] = []
    told = and_(finding.c.severity >= int(Severity.ERROR), finding.c.leve_le.is_(None))
    wanted = (
        (finding.c.facture_id, {one.id for one in rejetees}),
        (finding.c.flux_id, {vu.flux.id for vu in vus if not vu.flux.statut.en_cours}),
    )
    for column, ids in wanted:
        alone = finding.c.facture_id.is_(None) if column is finding.c.flux_id else column.is_not(None)
        for some in in_chunks(ids):
            rows = conn.execute(select(finding).where(column.in_(some), alone, told).order_by(finding.c.id))
            found += [Constat(row.flux_id, row.facture_id, row.fichier, read_finding(row)) for row in rows]
    return found


def _by_cursor(vus: Collection[FluxVu]) -> list[tuple[int, list[int]]]:
    """Ids of deliveries, many at a time where nothing of them was told before."""
    new = [(0, some) for some in in_chunks({vu.flux.id for vu in vus if not vu.derniere})]
    return [*new, *((vu.derniere, [vu.flux.id]) for vu in vus if vu.derniere)]


def redelivered(conn: Connection, vus: Collection[FluxVu]) -> int:
    """How many return flows of these deliveries a server took only at a second try, or has not yet."""
    total = 0
    for some in in_chunks({vu.flux.id for vu in vus}):
        query = select(func.count()).select_from(livraison).join(emission)
        query = query.where(emission.c.flux_id.in_(some), livraison.c.essais > 1)
        total += int(conn.execute(query).scalar_one())
    return total


# -- keeping ----------------------------------------------------------------------------------------------


def keep(
    conn: Connection, passage_id: int, tache: str, at: datetime, contenu: str, vus: Sequence[FluxVu]
) -> None:
    """Keep the figures of a run, and which deliveries they tell of."""
    row = {"passage_id": passage_id, "tache": tache, "le": at, "contenu": contenu}
    conn.execute(insert(passage_bilan).values(row))
    last = _last_invoices(conn, [vu.flux.id for vu in vus if vu.flux.statut.en_cours])
    rows = [
        {
            "passage_id": passage_id,
            "flux_id": vu.flux.id,
            "ouvert": vu.flux.statut.en_cours,
            "derniere": last.get(vu.flux.id, 0),
        }
        for vu in vus
    ]
    if rows:
        conn.execute(insert(passage_flux), rows)


def _last_invoices(conn: Connection, ids: Collection[int]) -> Mapping[int, int]:
    found: dict[int, int] = {}
    for some in in_chunks(ids):
        query = select(facture.c.flux_id, func.max(facture.c.id)).where(facture.c.flux_id.in_(some))
        found |= {row[0]: row[1] for row in conn.execute(query.group_by(facture.c.flux_id))}
    return found


def kept(conn: Connection, passage_id: int) -> str | None:
    """The figures of a run; None when none are kept."""
    query = select(passage_bilan.c.contenu).where(passage_bilan.c.passage_id == passage_id)
    return conn.execute(query).scalar_one_or_none()


def find(conn: Connection, tache: str, jour: date | None, passage_id: int) -> str | None:
    """The figures of the last run that is meant; '', None and 0 mean any."""
    query = select(passage_bilan.c.contenu).join(passage)
    if tache:
        query = query.where(passage.c.tache == tache)
    if jour is not None:
        query = query.where(passage.c.jour == jour)
    if passage_id:
        query = query.where(passage.c.id == passage_id)
    return conn.execute(query.order_by(passage_bilan.c.passage_id.desc()).limit(1)).scalar_one_or_none()


def latest(conn: Connection, tache: str, before: int, many: int) -> list[tuple[datetime, str]]:
    """The figures of the last runs of a job before one of them, the most recent first."""
    query = select(passage_bilan.c.le, passage_bilan.c.contenu).where(
        passage_bilan.c.tache == tache, passage_bilan.c.passage_id < before
    )
    rows = conn.execute(query.order_by(passage_bilan.c.passage_id.desc()).limit(many))
    return [(row[0], row[1]) for row in rows]
