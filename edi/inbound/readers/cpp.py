"""CPPFactureMixte, the mixed invoice of Chorus Pro, to Factures: one for each CPPFactureMixteUnitaire.

The format has no total of VAT: the recap tells it, and ``Montants.tva`` stays None.
"""

from __future__ import annotations

from lxml import etree

from edi.inbound.readers.fields import Field, Reading, Table, place_of
from edi.inbound.readers.nodes import Node, Paths, Row, root_of
from edi.inbound.readers.pieces import DEFAULT_LIMIT, measure
from edi.model import Facture, Identifiant, LigneTva, Montants, Partie, PieceJointe

PATHS = Paths({})


def _field(label: str, *paths: str) -> Field:
    return Field(f"{label} ({paths[0].rpartition('/')[2]})", paths)


UNITES = ("CPPFactureMixteUnitaire", "CPPFacturePivotUnitaire")  # what is deposited, what is handed over
FACTURE: Table = {
    "numero": _field("Numéro de facture", "DonneesFacture/Id"),
    "type": _field("Type de document", "DonneesFacture/Type"),
    "cadre": _field("Cadre de facturation", "DonneesFacture/Cadre"),
    "date": _field("Date de facture", "DonneesFacture/DateEmissionFacture"),
    "devise": _field("Devise", "DonneesFacture/Devise"),
    "fournisseur": _field("Identifiant du fournisseur", "Fournisseur/Identifiant"),
    "fournisseur_type": _field("Type d'identifiant du fournisseur", "Fournisseur/TypeIdentifiant"),
    "fournisseur_nom": _field("Raison sociale du fournisseur", "Fournisseur/RaisonSociale"),
    "fournisseur_pays": _field("Pays du fournisseur", "Fournisseur/CodePays"),
    "destinataire": _field("SIRET du destinataire", "Debiteur/Identifiant"),
    "destinataire_type": _field("Type d'identifiant du destinataire", "Debiteur/TypeIdentifiant"),
    "destinataire_nom": _field("Nom du destinataire", "Debiteur/Nom"),
    "service": _field("Code service", "Debiteur/CodeService"),
    "engagement": _field("Numéro d'engagement", "DonneesFacture/Engagement/NumeroEngagement"),
    "marche": _field("Numéro de marché", "DonneesFacture/Engagement/NumeroMarche"),
    "mode_paiement": _field("Mode de paiement", "DonneesFacture/ModePaiement/Code"),
    "ht": _field("Total HT", "DonneesFacture/Montants/MontantHT"),
    "tva": _field("Récapitulatif de TVA", "DonneesFacture/TVAS", "DonneesFacture/TVAs"),
    "ttc": _field("Total TTC", "DonneesFacture/Montants/MontantTTC"),
    "net": _field("Net à payer", "DonneesFacture/Montants/MontantNetAPayer"),
    "pj": _field("Pièce jointe", "PJ"),
    "lignes": _field("Lignes", "DonneesFacture/Lignes/Ligne"),
}
TVA: Table = {
    "taux": _field("Taux de TVA", "Taux"),
    "base": _field("Base de TVA", "BaseHt"),
    "montant": _field("Montant de TVA", "MontantTVA"),
}
PIECE_JOINTE: Table = {
    "nom": _field("Nom de la pièce jointe", "NomPJ"),
    "type": _field("Type de la pièce jointe", "TypePJ"),
    "mime": _field("Type MIME de la pièce jointe", "MimeTypePJ"),
    "contenu": _field("Contenu de la pièce jointe", "Contenu"),
}


def read(
    tree: etree._ElementTree, limite: int = DEFAULT_LIMIT, node: Node | None = None
) -> tuple[Facture, ...]:
    """The invoices of a document, in its order. Never raises for odd values: they are read as '' or None.

    ``limite``: bytes beyond which a zipped attachment is not measured any more. ``node``: of the root, where
    somebody holds the document in nodes already.
    """
    document = Reading(root_of(tree, node), {}, PATHS)
    factures: list[Facture] = []
    for lot in document.rows("CPPFactures"):
        for name in UNITES:
            for unit in document.within(lot, {}, "").rows(name):
                factures.append(_read_unit(unit, len(factures) + 1, limite))
    return tuple(factures)


def _read_unit(unit: Row, rang: int, limite: int) -> Facture:
    reading = Reading(unit, FACTURE, PATHS)
    reading.places["facture"] = place_of(unit, "CPPFactureMixteUnitaire")
    reading.find("lignes")
    return Facture(
        rang=rang,
        numero=reading.text("numero"),
        type=reading.text("type"),
        cadre=reading.text("cadre"),
        date=reading.date("date"),
        devise=reading.text("devise"),
        fournisseur=_read_party(reading, "fournisseur", reading.text("fournisseur_pays")),
        destinataire=_read_party(reading, "destinataire", ""),
        service=reading.text("service"),
        engagement=reading.text("engagement"),
        marche=reading.text("marche"),
        mode_paiement=reading.text("mode_paiement"),
        montants=Montants(ht=reading.decimal("ht"), ttc=reading.decimal("ttc"), net=reading.decimal("net")),
        tva=_read_recap(reading),
        pieces_jointes=_read_attachments(reading, limite),
        lignes=sum(1 for _ in reading.candidates("lignes")),
        places=reading.places,
    )


def _read_party(reading: Reading, name: str, pays: str) -> Partie:
    identifiant = Identifiant(reading.text(f"{name}_type"), reading.text(name))
    return Partie(identifiant, reading.text(f"{name}_nom"), pays)


def _read_recap(reading: Reading) -> tuple[LigneTva, ...]:
    block = next(reading.candidates("tva"), None)
    reading.found("tva", block)
    recap = []
    rows = () if block is None else reading.within(block, {}, "").rows("TVA")
    for i, row in enumerate(rows):
        line = reading.within(row, TVA, f"tva[{i}].")
        recap.append(LigneTva(line.decimal("taux"), line.decimal("base"), line.decimal("montant")))
    return tuple(recap)


def _read_attachments(reading: Reading, limite: int) -> tuple[PieceJointe, ...]:
    reading.find("pj")
    pieces = []
    for i, row in enumerate(reading.rows("PJ")):
        reading.places[f"pj[{i}]"] = place_of(row, reading.table["pj"].term)
        piece = reading.within(row, PIECE_JOINTE, f"pj[{i}].")
        nom, type_, mime = piece.text("nom"), piece.text("type"), piece.text("mime")
        pieces.append(measure(nom, type_, mime, piece.text("contenu"), zipped=True, limite=limite))
    return tuple(pieces)
