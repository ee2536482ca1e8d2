"""What a rule is, and how rules are run. No rule lives here.

A rule is a card (its metadata) and one pure generator of hits. It asks no clock, disk, database or network:
all it may know is in the :class:`Context`. A rule that lacks what it needs yields nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from edi.model import (
    Card,
    CleFacture,
    Deposant,
    Facture,
    Finding,
    Limites,
    Place,
    Politique,
    Snapshot,
)

FAMILLES = frozenset({"chorus", "reforme"})


@dataclass(frozen=True, slots=True)
class Context:
    """All that a rule may look at."""

    facture: Facture
    famille: str  # "chorus": identifier types 1..7 and cadres A1..A25; "reforme": ISO 6523 and BT-23
    politique: Politique
    limites: Limites
    jour: date  # day of the deposit, in Europe/Paris
    deposant: Deposant | None = None
    snapshot: Snapshot | None = None
    anterieures: Mapping[CleFacture, str] = field(default_factory=dict)  # accepted earlier in this lot
    interface: str = ""  # code of the flux's interface (FSO1100A), '' when it is not known

    @property
    def racine(self) -> str:
        """Local name of the document's root, as the places of its fields tell it; '' when they do not."""
        for place in self.facture.places.values():
            path = place.path.rpartition("#")[2]  # what precedes names a document inside another
            if path.startswith("/"):
                step = path.strip("/").split("/", 1)[0]
                return step.split("[", 1)[0].rpartition(":")[2]
        return ""

    def is_absent(self, name: str) -> bool:
        """True when the reader of this format looked for the field and found nothing.

        A format that has no such element says nothing of it: only this is an absence.
        """
        facture = self.facture
        found = facture.termes.get(name) if name in facture.termes else getattr(facture, name, None)
        return name in facture.places and not found


class Hit(NamedTuple):
    """One place where a rule is broken; ``words`` fill the card's sentence."""

    place: Place
    value: str = ""
    expected: str = ""
    words: Mapping[str, str] = {}


Check = Callable[[Context], Iterator[Hit]]


@dataclass(frozen=True, slots=True, eq=False)
class Rule:
    """A card and its check; it is itself alone, so that rules are told apart without reading them."""

    card: Card
    check: Check
    familles: frozenset[str] = FAMILLES


def run(rules: Iterable[Rule], context: Context) -> tuple[Finding, ...]:
    """Everything that ``rules`` find, under the law of the invoice's own day."""
    findings = []
    for rule in _select(tuple(rules), context.famille, context.facture.date or context.jour):
        for hit in rule.check(context):
            severity = context.politique.severites.get(rule.card.code, rule.card.severity)
            finding = rule.card.at(hit.place, hit.value, hit.expected, **hit.words)
            findings.append(replace(finding, severity=severity))
    return tuple(findings)


@lru_cache(maxsize=256)
def _select(rules: tuple[Rule, ...], famille: str, jour: date) -> tuple[Rule, ...]:
    """The rules that speak of the invoices of a day; the invoices of a night are of few days."""
    return tuple(
        rule for rule in rules if famille in rule.familles and rule.card.since <= jour < rule.card.until
    )
