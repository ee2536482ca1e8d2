"""Sample invoices in the mixed flow E2 (CPPFactureMixte): minimal data, and the invoice itself as a PDF."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from lxml import etree

from edi.samples.brouillon import Brouillon


class Enveloppe(NamedTuple):
    """Who sends what, and when it was produced."""

    emetteur: str  # code appli
    id_flux: str
    produit_le: date


def build_mixte(brouillons: Sequence[Brouillon], enveloppe: Enveloppe) -> etree._Element:
    """The document that holds these invoices, in this order."""
    root = etree.Element("CPPFactureMixte")
    _add_enveloppe(root, enveloppe)
    factures = _add(root, "CPPFactures", Compteur=str(len(brouillons)))
    for rank, brouillon in enumerate(brouillons, 1):
        _add_facture(factures, rank, brouillon)
    return root


def _add(parent: etree._Element, name: str, text: str = "", **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, name, attributes)
    child.text = text or None
    return child


def _add_enveloppe(root: etree._Element, enveloppe: Enveloppe) -> None:
    unit = _add(_add(root, "Enveloppe"), "EnveloppeUnitaire", NumOrdre="1")
    parameters = _add(unit, "Parametres")
    values = {"DtPrd": enveloppe.produit_le.isoformat(), "IdFlx": enveloppe.id_flux}
    for rank, (code, value) in enumerate(values.items(), 1):
        parameter = _add(parameters, "ParametreIndiv", NumOrdre=f"{rank:04d}")
        _add(parameter, "Code", code)
        _add(parameter, "Valeurparametre", value)
    partners = _add(unit, "Partenaires")
    _add(_add(partners, "Recepteur"), "Id", "CPP001")
    _add(_add(partners, "Emetteur"), "Id", enveloppe.emetteur)


def _add_facture(factures: etree._Element, rank: int, brouillon: Brouillon) -> None:
    unit = _add(factures, "CPPFactureMixteUnitaire", NumOrdre=str(rank))
    seller = _add(unit, "Fournisseur")
    _add(seller, "TypeIdentifiant", brouillon.fournisseur.type)
    _add(seller, "Identifiant", brouillon.fournisseur.identifiant)
    _add(seller, "RaisonSociale", brouillon.fournisseur.nom)
    _add(seller, "CodePays", brouillon.fournisseur.pays)
    buyer = _add(unit, "Debiteur")
    _add(buyer, "TypeIdentifiant", brouillon.destinataire.type)
    _add(buyer, "Identifiant", brouillon.destinataire.identifiant)
    _add(buyer, "Nom", brouillon.destinataire.nom)
    if brouillon.service:
        _add(buyer, "CodeService", brouillon.service)
        _add(buyer, "NomService", brouillon.nom_service)
    _add_donnees(unit, brouillon)
    for position, piece in enumerate(brouillon.pieces_jointes, 1):
        attachment = _add(unit, "PJ", NumOrdre=str(position))
        _add(attachment, "Contenu", piece.texte)
        _add(attachment, "NomPJ", piece.nom)
        _add(attachment, "TypePJ", piece.type)
        _add(attachment, "MimeTypePJ", piece.mime)


def _add_donnees(unit: etree._Element, brouillon: Brouillon) -> None:
    data = _add(unit, "DonneesFacture")
    _add(data, "Id", brouillon.numero)
    _add(data, "Type", brouillon.type)
    _add(data, "Cadre", brouillon.cadre)
    _add(data, "DateEmissionFacture", brouillon.date)
    # An avoir says nothing of its payment.
    _add(_add(data, "ModePaiement"), "Code", "" if brouillon.est_avoir else "30")
    _add(data, "Devise", brouillon.devise)
    amounts = _add(data, "Montants")
    _add(amounts, "MontantHT", brouillon.ht)
    _add(amounts, "MontantTTC", brouillon.ttc)
    _add(amounts, "MontantNetAPayer", brouillon.net)
    recap = _add(data, "TVAS")
    for row in brouillon.recap:
        rate = _add(recap, "TVA")
        _add(rate, "Taux", row.taux)
        _add(rate, "BaseHt", row.base)
        _add(rate, "MontantTVA", row.montant)
    if brouillon.marche or brouillon.engagement:
        references = _add(data, "Engagement")
        _add(references, "NumeroMarche", brouillon.marche)
        _add(references, "NumeroEngagement", brouillon.engagement)
