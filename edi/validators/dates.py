"""Dates that Chorus Pro's own formats let pass, though they cannot be meant.

For the reform's formats the official rules BR-FR-03 and BR-FR-CO-07 say the same, and say it alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from edi.model import Card, Severity
from edi.validators.paiement import DEJA_PAYEE
from edi.validators.rules import Context, Hit, Rule
from edi.validators.wording import day

FIRST_DAY = date(2000, 1, 1)
_CHORUS = frozenset({"chorus"})


def _check_not_ancient(context: Context) -> Iterator[Hit]:
    found = context.facture.date
    if found is not None and found < FIRST_DAY:
        yield Hit(context.facture.place("date"), day(found), f"une date depuis le {day(FIRST_DAY)}")


def _check_due_date(context: Context) -> Iterator[Hit]:
    facture = context.facture
    if facture.date is None or facture.echeance is None or facture.cadre == DEJA_PAYEE:
        return
    if facture.echeance < facture.date:
        words = {"date": day(facture.date)}
        expected = f"au plus tôt le {day(facture.date)}"
        yield Hit(facture.place("echeance"), day(facture.echeance), expected, words)


RULES: tuple[Rule, ...] = (
    Rule(
        Card(
            "EDI-DATE-03",
            Severity.WARNING,
            "REJ_SEMAN",
            "EN 16931, BT-2 ; BR-FR-03 : années 2000 à 2099",
            "La facture est datée du {value}, avant l'an 2000 : l'année est sans doute mal saisie.",
            "Le fournisseur vérifie la date de la facture.",
        ),
        _check_not_ancient,
        _CHORUS,
    ),
    Rule(
        Card(
            "EDI-ECHEANCE-01",
            Severity.WARNING,
            "REJ_COH",
            "EN 16931, BT-9 et BT-2 ; BR-FR-CO-07",
            "La date d'échéance ({value}) précède la date de la facture ({date}).",
            "Le fournisseur vérifie la date d'échéance.",
        ),
        _check_due_date,
        _CHORUS,
    ),
)
