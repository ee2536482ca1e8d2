"""The writer of CPPStatut: values to bytes, nothing else. Structure: facts §3.1 and §3.2.

Equal values give equal bytes, on any day and on any machine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from lxml import etree

from edi.model import Partie

# Characters that XML 1.0 cannot hold; a sent name may contain some.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


class Partenaire(NamedTuple):
    """One side of an envelope."""

    id: str  # application code
    libelle: str = ""


class Enveloppe(NamedTuple):
    """Who sends what to whom, and when it was produced."""

    produit_le: date
    id_flux: str
    recepteur: Partenaire
    emetteur: Partenaire


class LigneErreur(NamedTuple):
    """One finding as an integration report tells it; nothing is ever cut."""

    nature: str
    code: str
    libelle: str
    description: str


class StatutFlux(NamedTuple):
    """What became of a flux."""

    id_statut: str
    complement: str  # at most 40 characters
    commentaire: str
    horodatage: datetime  # in the zone it must be shown in
    id_flux: str
    lignes: Sequence[LigneErreur] = ()


class StatutFacture(NamedTuple):
    """What became of one invoice."""

    fournisseur: Partie
    debiteur: Partie
    service: str
    id_statut: str
    complement: str
    commentaire: str
    horodatage: datetime
    numero: str
    date: date | None
    producteur: str = ""  # SIRET of the destinataire that gave it; '' when it is ours
    mandat: str = ""  # IdMandatDP


def write_flux_statut(enveloppe: Enveloppe, statut: StatutFlux) -> bytes:
    """An integration report: the branch CPPFluxStatuts with one flux."""
    root = start("CPPStatut", enveloppe)
    unit = add_child(add_child(root, "CPPFluxStatuts", compteur="1"), "CPPFluxStatutUnitaire", NumOrdre="1")
    data = add_child(unit, "DonneesStatut")
    add_leaf(data, "IdStatut", statut.id_statut)
    add_leaf(data, "ComplementStatut", statut.complement)
    add_leaf(data, "Commentaire", statut.commentaire)
    add_leaf(data, "Horodatage", statut.horodatage.isoformat(timespec="seconds"))
    add_leaf(data, "IdFlux", statut.id_flux)
    if statut.lignes:
        details = add_child(data, "Details", NbLignesErreur=str(len(statut.lignes)))
        for rank, ligne in enumerate(statut.lignes, 1):
            line = add_child(details, "LigneErreurDetail", IdLigne=str(rank))
            add_leaf(line, "NatureErreur", ligne.nature)
            add_leaf(line, "CodeErreur", ligne.code)
            add_leaf(line, "LibelleErreur", ligne.libelle)
            add_leaf(line, "DescriptionErreur", ligne.description)
    return to_bytes(root)


def write_facture_statuts(enveloppe: Enveloppe, statuts: Sequence[StatutFacture]) -> bytes:
    """A cycle de vie flow: the branch CPPFactureStatuts, one unit per invoice and statut, in order."""
    root = start("CPPStatut", enveloppe)
    branch = add_child(root, "CPPFactureStatuts", compteur=str(len(statuts)))
    for rank, statut in enumerate(statuts, 1):
        unit = add_child(branch, "CPPFactureStatutUnitaire", NumOrdre=str(rank))
        seller = add_child(unit, "Fournisseur")
        add_leaf(seller, "TypeIdentifiant", statut.fournisseur.identifiant.type)
        add_leaf(seller, "Identifiant", statut.fournisseur.identifiant.valeur)
        add_leaf(seller, "RaisonSociale", statut.fournisseur.nom)
        add_leaf(seller, "CodePays", statut.fournisseur.pays)
        buyer = add_child(unit, "Debiteur")
        add_leaf(buyer, "TypeIdentifiant", statut.debiteur.identifiant.type)
        add_leaf(buyer, "Identifiant", statut.debiteur.identifiant.valeur)
        add_leaf(buyer, "Nom", statut.debiteur.nom, optional=True)
        add_leaf(buyer, "CodeService", statut.service, optional=True)
        data = add_child(unit, "DonneesStatut")
        add_leaf(data, "IdStatut", statut.id_statut)
        add_leaf(data, "ComplementStatut", statut.complement, optional=True)
        add_leaf(data, "Commentaire", statut.commentaire, optional=True)
        add_leaf(data, "Horodatage", statut.horodatage.isoformat(timespec="seconds"))
        if statut.producteur:
            add_child(data, "Producteur", Id=statut.producteur)
        add_leaf(data, "IdFacture", statut.numero)
        if statut.date is not None:
            add_leaf(data, "DateFacture", statut.date.isoformat())
        add_leaf(data, "IdMandatDP", statut.mandat, optional=True)
    return to_bytes(root)


def start(name: str, enveloppe: Enveloppe) -> etree._Element:
    """The root of a document of Chorus Pro, with its envelope."""
    root = etree.Element(name)
    unit = add_child(add_child(root, "Enveloppe"), "EnveloppeUnitaire", NumOrdre="1")
    parameters = add_child(unit, "Parametres")
    values = (("DtPrd", enveloppe.produit_le.isoformat()), ("IdFlx", enveloppe.id_flux))
    for rank, (code, value) in enumerate(values, 1):
        parameter = add_child(parameters, "ParametreIndiv", NumOrdre=f"{rank:04d}")
        add_leaf(parameter, "Code", code)
        add_leaf(parameter, "Valeurparametre", value)
    partners = add_child(unit, "Partenaires")
    for name, partner in (("Recepteur", enveloppe.recepteur), ("Emetteur", enveloppe.emetteur)):
        element = add_child(partners, name)
        add_leaf(element, "Id", partner.id)
        add_leaf(element, "Libelle", partner.libelle, optional=True)
    return root


def add_child(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, name, attributes)


def add_leaf(parent: etree._Element, name: str, text: str, *, optional: bool = False) -> None:
    if text or not optional:
        leaf = etree.SubElement(parent, name)
        leaf.text = text if text.isprintable() else _ILLEGAL.sub("\ufffd", text)


def to_bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
