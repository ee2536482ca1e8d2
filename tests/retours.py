"""What a destinataire sends, as its own software would write it: statuts, integration reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from edi.espace import Espace
from edi.model import FactureDeposee, Identifiant, Partie
from edi.outbound.cpp_statut import (
    Enveloppe,
    LigneErreur,
    Partenaire,
    StatutFacture,
    StatutFlux,
    write_facture_statuts,
    write_flux_statut,
)
from edi.samples import world
from edi.store import factures


def write_retour(espace: Espace, code: str, id_flux: str, depot: dict[str, Any]) -> bytes:
    """The CPPStatut that an event of a story describes: ``statuts`` of invoices, or ``accuses`` of a flux."""
    enveloppe = Enveloppe(
        depot.get("produit_le", espace.now().date()), id_flux, Partenaire("CPP001"), Partenaire(code)
    )
    if "accuses" in depot:
        (accuse,) = depot["accuses"]
        lignes = [LigneErreur("Fonctionnelle", "ERR", text, "") for text in accuse.get("erreurs", [])]
        statut = StatutFlux(
            accuse["statut"], "", accuse.get("motif", ""), espace.now(), accuse["flux"], lignes
        )
        return write_flux_statut(enveloppe, statut)
    return write_facture_statuts(enveloppe, [_statut(espace, told) for told in depot["statuts"]])


def _statut(espace: Espace, told: dict[str, Any]) -> StatutFacture:
    known = _find(espace, told["facture"])
    nobody = Partie(Identifiant("1", world.BREST.identifiant.valeur))
    return StatutFacture(
        fournisseur=Partie(world.KERVADEC.identifiant, world.KERVADEC.nom, "FR"),
        debiteur=known.destinataire if known else nobody,
        service="",
        id_statut=told["statut"],
        complement=told.get("complement", ""),
        commentaire=told.get("motif", ""),
        horodatage=datetime.fromisoformat(told["le"]) if "le" in told else espace.now(),
        numero=told["facture"],
        date=_day(told, known),
        mandat=told.get("mandat", ""),
    )


def _day(told: dict[str, Any], known: FactureDeposee | None) -> date | None:
    if told.get("sans_date"):
        return None
    return told.get("date") or (known.date if known else None)


def _find(espace: Espace, numero: str) -> FactureDeposee | None:
    with espace.engine.begin() as conn:
        _, found = factures.search(conn, text=numero)
    return next((facture for facture, _ in found if facture.numero == numero), None)
