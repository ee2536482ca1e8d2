"""What a page shows of the invoices of one flux, and of what was found in them. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from edi.model import FactureDeposee, FactureStatut, Finding

# Of the invoices of a flux, by what became of them at deposit: key of the address, words.
FAMILLES = {"": "Toutes", "acceptees": "Acceptées", "rejetees": "Rejetées", "attente": "En attente"}


def of_family(factures: Sequence[FactureDeposee], famille: str) -> list[FactureDeposee]:
    """Those of one kind; all of them for a kind that there is not."""
    if famille == "acceptees":
        return [f for f in factures if f.statut not in (None, FactureStatut.NON_CONFORME)]
    if famille == "rejetees":
        return [f for f in factures if f.statut is FactureStatut.NON_CONFORME]
    if famille == "attente":
        return [f for f in factures if f.statut is None]
    return list(factures)


class Cause(NamedTuple):
    """One thing that was found, once or many times."""

    finding: Finding  # the first one
    factures: int  # in how many invoices; 0: in the flux or a file
    fois: int


def fold_findings(
    findings: Iterable[tuple[FactureDeposee | None, str, Finding]],
) -> list[Cause]:
    """What was found, each sentence once; what blocks first, then the most frequent."""
    first: dict[tuple[str, str], Finding] = {}
    times: Counter[tuple[str, str]] = Counter()
    where: dict[tuple[str, str], set[int]] = {}
    for facture, _, finding in findings:
        key = (finding.code, finding.message)
        first.setdefault(key, finding)
        times[key] += 1
        if facture is not None:
            where.setdefault(key, set()).add(facture.id)
    found = [Cause(finding, len(where.get(key, ())), times[key]) for key, finding in first.items()]
    return sorted(found, key=lambda one: (-one.finding.severity, -one.fois, one.finding.code))
