"""CPPStatut to a Retour: what a destinataire says of invoices, or of a flux that we handed over.

Structure: facts §3.1 and §3.2. Statuts are normalised (``7`` and ``007`` are ``07``), nothing is judged.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from lxml import etree

from edi.inbound.readers.fields import Field, Reading, Table, place_of, read_date
from edi.inbound.readers.nodes import Paths, Row, root_of
from edi.model import Identifiant, LigneRecue, Partie, Retour, StatutFluxRecu, StatutRecu

PATHS = Paths({})


def _field(label: str, *paths: str) -> Field:
    return Field(f"{label} ({paths[0].rpartition('/')[2]})", paths)


RETOUR: Table = {
    "recepteur": _field("Récepteur", "Enveloppe/EnveloppeUnitaire/Partenaires/Recepteur/Id"),
    "emetteur": _field("Émetteur", "Enveloppe/EnveloppeUnitaire/Partenaires/Emetteur/Id"),
}
FACTURE: Table = {
    "fournisseur": _field("Identifiant du fournisseur", "Fournisseur/Identifiant"),
    "fournisseur_type": _field("Type d'identifiant du fournisseur", "Fournisseur/TypeIdentifiant"),
    "fournisseur_nom": _field("Raison sociale du fournisseur", "Fournisseur/RaisonSociale"),
    "fournisseur_pays": _field("Pays du fournisseur", "Fournisseur/CodePays"),
    "debiteur": _field("SIRET du débiteur", "Debiteur/Identifiant"),
    "debiteur_type": _field("Type d'identifiant du débiteur", "Debiteur/TypeIdentifiant"),
    "debiteur_nom": _field("Nom du débiteur", "Debiteur/Nom"),
    "id_statut": _field("Statut", "DonneesStatut/IdStatut"),
    "complement": _field("Complément du statut", "DonneesStatut/ComplementStatut"),
    "commentaire": _field("Motif du statut", "DonneesStatut/Commentaire"),
    "horodatage": _field("Horodatage du statut", "DonneesStatut/Horodatage"),
    "numero": _field("Numéro de facture", "DonneesStatut/IdFacture"),
    "date": _field("Date de facture", "DonneesStatut/DateFacture"),
    "mandat": _field("Numéro de mandat", "DonneesStatut/IdMandatDP"),
}
FLUX: Table = {
    "id_statut": _field("Statut du flux", "DonneesStatut/IdStatut"),
    "complement": _field("Complément du statut", "DonneesStatut/ComplementStatut"),
    "commentaire": _field("Commentaire", "DonneesStatut/Commentaire"),
    "horodatage": _field("Horodatage du statut", "DonneesStatut/Horodatage"),
    "id_flux": _field("Identifiant du flux", "DonneesStatut/IdFlux"),
    "lignes": _field("Lignes d'erreur", "DonneesStatut/Details/LigneErreurDetail"),
}
_LIGNE = ("NatureErreur", "CodeErreur", "LibelleErreur", "DescriptionErreur")


def read(tree: etree._ElementTree, fuseau: ZoneInfo) -> Retour:
    """The statuts of a document, in its order. Never raises for odd values: they are read as '' or None.

    ``fuseau``: the zone of an instant that tells none.
    """
    root = tree.getroot()
    document = Reading(root_of(tree), RETOUR, PATHS)
    parameters = {
        (parameter.findtext("Code") or "").strip(): (parameter.findtext("Valeurparametre") or "").strip()
        for parameter in root.iterfind("Enveloppe/EnveloppeUnitaire/Parametres/ParametreIndiv")
    }
    return Retour(
        id_flux=parameters.get("IdFlx", ""),
        emetteur=document.text("emetteur"),
        recepteur=document.text("recepteur"),
        produit_le=read_date(parameters.get("DtPrd", "")),
        factures=tuple(
            _read_facture(unit, rang, fuseau)
            for rang, unit in enumerate(_units(document, "CPPFactureStatuts", "CPPFactureStatutUnitaire"), 1)
        ),
        flux=tuple(
            _read_flux(unit, rang, fuseau)
            for rang, unit in enumerate(_units(document, "CPPFluxStatuts", "CPPFluxStatutUnitaire"), 1)
        ),
    )


def _units(document: Reading, branch: str, unit: str) -> list[Row]:
    return document.rows(f"{branch}/{unit}")


def _read_facture(unit: Row, rang: int, fuseau: ZoneInfo) -> StatutRecu:
    reading = Reading(unit, FACTURE, PATHS)
    return StatutRecu(
        rang=rang,
        fournisseur=Partie(
            Identifiant(reading.text("fournisseur_type"), reading.text("fournisseur")),
            reading.text("fournisseur_nom"),
            reading.text("fournisseur_pays"),
        ),
        debiteur=Partie(
            Identifiant(reading.text("debiteur_type"), reading.text("debiteur")), reading.text("debiteur_nom")
        ),
        numero=reading.text("numero"),
        date=reading.date("date"),
        id_statut=pad(reading.text("id_statut")),
        complement=reading.text("complement"),
        commentaire=reading.text("commentaire"),
        horodatage=read_instant(reading.text("horodatage"), fuseau),
        mandat=reading.text("mandat"),
        place=place_of(unit, "CPPFactureStatutUnitaire"),
        place_statut=reading.places["id_statut"],
    )


def _read_flux(unit: Row, rang: int, fuseau: ZoneInfo) -> StatutFluxRecu:
    reading = Reading(unit, FLUX, PATHS)
    return StatutFluxRecu(
        rang=rang,
        id_flux=reading.text("id_flux"),
        id_statut=pad(reading.text("id_statut")),
        complement=reading.text("complement"),
        commentaire=reading.text("commentaire"),
        horodatage=read_instant(reading.text("horodatage"), fuseau),
        lignes=tuple(
            LigneRecue(*((line.element.findtext(name) or "").strip() for name in _LIGNE))
            for line in reading.candidates("lignes")
        ),
        place=place_of(unit, "CPPFluxStatutUnitaire"),
    )


def pad(code: str) -> str:
    """``7`` and ``007`` -> ``07``: the schema admits them all. What is no number stays as it is."""
    return f"{int(code):02d}" if code.isascii() and code.isdigit() and len(code) < 10 else code


def read_instant(text: str, fuseau: ZoneInfo) -> datetime | None:
    """An xs:dateTime as an aware instant, else None; microseconds are all that is kept of a fraction."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=fuseau)
