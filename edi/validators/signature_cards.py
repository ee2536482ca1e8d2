"""What is said of an electronic signature, once :mod:`.pades` or :mod:`.xades` has looked at it."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from edi.model import Card, Finding, Place, Severity

ABSENTE, VALIDE, INVALIDE, INCONNUE = "absente", "valide", "invalide", "inconnue"


class Signature(NamedTuple):
    """What is to be said of a signature: ``absente``, ``valide``, ``invalide``, or ``inconnue`` (nobody we
    trust answers for it, or it can no longer be proved)."""

    etat: str
    signataire: str = ""
    le: datetime | None = None  # when the signatory says that it signed
    raison: str = ""  # a short French clause, when it is neither absent nor valid


_CITATION = "Chorus Pro, dépôt avec signature : PDF_SIGNE_PADES, PDF_SIGNE_XADES ; ETSI EN 319 102-1"

SIGNATURE_INVALIDE = Card(  # signataire, raison
    "EDI-SIGNATURE-01",
    Severity.ERROR,
    "REJ_COH",
    _CITATION,
    "La signature électronique{signataire} n'est pas valable : {raison}.",
    "Le fournisseur signe de nouveau le document, sans le modifier ensuite, et dépose de nouveau la facture.",
)
SIGNATURE_ABSENTE = Card(
    "EDI-SIGNATURE-02",
    Severity.ERROR,
    "REJ_COH",
    _CITATION,
    "La facture est annoncée comme signée, mais le document ne porte pas de signature électronique.",
    "Le fournisseur signe le document, ou le déposant l'annonce comme non signé, et dépose de nouveau la "
    "facture.",
)
SIGNATURE_INCONNUE = Card(  # signataire, raison
    "EDI-SIGNATURE-03",
    Severity.WARNING,
    "REJ_COH",
    _CITATION,
    "La signature électronique{signataire} n'a pas pu être vérifiée : {raison}.",
    "L'exploitant de la plateforme ajoute l'autorité du signataire à celles qu'il reconnaît, s'il lui fait "
    "confiance ; la facture n'est pas bloquée pour cela.",
)
CARDS = (SIGNATURE_INVALIDE, SIGNATURE_ABSENTE, SIGNATURE_INCONNUE)


def tell(signature: Signature, place: Place, annoncee: bool) -> tuple[Finding, ...]:
    """What is found in a signature. ``annoncee``: the deposit says that the document is signed."""
    if signature.etat == ABSENTE and annoncee:
        return (SIGNATURE_ABSENTE.at(place),)
    cards = {INVALIDE: SIGNATURE_INVALIDE, INCONNUE: SIGNATURE_INCONNUE}
    if signature.etat not in cards:
        return ()
    signataire = f" de « {signature.signataire} »" if signature.signataire else ""
    words = {"signataire": signataire, "raison": signature.raison}
    return (cards[signature.etat].at(place, signature.signataire, **words),)
