"""All rules, in the order in which they are run, and the card of each.

Document rules need the invoice alone. Registry rules need a snapshot. Doublon rules run last, invoice by
invoice in the order of the lot, for each one accepted is known to the next.
"""

from __future__ import annotations

from edi.model import Card
from edi.validators import (
    acquittement,
    cpro,
    dates,
    destinataire,
    doublon,
    facture,
    fournisseur,
    lignes,
    lot,
    mandat,
    paiement,
    pieces_jointes,
    reforme,
    reprise,
    service,
    signature_cards,
    statuts,
    tva,
)
from edi.validators.rules import Rule

DOCUMENT_RULES: tuple[Rule, ...] = (
    *facture.RULES,
    *lignes.RULES,
    *dates.RULES,
    *tva.RULES,
    *paiement.RULES,
    *pieces_jointes.RULES,
    *reforme.RULES,
    *cpro.RULES,
)
REGISTRY_RULES: tuple[Rule, ...] = fournisseur.RULES + mandat.RULES + destinataire.RULES + service.RULES
DOUBLON_RULES: tuple[Rule, ...] = doublon.RULES + reprise.RULES

# Titles of the subjects that edi/catalogue.py does not yet name, in the order of the life of a flux.
RULE_CARDS: tuple[Card, ...] = (
    *(rule.card for rule in DOCUMENT_RULES + REGISTRY_RULES + DOUBLON_RULES),
    *signature_cards.CARDS,
    lot.CARD,
    *statuts.CARDS,
    *acquittement.CARDS,
)
