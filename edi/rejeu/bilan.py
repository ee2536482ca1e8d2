"""The sum of a replay: by fournisseur, what passes, what does not and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from edi.model import Finding, Severity
from edi.rejeu.jugement import Rejugee


@dataclass
class Bilan:
    """What a replay comes to for one fournisseur, counted in invoices."""

    fournisseur: str
    nom: str
    factures: Counter[str] = field(default_factory=Counter)  # by Rejugee.change
    exemples: dict[str, str] = field(default_factory=dict)  # number of one invoice, by Rejugee.change
    avant: Counter[str] = field(default_factory=Counter)  # invoices by code of what blocked them
    apres: Counter[str] = field(default_factory=Counter)  # and of what blocks them today
    exemples_de_code: dict[str, str] = field(default_factory=dict)
    raisons: dict[str, str] = field(default_factory=dict)  # why not judged: one invoice


def sum_up(judged: Iterable[Rejugee]) -> tuple[Bilan, ...]:
    """By fournisseur: first those of whom most would pass, then by name."""
    found: dict[str, Bilan] = {}
    for one in judged:
        partie = one.facture.fournisseur
        bilan = found.setdefault(str(partie.identifiant), Bilan(str(partie.identifiant), partie.nom))
        bilan.factures[one.change] += 1
        bilan.exemples.setdefault(one.change, one.facture.numero)
        if one.raison:
            bilan.raisons.setdefault(one.raison, one.facture.numero)
            continue
        before, after = blocking(one.avant), blocking(one.apres)
        bilan.avant.update(before)
        bilan.apres.update(after)
        for code in before - after:
            bilan.exemples_de_code.setdefault(code, one.facture.numero)
        bilan.exemples_de_code.update(dict.fromkeys(after, one.facture.numero))  # one that is still blocked
    return tuple(sorted(found.values(), key=lambda b: (-b.factures["acceptee"], b.nom, b.fournisseur)))


def blocking(findings: Sequence[Finding]) -> set[str]:
    """The codes that keep an invoice from being accepted."""
    return {finding.code for finding in findings if finding.severity >= Severity.ERROR}
