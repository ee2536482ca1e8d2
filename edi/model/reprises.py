"""An accepted invoice taken up again by who deposited it: recycled to the right place, or completed.

Source: facts §4.3 (transitions): an invoice *à recycler* keeps its number, and only its destinataire, service
and engagement may change; a suspended one is given what was missing, and nothing else changes.
"""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import NamedTuple

from edi.model.facture import Partie
from edi.model.statuts import FactureStatut


class Nature(Enum):
    """How an invoice is taken up again; the value is what the pivot says of it (``Renvoi``)."""

    RECYCLAGE = "Recyclée"
    COMPLEMENT = "Complétée"

    @property
    def depuis(self) -> FactureStatut:
        """The one statut from which it is possible."""
        return FactureStatut.A_RECYCLER if self is Nature.RECYCLAGE else FactureStatut.SUSPENDUE


class Reprise(NamedTuple):
    """What a judged invoice takes up again: the invoice that was accepted under its number."""

    nature: Nature
    facture_id: int


class Acheminement(NamedTuple):
    """Where an invoice is to go: all that a recyclage may change."""

    destinataire: Partie
    service: str = ""
    engagement: str = ""


class PieceAjoutee(NamedTuple):
    """An attachment that a completed invoice was given by hand; its bytes lie in the store."""

    nom: str
    mime: str
    sha256: str
    taille: int  # bytes


class RepriseFaite(NamedTuple):
    """An invoice that was taken up again, as it is remembered."""

    id: int
    facture_id: int
    nature: Nature
    le: datetime
    flux_id: int | None  # that brought it back; None: it was done by hand
    fichier: str
    rang: int
    par: str  # who did it by hand; '' for a flux
    commentaire: str
    avant: Acheminement
    pieces: tuple[PieceAjoutee, ...] = ()
