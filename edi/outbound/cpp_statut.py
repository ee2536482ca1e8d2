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
    root = _root(enveloppe)
    unit = _child(_child(root, "CPPFluxStatuts", compteur="1"), "CPPFluxStatutUnitaire", NumOrdre="1")
    data = _child(unit, "DonneesStatut")
    _leaf(data, "IdStatut", statut.id_statut)
    _leaf(data, "ComplementStatut", statut.complement)
    _leaf(data, "Commentaire", statut.commentaire)
    _leaf(data, "Horodatage", statut.horodatage.isoformat(timespec="seconds"))
    _leaf(data, "IdFlux", statut.id_flux)
    if statut.lignes:
        details = _child(data, "Details", NbLignesErreur=str(len(statut.lignes)))
        for rank, ligne in enumerate(statut.lignes, 1):
            line = _child(details, "LigneErreurDetail", IdLigne=str(rank))
            _leaf(line, "NatureErreur", ligne.nature)
            _leaf(line, "CodeErreur", ligne.code)
            _leaf(line, "LibelleErreur", ligne.libelle)
            _leaf(line, "DescriptionErreur", ligne.description)
    return _bytes(root)


def write_facture_statuts(enveloppe: Enveloppe, statuts: Sequence[StatutFacture]) -> bytes:
    """A cycle de vie flow: the branch CPPFactureStatuts, one unit per invoice and statut, in order."""
    root = _root(enveloppe)
    branch = _child(root, "CPPFactureStatuts", compteur=str(len(statuts)))
    for rank, statut in enumerate(statuts, 1):
        unit = _child(branch, "CPPFactureStatutUnitaire", NumOrdre=str(rank))
        seller = _child(unit, "Fournisseur")
        _leaf(seller, "TypeIdentifiant", statut.fournisseur.identifiant.type)
        _leaf(seller, "Identifiant", statut.fournisseur.identifiant.valeur)
        _leaf(seller, "RaisonSociale", statut.fournisseur.nom)
        _leaf(seller, "CodePays", statut.fournisseur.pays)
        buyer = _child(unit, "Debiteur")
        _leaf(buyer, "TypeIdentifiant", statut.debiteur.identifiant.type)
        _leaf(buyer, "Identifiant", statut.debiteur.identifiant.valeur)
        _leaf(buyer, "Nom", statut.debiteur.nom, optional=True)
        _leaf(buyer, "CodeService", statut.service, optional=True)
        data = _child(unit, "DonneesStatut")
        _leaf(data, "IdStatut", statut.id_statut)
        _leaf(data, "ComplementStatut", statut.complement, optional=True)
        _leaf(data, "Commentaire", statut.commentaire, optional=True)
        _leaf(data, "Horodatage", statut.horodatage.isoformat(timespec="seconds"))
        if statut.producteur:
            _child(data, "Producteur", Id=statut.producteur)
        _leaf(data, "IdFacture", statut.numero)
        if statut.date is not None:
            _leaf(data, "DateFacture", statut.date.isoformat())
        _leaf(data, "IdMandatDP", statut.mandat, optional=True)
    return _bytes(root)


def _root(enveloppe: Enveloppe) -> etree._Element:
    root = etree.Element("CPPStatut")
    unit = _child(_child(root, "Enveloppe"), "EnveloppeUnitaire", NumOrdre="1")
    parameters = _child(unit, "Parametres")
    values = (("DtPrd", enveloppe.produit_le.isoformat()), ("IdFlx", enveloppe.id_flux))
    for rank, (code, value) in enumerate(values, 1):
        parameter = _child(parameters, "ParametreIndiv", NumOrdre=f"{rank:04d}")
        _leaf(parameter, "Code", code)
        _leaf(parameter, "Valeurparametre", value)
    partners = _child(unit, "Partenaires")
    for name, partner in (("Recepteur", enveloppe.recepteur), ("Emetteur", enveloppe.emetteur)):
        element = _child(partners, name)
        _leaf(element, "Id", partner.id)
        _leaf(element, "Libelle", partner.libelle, optional=True)
    return root


def _child(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    return etree.SubElement(parent, name, attributes)


def _leaf(parent: etree._Element, name: str, text: str, *, optional: bool = False) -> None:
    if text or not optional:
        _child(parent, name).text = _ILLEGAL.sub("\ufffd", text)


def _bytes(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
