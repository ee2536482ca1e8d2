"""The writer of CPPFacturePivot (FEN0036A, V2_02): values to bytes, nothing else. Structure: facts §3.4.

Equal values give equal bytes, on any day and on any machine.
"""

from __future__ import annotations

import base64
import io
import zipfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import PurePosixPath
from typing import NamedTuple

from lxml import etree

from edi.model import Jour, LigneTva, Nature, Partie
from edi.outbound.cpp_statut import Enveloppe, add_child, add_leaf, start, to_bytes

LONGEST_NAME = 50  # characters of NomPJ, extension included
_LONGEST_SUFFIX = 10
VERSION = "2.02"


class PiecePivot(NamedTuple):
    """One attachment; its name is unique in its invoice, and names the one file of its zip."""

    nom: str
    type: str  # 01 facture, 02 complementary
    mime: str
    contenu: bytes | None  # of the file itself; None when it could not be opened
    categorie: str = ""


class LignePivot(NamedTuple):
    """One line: price of one unit, quantity, amount without VAT."""

    prix: Decimal
    quantite: Decimal
    montant: Decimal


class FacturePivot(NamedTuple):
    """One invoice as its destinataire gets it."""

    id: int  # ours
    fournisseur: Partie
    debiteur: Partie
    service: str
    numero: str
    origine: str  # number of the invoice that an avoir corrects
    type: str  # 380 or 381
    cadre: str  # A1..A25
    date: Jour
    mode_paiement: str
    mode_libelle: str
    recue_le: Jour
    devise: str
    ht: Decimal
    ttc: Decimal
    net: Decimal
    tva: tuple[LigneTva, ...] = ()
    marche: str = ""
    engagement: str = ""
    iban: str = ""
    lignes: tuple[LignePivot, ...] = ()
    pieces: tuple[PiecePivot, ...] = ()
    nature: Nature | None = None  # how it was taken up again; None: handed over for the first time


def write_pivot(enveloppe: Enveloppe, factures: Sequence[FacturePivot]) -> bytes:
    """A pivot flow: some invoices for one destinataire, in order."""
    root = start("CPPFacturePivot", enveloppe)
    root.set("Version", VERSION)
    lot = add_child(root, "CPPFactures", Compteur=str(len(factures)))
    for rank, facture in enumerate(factures, 1):
        unit = add_child(lot, "CPPFacturePivotUnitaire", NumOrdre=str(rank))
        _add_parties(unit, facture)
        _add_donnees(unit, facture)
        for position, piece in enumerate(facture.pieces, 1):
            add_piece(unit, position, piece)
    return to_bytes(root)


def _add_parties(unit: etree._Element, facture: FacturePivot) -> None:
    seller = add_child(unit, "Fournisseur")
    add_leaf(seller, "TypeIdentifiant", facture.fournisseur.identifiant.type)
    add_leaf(seller, "Identifiant", facture.fournisseur.identifiant.valeur)
    add_leaf(seller, "RaisonSociale", facture.fournisseur.nom)
    add_leaf(seller, "CodePays", facture.fournisseur.pays)
    if facture.iban:
        add_leaf(add_child(seller, "ReferenceBancaire", Type="IBAN"), "Compte", facture.iban)
    add_leaf(seller, "ModeEmission", "flux")
    buyer = add_child(unit, "Debiteur")
    add_leaf(buyer, "TypeIdentifiant", facture.debiteur.identifiant.type)
    add_leaf(buyer, "Identifiant", facture.debiteur.identifiant.valeur)
    add_leaf(buyer, "Nom", facture.debiteur.nom, optional=True)
    add_leaf(buyer, "CodeService", facture.service, optional=True)


def _add_donnees(unit: etree._Element, facture: FacturePivot) -> None:
    data = add_child(unit, "DonneesFacture")
    add_leaf(data, "Id", facture.numero)
    add_leaf(data, "IdCPRO", str(facture.id))
    add_leaf(data, "Renvoi", facture.nature.value if facture.nature else "Non")
    add_leaf(data, "IdFactureOrigine", facture.origine, optional=True)
    add_leaf(data, "Type", facture.type)
    add_leaf(data, "Cadre", facture.cadre)
    add_leaf(data, "DateEmissionFacture", facture.date.isoformat())
    payment = add_child(data, "ModePaiement")
    add_leaf(payment, "Code", facture.mode_paiement)
    add_leaf(payment, "Libelle", facture.mode_libelle, optional=True)
    add_leaf(data, "DateReception", facture.recue_le.isoformat())
    add_leaf(data, "Devise", facture.devise)
    amounts = add_child(data, "Montants")
    for name, value in (("HT", facture.ht), ("TTC", facture.ttc), ("NetAPayer", facture.net)):
        add_leaf(amounts, f"Montant{name}", f"{value:f}")
    if facture.tva:
        recap = add_child(data, "TVAs")
        for row in facture.tva:
            rate = add_child(recap, "TVA")
            for name, amount in (("Taux", row.taux), ("BaseHt", row.base), ("MontantTVA", row.montant)):
                add_leaf(rate, name, f"{amount or Decimal(0):f}")
    if facture.marche or facture.engagement:
        references = add_child(data, "Engagement")
        add_leaf(references, "NumeroMarche", facture.marche, optional=True)
        add_leaf(references, "NumeroEngagement", facture.engagement, optional=True)
    if facture.lignes:
        lines = add_child(data, "Lignes")
        for rank, ligne in enumerate(facture.lignes, 1):
            line = add_child(lines, "Ligne", NumOrdre=str(rank))
            add_leaf(line, "PrixUnitaire", f"{ligne.prix:f}")
            add_leaf(line, "Quantite", f"{ligne.quantite:f}")
            add_leaf(line, "MontantHT", f"{ligne.montant:f}")


def add_piece(unit: etree._Element, position: int, piece: PiecePivot) -> None:
    """The attachment ``PJ`` of an invoice in a format of Chorus Pro; its file lies in a zip of its own."""
    attachment = add_child(unit, "PJ", NumOrdre=str(position))
    if piece.contenu is not None:
        zipped = base64.b64encode(_zip_alone(piece.nom, piece.contenu)).decode("ascii")
        add_leaf(attachment, "Contenu", zipped)
    add_leaf(attachment, "NomPJ", piece.nom)
    add_leaf(attachment, "CategoriePJ", piece.categorie, optional=True)
    add_leaf(attachment, "TypePJ", piece.type)
    add_leaf(attachment, "MimeTypePJ", piece.mime)


def _zip_alone(nom: str, data: bytes) -> bytes:
    """A zip of one file. Stored, not deflated: builds of zlib differ, and these bytes may never."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo(nom, (1980, 1, 1, 0, 0, 0)), data)
    return out.getvalue()


def name_pieces(noms: Sequence[str]) -> list[str]:
    """Names of attachments fit for a pivot: of 50 characters at most, on one line, each of them once."""
    given: list[str] = []
    for nom in noms:
        plain = "".join(char if char.isprintable() and char not in "/\\" else "_" for char in nom)
        plain = " ".join(plain.split()) or "piece"
        suffix = PurePosixPath(plain).suffix
        suffix = suffix if len(suffix) <= _LONGEST_SUFFIX else ""
        stem = plain.removesuffix(suffix)
        wanted, again = stem[: LONGEST_NAME - len(suffix)].strip() + suffix, 1
        while wanted in given:
            again += 1
            wanted = f"{stem[: LONGEST_NAME - len(suffix) - len(str(again)) - 1]}_{again}{suffix}"
        given.append(wanted)
    return given
