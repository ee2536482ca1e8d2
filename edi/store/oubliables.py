"""Queries on received bytes: which may be forgotten, and what keeps the others.

Bytes belong to the flux that brought them, and to the flux of an invoice that was given them by hand. Several
flux may have brought the same: they go when the last of these flux may let go of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    and_,
    case,
    exists,
    false,
    func,
    or_,
    select,
    union_all,
)

from edi.model import FactureStatut, FluxStatut
from edi.store.livraisons import TO_DELIVER
from edi.store.tables import (
    emission,
    envoi,
    facture,
    flux,
    gel,
    livraison,
    oubli,
    piece_ajoutee,
    reprise,
    suivi,
)

REFUSED = [FluxStatut.REJETE.name, FluxStatut.IRRECEVABLE.name]
_OPEN = [statut.name for statut in FluxStatut if statut.en_cours]
# An invoice on its way, or that may come back: its bytes are still needed.
_ALIVE = [
    FactureStatut.EN_COURS_ACHEMINEMENT.name,
    FactureStatut.A_RECYCLER.name,
    FactureStatut.SUSPENDUE.name,
]


@dataclass(frozen=True, slots=True)
class Portee:
    """What is old enough: flux received before an instant (None: none), and what must stay for all that."""

    originaux: datetime | None
    refuses: datetime | None
    tickets: tuple[str, ...] = ()  # of flux whose file lies in quarantine or aside


class Octets(NamedTuple):
    """Bytes that a flux brought, or was given."""

    flux_id: int
    sha256: str
    taille: int
    recu_le: datetime
    refuse: bool  # brought by a flux that was refused as a whole


def _is_old(f: FromClause, portee: Portee) -> ColumnElement[bool]:
    refused, kept = f.c.statut.in_(REFUSED), f.c.statut.not_in(REFUSED)
    parts = []
    if portee.originaux is not None:
        parts.append(and_(kept, f.c.recu_le < portee.originaux))
    if portee.refuses is not None:
        parts.append(and_(refused, f.c.recu_le < portee.refuses))
    return or_(false(), *parts)


def _holds(f: FromClause, portee: Portee) -> dict[str, ColumnElement[bool]]:
    """Why a flux keeps its bytes whatever their age, in French -> when."""
    mine = emission.c.flux_id == f.c.id
    alive = facture.c.statut.in_(_ALIVE)
    return {
        "en cours": f.c.statut.in_(_OPEN),
        "gelé": exists().where(gel.c.flux_id == f.c.id, gel.c.leve_le.is_(None)),
        "réponse à émettre": exists().where(mine, emission.c.emis_le.is_(None)),
        "réponse à livrer": or_(
            exists().where(mine, livraison.c.emission_id == emission.c.id, TO_DELIVER),
            exists().where(envoi.c.flux_id == f.c.id, envoi.c.livre_le.is_(None)),
        ),
        "suivi à dire": exists().where(suivi.c.flux_id == f.c.id, suivi.c.revision != suivi.c.dite),
        "facture en cours chez son destinataire": or_(
            exists().where(facture.c.flux_id == f.c.id, alive),
            exists().where(reprise.c.flux_id == f.c.id, facture.c.id == reprise.c.facture_id, alive),
        ),
        "en quarantaine": f.c.ticket.in_(portee.tickets) if portee.tickets else false(),
    }


def _may_go(f: FromClause, portee: Portee) -> ColumnElement[bool]:
    return and_(_is_old(f, portee), ~or_(*_holds(f, portee).values()))


def _is_forgotten(flux_id: ColumnElement[int], sha256: ColumnElement[str]) -> ColumnElement[bool]:
    return exists().where(oubli.c.flux_id == flux_id, oubli.c.sha256 == sha256)


def needed(sha256: ColumnElement[str], portee: Portee | None) -> ColumnElement[bool]:
    """Does a flux keep these bytes? ``portee`` None: any flux that has not forgotten them does."""
    f, p, owner = flux.alias("f2"), piece_ajoutee.alias("p2"), facture.alias("o2")
    r = reprise.alias("r2")
    stays = [~_may_go(f, portee)] if portee is not None else []
    lots = exists().where(f.c.sha256 == sha256, ~_is_forgotten(f.c.id, f.c.sha256), *stays)
    pieces = exists().where(
        p.c.sha256 == sha256,
        r.c.id == p.c.reprise_id,
        owner.c.id == r.c.facture_id,
        f.c.id == owner.c.flux_id,
        ~_is_forgotten(f.c.id, p.c.sha256),
        *stays,
    )
    return or_(lots, pieces)


def _used(shas: Sequence[str] | None = None) -> Any:
    """Every (flux, bytes) that is not forgotten, of some bytes or of all, as one selectable."""
    refused = case((flux.c.statut.in_(REFUSED), 1), else_=0)
    columns = (flux.c.id.label("flux_id"), flux.c.recu_le, refused.label("refuse"))
    lots = select(*columns, flux.c.sha256, flux.c.taille).where(
        flux.c.sha256 != "", ~_is_forgotten(flux.c.id, flux.c.sha256)
    )
    pieces = (
        select(*columns, piece_ajoutee.c.sha256, piece_ajoutee.c.taille)
        .join(facture, facture.c.flux_id == flux.c.id)
        .join(reprise, reprise.c.facture_id == facture.c.id)
        .join(piece_ajoutee, piece_ajoutee.c.reprise_id == reprise.c.id)
        .where(~_is_forgotten(flux.c.id, piece_ajoutee.c.sha256))
    )
    if shas is not None:
        lots = lots.where(flux.c.sha256.in_(shas))
        pieces = pieces.where(piece_ajoutee.c.sha256.in_(shas))
    return union_all(lots, pieces).subquery("used")


def free(conn: Connection, portee: Portee, shas: Sequence[str] | None = None) -> list[Octets]:
    """What may be forgotten now, the oldest first; bytes that several flux brought come with all of these.

    ``shas``: these bytes alone.
    """
    used = _used(shas)
    query = (
        select(used.c.flux_id, used.c.sha256, used.c.taille, used.c.recu_le, used.c.refuse)
        .distinct()
        .join(flux, flux.c.id == used.c.flux_id)
        .where(_may_go(flux, portee), ~needed(used.c.sha256, portee))
    )
    rows = [Octets(row[0], row[1], row[2], row[3], bool(row[4])) for row in conn.execute(query)]
    return sorted(rows, key=lambda one: (one.recu_le, one.flux_id, one.sha256))


def kept_back(conn: Connection, portee: Portee) -> dict[tuple[bool, str], int]:
    """The flux that are old enough and keep their bytes: (refused as a whole, why in French) -> how many."""
    refused = case((flux.c.statut.in_(REFUSED), 1), else_=0)
    found: dict[tuple[bool, str], int] = {}
    there = and_(flux.c.sha256 != "", ~_is_forgotten(flux.c.id, flux.c.sha256), _is_old(flux, portee))
    cases = _holds(flux, portee)
    cases["mêmes octets qu'un flux à garder"] = and_(_may_go(flux, portee), needed(flux.c.sha256, portee))
    for why, hold in cases.items():
        query = select(refused, func.count()).where(there, hold).group_by(refused)
        for is_refused, many in conn.execute(query):
            found[bool(is_refused), why] = many
    return found


def held(conn: Connection) -> dict[bool, tuple[int, int, datetime]]:
    """Bytes of the store by whether their flux was refused: (how many, bytes, the oldest since)."""
    used = _used()
    each = (
        select(
            func.min(used.c.refuse).label("refuse"),
            func.max(used.c.taille).label("taille"),
            func.min(used.c.recu_le).label("recu_le"),
        )
        .group_by(used.c.sha256)
        .subquery("each")
    )
    query = select(each.c.refuse, func.count(), func.sum(each.c.taille), func.min(each.c.recu_le))
    return {
        bool(row[0]): (row[1], int(row[2]), row[3]) for row in conn.execute(query.group_by(each.c.refuse))
    }
