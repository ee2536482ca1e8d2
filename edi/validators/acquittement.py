"""What a déposant may acknowledge: the rejection, the suspension of an invoice of its own. Pure."""

from __future__ import annotations

from edi.model import Card, Severity

_CITATION = "Chorus Pro, acquittement d'un rejet ou d'une suspension par le fournisseur"
_EMETTEUR = "L'émetteur"

UNREADABLE = Card(  # raison
    "EDI-ACQUIT-01",
    Severity.FATAL,
    "IRR_SYNTAX",
    _CITATION,
    "Le fichier d'acquittement ne peut pas être lu : {raison}.",
    f"{_EMETTEUR} dépose un fichier CSV dont la première ligne nomme les colonnes : facture, et fournisseur "
    "si plusieurs fournisseurs ont une facture de ce numéro.",
)
UNKNOWN = Card(
    "EDI-ACQUIT-02",
    Severity.ERROR,
    "REJ_COH",
    _CITATION,
    "La facture n° {value} n'est pas de celles que vous avez déposées et qui ont été acceptées{precision}.",
    f"{_EMETTEUR} vérifie le numéro (et le fournisseur) d'après le fichier de statut du flux.",
)
NOTHING_TO_SEE = Card(  # statut
    "EDI-ACQUIT-03",
    Severity.ERROR,
    "REJ_COH",
    _CITATION,
    "La facture n° {value} n'est ni rejetée, ni suspendue, ni à recycler : elle est « {statut} », il n'y a "
    "rien à acquitter.",
    "Rien n'est à faire.",
)
REPEATED = Card(  # statut
    "EDI-ACQUIT-04",
    Severity.WARNING,
    "",
    _CITATION,
    "Le statut « {statut} » de la facture n° {value} avait déjà été acquitté : rien ne change.",
    "Rien n'est à faire.",
)

CARDS: tuple[Card, ...] = (UNREADABLE, UNKNOWN, NOTHING_TO_SEE, REPEATED)
