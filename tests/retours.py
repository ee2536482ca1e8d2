"""What a destinataire sends, as its own software would write it: statuts, integration reports, messages."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from edi.cdv import building, tables
from edi.cdv.building import PLATEFORME, FactureVisee, Raison, Signature
from edi.espace import Espace
from edi.model import FactureDeposee, Identifiant, Partie
from edi.outbound.cdar import write_cdar
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


# -- messages of the reform -------------------------------------------------------------------------------

_LEGAL = "205"  # made first, where a story wants a code that could not be written
_VISA = "<ram:ProcessConditionCode>{}</ram:ProcessConditionCode>"
_NATURE = "<ram:ReferenceTypeCode>urn.cpro.gouv.fr:1p0:CDV:einvoicingF2</ram:ReferenceTypeCode>"


def write_message(espace: Espace, told: dict[str, Any]) -> bytes:
    """The CDAR that an event of a story describes: one statut of one ``facture``, or of one ``fichier``."""
    at = datetime.fromisoformat(told["le"]) if "le" in told else espace.now()
    at = at.astimezone(espace.settings.fuseau)
    raisons = [Raison(code, note) for code, note in told.get("motifs", [])]
    seller = building.make_party("SE", _SELLER, world.KERVADEC.nom, f"{_SELLER}_STATUTS")
    if "fichier" in told:
        return write_cdar(
            building.build_fichier(told["fichier"], at, Signature(PLATEFORME, (seller,), at, at), raisons)
        )
    known = _find(espace, told["facture"])
    code = told["statut"] if told["statut"] in tables.STATUTS else _LEGAL
    row = tables.STATUTS[code]
    buyer = building.make_party("BY", world.SANS_OBLIGATION.identifiant.valeur[:9], "TEST DESTINATAIRE")
    author = PLATEFORME if row.phase == tables.TRANSMISSION else buyer if "BY" in row.auteurs else seller
    signature = Signature(author, (seller,), at, at)
    day = _day(told, known) or at.date()
    visee = FactureVisee(told["facture"], "380", day, told.get("fournisseur", _SELLER), at)
    text = write_cdar(building.build_facture(code, visee, signature, raisons)).decode()
    text = text.replace(_VISA.format(code), _VISA.format(told["statut"]))
    if told.get("sans_nature"):
        text = text.replace(_NATURE, "")
    return (b"\xef\xbb\xbf" if told.get("bom") else b"") + text.encode()


_SELLER = world.KERVADEC.identifiant.siren
