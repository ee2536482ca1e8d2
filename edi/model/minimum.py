"""The minimum data of an invoice whose document is a PDF: what they are, and their fields."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from edi.model.facture import Jour, LigneTva

CADRES = {
    "A1": "A1 – d'un fournisseur",
    "A2": "A2 – déjà payée",
    "A9": "A9 – d'un sous-traitant",
    "A12": "A12 – d'un cotraitant",
}
TYPES = {"380": "Facture", "381": "Avoir"}
MODES = {
    "30": "Virement",
    "10": "Espèces",
    "20": "Chèque",
    "48": "Carte",
    "49": "Prélèvement",
    "97": "Compensation",
}
TAUX = 3  # rows of the VAT recap on the form


class Champ(NamedTuple):
    """A field of the form."""

    nom: str
    libelle: str
    obligatoire: bool = False
    aide: str = ""


IDENTITE = (
    Champ("numero", "Numéro de facture", True),
    Champ("date", "Date de la facture", True),
    Champ("devise", "Devise", True),
)
PARTIES = (
    Champ("fournisseur", "SIRET du fournisseur", True),
    Champ("fournisseur_nom", "Raison sociale", aide="celle de l'annuaire si vous laissez vide"),
    Champ("destinataire", "SIRET du destinataire", True),
    Champ("service", "Code service"),
    Champ("engagement", "Numéro d'engagement"),
    Champ("marche", "Numéro de marché"),
)
MONTANTS = (
    Champ("ht", "Total HT", True),
    Champ("tva", "Total TVA", True),
    Champ("ttc", "Total TTC", True),
    Champ("net", "Net à payer", True, "le TTC, moins ce qui est déjà payé"),
)


@dataclass(frozen=True, slots=True)
class Minimum:
    """The data of an invoice whose document is a PDF that says them to people alone."""

    cadre: str  # A1, A2, A9 or A12
    type: str  # 380 or 381
    numero: str
    date: Jour
    devise: str
    mode_paiement: str  # '' for an avoir
    fournisseur: str  # SIRET
    fournisseur_nom: str
    destinataire: str  # SIRET
    service: str
    engagement: str
    marche: str
    ht: Decimal
    ttc: Decimal
    net: Decimal
    tva: tuple[LigneTva, ...]
