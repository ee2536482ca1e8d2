"""The flux that a deposit by hand becomes: its name, what its déposant's contract wants beside it, its bytes.

A flux id of ours bears the letter M where the recommended form has the first of its fifteen digits: what a
déposant numbers as recommended can never bear the same one.
"""

from __future__ import annotations

from datetime import date

from lxml import etree

from edi.inbound.display import escape_name
from edi.manuel.nature import Reconnu
from edi.model import SIRET, Deposant, Minimum
from edi.model.manuel import MARQUE
from edi.outbound.cpp_statut import Enveloppe, Partenaire, add_child, add_leaf, start, to_bytes
from edi.outbound.pivot import PiecePivot, add_piece, name_pieces

_SCHEMA = "CPPFactureMixte"
_LONGEST = 200  # characters of a name that is kept
_FACTURE = "01"  # TypePJ of the invoice itself


def flux_id(appli: str, interface: str, numero: int) -> str:
    """``appli``, four digits of the interface, M, fourteen digits."""
    return f"{appli}{interface[3:7]}{MARQUE}{numero:014d}"


def flux_name(appli: str, reconnu: Reconnu, numero: int) -> str:
    """The name under which a deposit lies in ``in``."""
    return f"{reconnu.interface}_{appli}_{flux_id(appli, reconnu.interface, numero)}.{reconnu.extension}"


def companions(deposant: Deposant, nom: str, sha256: str, taille: int) -> tuple[tuple[str, bytes], ...]:
    """What the contract of a déposant wants to see beside a file before it is taken: name and bytes."""
    if deposant.readiness == "temoin":
        return ((f"{nom}{deposant.temoins[0]}", b""),)
    if deposant.readiness == "manifeste":
        return ((f"{nom}.sha256", f"{sha256}  {taille}  {nom}\n".encode()),)
    return ()


def write_mixte(
    minimum: Minimum, pdf: bytes, origine: str, appli: str, plateforme: str, id_flux: str, jour: date
) -> bytes:
    """The mixed invoice that carries a PDF and the data typed beside it; equal values give equal bytes."""
    enveloppe = Enveloppe(jour, id_flux, Partenaire(plateforme), Partenaire(appli))
    root = start(_SCHEMA, enveloppe)
    unit = add_child(add_child(root, "CPPFactures", Compteur="1"), "CPPFactureMixteUnitaire", NumOrdre="1")
    _add_parties(unit, minimum)
    _add_donnees(unit, minimum)
    add_piece(unit, 1, PiecePivot(name_pdf(origine), _FACTURE, "application/pdf", pdf))
    return to_bytes(root)


def tell_origine(nom: str) -> str:
    """A file's name as its sender calls it, fit to be shown and kept: without its folders, nor too long."""
    return escape_name(nom.replace("\\", "/").rpartition("/")[2])[:_LONGEST] or "sans nom"


def name_pdf(origine: str) -> str:
    """The name of the attachment: that of the file over there, as far as a flux may bear it."""
    stem = origine[:-4] if origine.lower().endswith(".pdf") else origine
    (nom,) = name_pieces([f"{stem.strip() or 'facture'}.pdf"])
    return nom


def _add_parties(unit: etree._Element, minimum: Minimum) -> None:
    seller = add_child(unit, "Fournisseur")
    add_leaf(seller, "TypeIdentifiant", SIRET)
    add_leaf(seller, "Identifiant", minimum.fournisseur)
    add_leaf(seller, "RaisonSociale", minimum.fournisseur_nom)
    add_leaf(seller, "CodePays", "FR")  # a SIRET is given to no one elsewhere
    buyer = add_child(unit, "Debiteur")
    add_leaf(buyer, "TypeIdentifiant", SIRET)
    add_leaf(buyer, "Identifiant", minimum.destinataire)
    add_leaf(buyer, "CodeService", minimum.service, optional=True)


def _add_donnees(unit: etree._Element, minimum: Minimum) -> None:
    data = add_child(unit, "DonneesFacture")
    add_leaf(data, "Id", minimum.numero)
    add_leaf(data, "Type", minimum.type)
    add_leaf(data, "Cadre", minimum.cadre)
    add_leaf(data, "DateEmissionFacture", minimum.date.isoformat())
    add_leaf(add_child(data, "ModePaiement"), "Code", minimum.mode_paiement)
    add_leaf(data, "Devise", minimum.devise)
    amounts = add_child(data, "Montants")
    for name, value in (("HT", minimum.ht), ("TTC", minimum.ttc), ("NetAPayer", minimum.net)):
        add_leaf(amounts, f"Montant{name}", f"{value:f}")
    if minimum.tva:
        recap = add_child(data, "TVAS")
        for row in minimum.tva:
            rate = add_child(recap, "TVA")
            for name, amount in (("Taux", row.taux), ("BaseHt", row.base), ("MontantTVA", row.montant)):
                add_leaf(rate, name, f"{amount:f}")
    if minimum.marche or minimum.engagement:
        references = add_child(data, "Engagement")
        add_leaf(references, "NumeroMarche", minimum.marche, optional=True)
        add_leaf(references, "NumeroEngagement", minimum.engagement, optional=True)
