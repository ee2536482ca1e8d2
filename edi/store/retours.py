"""Queries on what destinataires say: which invoice they mean, what they said of it before."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from edi.model import SIREN, SIRET, FactureDeposee, FactureStatut
from edi.store.factures import from_row
from edi.store.tables import facture, facture_statut, facture_unique


def accepted(
    conn: Connection, fournisseurs: Collection[str], numero: str, annee: int | None, siren: str = ""
) -> list[FactureDeposee]:
    """The accepted invoices of a number, by their seller as the register names it; any year when None.

    ``siren``: all that is known of the seller; whichever establishment of it sold. Their rows are locked
    until commit.
    """
    seller: ColumnElement[bool] = facture_unique.c.fournisseur.in_(fournisseurs)
    if siren:
        named = and_(facture.c.fournisseur_type.in_((SIRET, SIREN)), facture.c.fournisseur.startswith(siren))
        seller = or_(seller, named)
    query = (
        select(facture)
        .join(facture_unique, facture_unique.c.facture_id == facture.c.id)
        .where(seller, facture_unique.c.numero == numero)
        .order_by(facture.c.id)
        .with_for_update(of=facture)
    )
    if annee is not None:
        query = query.where(facture_unique.c.annee == annee)
    return [from_row(row) for row in conn.execute(query)]


def said(conn: Connection, facture_id: int) -> list[tuple[FactureStatut, datetime]]:
    """The statuts of an invoice with the instant each was taken, the destinataire's own where it told one."""
    query = (
        select(facture_statut.c.apres, facture_statut.c.fait_le, facture_statut.c.le)
        .where(facture_statut.c.facture_id == facture_id)
        .order_by(facture_statut.c.id)
    )
    return [(FactureStatut[row.apres], row.fait_le or row.le) for row in conn.execute(query)]
