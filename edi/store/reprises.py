"""Queries on invoices that are taken up again: recycled, completed, acknowledged."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from edi.model import (
    Acheminement,
    FactureDeposee,
    FactureStatut,
    Identifiant,
    Nature,
    Partie,
    PieceAjoutee,
    RepriseFaite,
)
from edi.model.journal import GenreEcriture
from edi.store import journal, suivis
from edi.store.chunks import in_chunks
from edi.store.factures import from_row
from edi.store.tables import acquittement, facture, facture_statut, piece_ajoutee, suivi
from edi.store.tables import reprise as table


class Nouvelle(NamedTuple):
    """An invoice about to be taken up again; ``vers`` is where it goes from now on."""

    facture_id: int
    nature: Nature
    vers: Acheminement | None = None  # None: where it went before
    flux_id: int | None = None
    fichier: str = ""
    rang: int = 0
    par: str = ""
    commentaire: str = ""
    pieces: tuple[PieceAjoutee, ...] = ()


def record(conn: Connection, one: Nouvelle, at: datetime) -> int:
    """Record that an invoice is taken up again, and send it where it goes now; the id of the reprise."""
    known = conn.execute(select(facture).where(facture.c.id == one.facture_id)).one()
    row = {
        **{name: getattr(one, name) for name in "facture_id flux_id fichier rang par commentaire".split()},
        "nature": one.nature.name,
        "le": at,
        **{name: getattr(known, name) for name in _ACHEMINEMENT},
    }
    reprise_id = int(conn.execute(insert(table).values(row).returning(table.c.id)).scalar_one())
    journal.tell(conn, GenreEcriture.REPRISE, [reprise_id])
    if one.pieces:
        conn.execute(
            insert(piece_ajoutee), [{"reprise_id": reprise_id, **piece._asdict()} for piece in one.pieces]
        )
    if one.vers is not None:
        conn.execute(update(facture).where(facture.c.id == one.facture_id).values(_as_row(one.vers)))
    return reprise_id


_ACHEMINEMENT = ("destinataire_type", "destinataire", "destinataire_nom", "service", "engagement")


def _as_row(vers: Acheminement) -> dict[str, str]:
    (type_, valeur), nom = vers.destinataire.identifiant, vers.destinataire.nom
    values = (type_, valeur, nom, vers.service, vers.engagement)
    return dict(zip(_ACHEMINEMENT, values, strict=True))


def _acheminement(row: Row[Any]) -> Acheminement:
    destinataire = Partie(Identifiant(row.destinataire_type, row.destinataire), row.destinataire_nom)
    return Acheminement(destinataire, row.service, row.engagement)


def of_facture(conn: Connection, facture_id: int) -> tuple[RepriseFaite, ...]:
    """Every time an invoice was taken up again, oldest first."""
    return _read(conn, select(table).where(table.c.facture_id == facture_id).order_by(table.c.id))


def of_flux(conn: Connection, flux_id: int) -> tuple[tuple[RepriseFaite, FactureDeposee], ...]:
    """The invoices that a delivery took up again, each with the invoice as it is now, in its order."""
    found = _read(conn, select(table).where(table.c.flux_id == flux_id).order_by(table.c.id))
    kept: dict[int, FactureDeposee] = {}
    for some in in_chunks({one.facture_id for one in found}):
        for row in conn.execute(select(facture).where(facture.c.id.in_(some))):
            kept[row.id] = from_row(row)
    return tuple((one, kept[one.facture_id]) for one in found)


def _read(conn: Connection, query: Select[Any]) -> tuple[RepriseFaite, ...]:
    rows = conn.execute(query).all()
    pieces: dict[int, list[PieceAjoutee]] = {}
    for some in in_chunks({row.id for row in rows}):
        added = select(piece_ajoutee).where(piece_ajoutee.c.reprise_id.in_(some)).order_by(piece_ajoutee.c.id)
        for row in conn.execute(added):
            one = PieceAjoutee(row.nom, row.mime, row.sha256, row.taille)
            pieces.setdefault(row.reprise_id, []).append(one)
    return tuple(
        RepriseFaite(
            row.id,
            row.facture_id,
            Nature[row.nature],
            row.le,
            row.flux_id,
            row.fichier,
            row.rang,
            row.par,
            row.commentaire,
            _acheminement(row),
            tuple(pieces.get(row.id, ())),
        )
        for row in rows
    )


def count_of_flux(conn: Connection, flux_id: int) -> int:
    """How many invoices a delivery took up again."""
    return int(conn.execute(select(func.count()).where(table.c.flux_id == flux_id)).scalar_one())


def bringers(conn: Connection, facture_ids: Collection[int]) -> dict[int, tuple[int, ...]]:
    """The flux_list that brought each of these invoices back, oldest first."""
    found: dict[int, tuple[int, ...]] = {}
    for some in in_chunks(facture_ids):
        query = select(table.c.facture_id, table.c.flux_id).where(table.c.facture_id.in_(some))
        for row in conn.execute(query.where(table.c.flux_id.is_not(None)).order_by(table.c.id)):
            found[row.facture_id] = (*found.get(row.facture_id, ()), row.flux_id)
    return found


def last_of(conn: Connection, facture_ids: Collection[int]) -> dict[int, int | None]:
    """The last time each of these invoices was taken up again; None: never. In the order that was given."""
    found: dict[int, int | None] = dict.fromkeys(facture_ids)
    for some in in_chunks(facture_ids):
        query = select(table.c.facture_id, func.max(table.c.id).label("last"))
        for row in conn.execute(query.where(table.c.facture_id.in_(some)).group_by(table.c.facture_id)):
            found[row.facture_id] = row.last
    return found


def touch_bringers(conn: Connection, facture_ids: Collection[int]) -> None:
    """Say that the flux_list which brought these invoices back have something new to tell."""
    for some in in_chunks(facture_ids):
        bringers = select(table.c.flux_id).where(table.c.facture_id.in_(some), table.c.flux_id.is_not(None))
        conn.execute(update(suivi).where(suivi.c.flux_id.in_(bringers)).values(revision=suivi.c.revision + 1))


# -- what was seen ----------------------------------------------------------------------------------------


class Acquittement(NamedTuple):
    """That a rejection, or a suspension, was seen by who deposited the invoice."""

    statut: FactureStatut
    le: datetime
    par: str


def acknowledge(conn: Connection, facture_id: int, statut: FactureStatut, at: datetime, par: str) -> bool:
    """Record that a statut was seen; False when it had been since the invoice last took it."""
    taken = select(func.max(facture_statut.c.le)).where(
        facture_statut.c.facture_id == facture_id, facture_statut.c.apres == statut.name
    )
    since = conn.execute(taken).scalar_one()
    if any(one.statut is statut and one.le >= since for one in acknowledgements(conn, facture_id)):
        return False
    row = {"facture_id": facture_id, "vu": statut.name, "le": at, "par": par}
    made = conn.execute(insert(acquittement).values(row).returning(acquittement.c.id)).scalar_one()
    journal.tell(conn, GenreEcriture.ACQUITTEMENT, [made])
    suivis.touch_of_factures(conn, [facture_id])
    return True


def seen_of_flux(conn: Connection, flux_id: int) -> dict[int, datetime]:
    """When the statut that each invoice of a delivery shows was acknowledged, where it was."""
    taken = (
        select(facture_statut.c.facture_id, func.max(facture_statut.c.le).label("le"))
        .join(facture, facture.c.id == facture_statut.c.facture_id)
        .where(facture.c.flux_id == flux_id, facture_statut.c.apres == facture.c.statut)
        .group_by(facture_statut.c.facture_id)
        .subquery()
    )
    query = (
        select(acquittement.c.facture_id, acquittement.c.le)
        .join(facture, facture.c.id == acquittement.c.facture_id)
        .join(taken, taken.c.facture_id == facture.c.id)
        .where(acquittement.c.vu == facture.c.statut, acquittement.c.le >= taken.c.le)
    )
    return {row.facture_id: row.le for row in conn.execute(query)}


def acknowledgements(conn: Connection, facture_id: int) -> Sequence[Acquittement]:
    """What was seen of an invoice, oldest first."""
    query = select(acquittement).where(acquittement.c.facture_id == facture_id).order_by(acquittement.c.id)
    return [Acquittement(FactureStatut[row.vu], row.le, row.par) for row in conn.execute(query)]
