"""What a sender is told of a deposit that was waited for in vain."""

from __future__ import annotations

from edi.inbound import cards
from edi.model import Attente, Finding, Reception

_INCOMPLETE = {
    Attente.ARCHIVE: "l'archive s'arrête avant sa fin",
    Attente.DOCUMENT: "le document s'arrête avant sa fin",
}
_UNCONFIRMED = {
    Attente.TEMOIN: "son fichier témoin",
    Attente.MANIFESTE: "un manifeste qui l'annonce",
}


def explain(reception: Reception, le: str) -> Finding:
    """Why the deposit was never taken for complete; ``le`` is the end of its wait, as the sender reads it.

    Raises KeyError for a wait that does not end in quarantine: a fault of ours.
    """
    if reception.attend is Attente.EMPREINTE:
        return cards.EMPREINTE_DIFFERENTE.at(value=reception.nom, le=le)
    if reception.attend in _INCOMPLETE:
        return cards.DEPOT_INCOMPLET.at(value=reception.nom, raison=_INCOMPLETE[reception.attend], le=le)
    return cards.DEPOT_NON_CONFIRME.at(value=reception.nom, raison=_UNCONFIRMED[reception.attend], le=le)
