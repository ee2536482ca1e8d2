"""The accepted invoice that came before another: of the same fournisseur, to the same destinataire."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, true

from edi.model import AVOIRS, FactureDeposee, Portee
from edi.store.factures import from_row
from edi.store.portee import within
from edi.store.tables import ACCEPTEE, facture, flux

_VUES = 200  # the last invoices that are looked through: the cost is theirs, however many there are


class Precedente(NamedTuple):
    """An accepted invoice, and how it came."""

    facture: FactureDeposee
    taille: int  # bytes of the delivery that brought it first
    meme_destinataire: bool  # False: there is none to the same, this one went to another


def last_accepted(conn: Connection, portee: Portee, one: FactureDeposee) -> Precedente | None:
    """What was accepted last before an invoice: an avoir before an avoir, a facture before a facture.

    To the same destinataire, be it of the other kind; where there is none, to any. None: nothing that may be
    seen, not lately.
    """
    same = facture.c.fournisseur == one.fournisseur.identifiant.valeur
    before = (
        select(facture.c.id).where(same, facture.c.id < one.id).order_by(facture.c.id.desc()).limit(_VUES)
    )
    to_it = before.where(facture.c.destinataire == one.destinataire.identifiant.valeur, ACCEPTEE)
    avoir: ColumnElement[bool] = facture.c.type.in_(sorted(AVOIRS))
    kind = avoir if one.type in AVOIRS else ~avoir
    for among, wanted, to_same in ((to_it, kind, True), (to_it, true(), True), (before, kind, False)):
        query = (
            select(facture, flux.c.taille)
            .join(flux, flux.c.id == facture.c.flux_id)
            .where(facture.c.id.in_(among.subquery().select()), wanted, ACCEPTEE)
            .where(within(portee, flux.c.appli))
            .order_by(facture.c.id.desc())
        )
        row = conn.execute(query.limit(1)).one_or_none()
        if row is not None:
            return Precedente(from_row(row), row.taille, to_same)
    return None
