"""Queries on invoices that were rejected at deposit, and what a replay writes of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, time
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, bindparam, delete, exists, func, or_, select, update

from edi.model import (
    TOUT,
    Cause,
    Facture,
    FactureDeposee,
    FactureStatut,
    Flux,
    FluxStatut,
    Partie,
    Portee,
    Severity,
)
from edi.store.chunks import in_chunks
from edi.store.factures import from_row
from edi.store.livraisons import TO_DELIVER
from edi.store.masse import write_rows
from edi.store.portee import within
from edi.store.tables import (
    emission,
    facture,
    facture_statut,
    finding,
    flux,
    flux_statut,
    livraison,
    message_cdv,
    rejet,
)

_DECIDED = (FluxStatut.REJETE.name, FluxStatut.INTEGRE_PARTIEL.name)
_REJECTED = and_(facture.c.statut == FactureStatut.NON_CONFORME.name, flux.c.statut.in_(_DECIDED))
_DE_TROP = Decimal(10) ** 17  # cents
_BLOCKING = and_(finding.c.severity >= int(Severity.ERROR), finding.c.leve_le.is_(None))


class Choix(NamedTuple):
    """Which rejected invoices are asked for; '' and None ask for all."""

    depuis: date | None = None  # day of the deposit, included
    appli: str = ""
    code: str = ""  # of a blocking finding
    flux_id: int = 0
    facture_id: int = 0
    cause: str = ""  # code of the finding that decided
    signature: str | None = None  # of that cause; None: any
    fournisseur: str = ""
    portee: Portee = TOUT


class Rejet(NamedTuple):
    """A rejected invoice with what a rule of the registry asks besides."""

    facture: FactureDeposee
    cadre: str
    appli: str


def chosen(
    conn: Connection, choix: Choix, zone: ZoneInfo, limit: int | None = None
) -> dict[int, tuple[int, ...]]:
    """Rejected invoices of decided flux_list: ids by flux, oldest first, so many at most."""
    brought = facture.join(flux, flux.c.id == facture.c.flux_id)
    if choix.cause:
        brought = brought.join(rejet, rejet.c.facture_id == facture.c.id)
    query = select(facture.c.flux_id, facture.c.id).select_from(brought)
    query = query.where(_REJECTED, flux.c.sha256 != "", within(choix.portee, flux.c.appli))
    if choix.depuis is not None:
        query = query.where(flux.c.recu_le >= datetime.combine(choix.depuis, time.min, zone))
    if choix.appli:
        query = query.where(flux.c.appli == choix.appli)
    if choix.code:
        named = and_(finding.c.facture_id == facture.c.id, finding.c.code == choix.code, _BLOCKING)
        query = query.where(exists().where(named))
    if choix.flux_id:
        query = query.where(facture.c.flux_id == choix.flux_id)
    if choix.facture_id:
        query = query.where(facture.c.id == choix.facture_id)
    if choix.fournisseur:
        query = query.where(facture.c.fournisseur == choix.fournisseur)
    if choix.cause:
        query = query.where(rejet.c.code == choix.cause)
        if choix.signature is not None:
            query = query.where(rejet.c.signature == choix.signature)
    found: dict[int, list[int]] = {}
    for row in conn.execute(query.order_by(facture.c.flux_id, facture.c.ordre).limit(limit)):
        found.setdefault(row.flux_id, []).append(row.id)
    return {flux_id: tuple(ids) for flux_id, ids in found.items()}


def blocked_only_by(conn: Connection, codes: Collection[str], limit: int) -> list[Rejet]:
    """Rejected invoices, oldest first, that nothing blocks but these codes."""
    blocking = and_(finding.c.facture_id == facture.c.id, _BLOCKING)
    query = (
        select(facture, flux.c.appli.label("appli"))
        .join(flux)
        .where(_REJECTED, exists().where(blocking))
        .where(~exists().where(blocking, finding.c.code.not_in(sorted(codes))))
        .order_by(facture.c.id)
        .limit(limit)
    )
    return [Rejet(from_row(row), row.cadre, row.appli) for row in conn.execute(query)]


def is_answered(conn: Connection, flux_id: int, ids: Collection[int]) -> bool:
    """True when the report of a delivery, and all that tells these invoices, has left.

    What a replay writes cannot change their bytes any more.
    """
    told = or_(
        exists().where(facture_statut.c.emission_id == emission.c.id, facture_statut.c.facture_id.in_(ids)),
        exists().where(message_cdv.c.emission_id == emission.c.id, message_cdv.c.facture_id.in_(ids)),
    )
    reports = exists().where(flux_statut.c.emission_id == emission.c.id)
    to_deliver = and_(livraison.c.emission_id.is_not(None), TO_DELIVER)
    query = (
        select(emission.c.id)
        .outerjoin(livraison)
        .where(emission.c.flux_id == flux_id, or_(emission.c.emis_le.is_(None), to_deliver))
        .where(or_(told, reports))
    )
    return conn.execute(query.limit(1)).first() is None


class Rejetee(NamedTuple):
    """An invoice that a decision rejects, and why."""

    facture_id: int
    facture: Facture
    cause: Cause


def record(conn: Connection, origin: Flux, rejected: Sequence[Rejetee]) -> None:
    """Enter invoices that are rejected now into what the pages group by cause."""
    rows = [
        {
            "facture_id": one.facture_id,
            "flux_id": origin.id,
            "appli": origin.appli,
            "recu_le": origin.recu_le,
            **one.cause._asdict(),
            "fournisseur": one.facture.fournisseur.identifiant.valeur,
            "devise": one.facture.devise,
            "centimes": count_cents(one.facture.montants.ttc),
        }
        for one in rejected
    ]
    if rows:
        write_rows(conn, rejet, rows)


def forget_mended(conn: Connection, accepted: Sequence[Facture]) -> None:
    """Take out what was rejected and has come again, mended: same fournisseur, number and year."""
    wanted = {_identity(one.fournisseur.identifiant.valeur, one.numero, one.date) for one in accepted}
    columns = (facture.c.id, facture.c.fournisseur, facture.c.numero, facture.c.date)
    query = select(*columns).join(rejet, rejet.c.facture_id == facture.c.id)
    for some in in_chunks({numero for _, numero, _ in wanted if numero}):
        rows = conn.execute(query.where(facture.c.numero.in_(some))).all()
        mended = [row.id for row in rows if _identity(row.fournisseur, row.numero, row.date) in wanted]
        if mended:
            conn.execute(delete(rejet).where(rejet.c.facture_id.in_(mended)))


def _identity(fournisseur: str, numero: str, day: date | None) -> tuple[str, str, int]:
    return fournisseur, numero, day.year if day else 0


def count_cents(ttc: Decimal | None) -> int:
    """An amount in cents, as sums of the database take it; one that no column holds is cut."""
    cents = ((ttc or Decimal()) * 100).to_integral_value(ROUND_HALF_UP)
    return int(min(max(cents, -_DE_TROP), _DE_TROP))


def lift(conn: Connection, ids: Collection[int], at: datetime) -> None:
    """What blocked these invoices no longer does: told as history, and never again as a fault."""
    for some in in_chunks(set(ids)):
        lifted = update(finding).where(finding.c.facture_id.in_(some), _BLOCKING)
        conn.execute(lifted.values(leve_le=at))
        conn.execute(delete(rejet).where(rejet.c.facture_id.in_(some)))


def lifted(conn: Connection, ids: Collection[int]) -> dict[int, list[tuple[str, datetime]]]:
    """The codes that blocked some invoices once, with the instant that lifted them."""
    found: dict[int, list[tuple[str, datetime]]] = {}
    for some in in_chunks(set(ids)):
        query = select(finding).where(finding.c.facture_id.in_(some), finding.c.leve_le.is_not(None))
        for row in conn.execute(query.order_by(finding.c.id)):
            known = found.setdefault(row.facture_id, [])
            if (row.code, row.leve_le) not in known:
                known.append((row.code, row.leve_le))
    return found


def last_replay(conn: Connection, flux_id: int) -> datetime | None:
    """When invoices of a delivery were last accepted by a replay; None: never."""
    last = select(func.max(finding.c.leve_le)).where(finding.c.flux_id == flux_id)
    found: datetime | None = conn.execute(last).scalar_one()
    return found


def name_parties(conn: Connection, parties: Mapping[int, tuple[Partie, Partie]]) -> None:
    """Name fournisseur and destinataire as the registry does today: a SIREN may mean one SIRET now."""
    query = (
        update(facture)
        .where(facture.c.id == bindparam("b_id"))
        .values(
            fournisseur_type=bindparam("f_type"),
            fournisseur=bindparam("f_valeur"),
            destinataire_type=bindparam("d_type"),
            destinataire=bindparam("d_valeur"),
        )
    )
    rows = [
        {"b_id": facture_id, "f_type": f.identifiant.type, "f_valeur": f.identifiant.valeur}
        | {"d_type": d.identifiant.type, "d_valeur": d.identifiant.valeur}
        for facture_id, (f, d) in parties.items()
    ]
    if rows:
        conn.execute(query, rows)
