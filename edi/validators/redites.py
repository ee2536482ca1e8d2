"""One fault, told once: what an official rule has said already is not said again in our own words.

Our own rules must see what the official ones do not judge (flows of Chorus Pro's own formats bear no official
pack). Where both do, the official rule is the one to quote.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from edi.model import Finding, Severity

# Code of ours -> the official rules that tell the very same fault of the same datum.
SAME_FAULT: Mapping[str, frozenset[str]] = {
    "EDI-NUMERO-01": frozenset({"BR-02"}),
    "EDI-NUMERO-03": frozenset({"BR-FR-02_BT-1"}),
    "EDI-TYPE-01": frozenset({"BR-FR-04_BT-3"}),
    "EDI-CADRE-01": frozenset({"BR-FR-08_BT-23"}),
    "EDI-CADRE-02": frozenset({"BR-FR-08_BT-23"}),
    "EDI-DATE-01": frozenset({"BR-03", "BR-FR-03_BT-2"}),
    "EDI-MONTANT-01": frozenset({"BR-CO-15", "BR-FREXT-CO-15", "BR-FXEXT-CO-15"}),
    "EDI-MONTANT-03": frozenset({"BR-CO-14"}),
    "EDI-MONTANT-04": frozenset({"BR-CO-16", "BR-FXEXT-CO-16"}),
}


def drop_repeated(ours: Iterable[Finding], official: Iterable[Finding]) -> Iterator[Finding]:
    """Our findings on one invoice, without those that a blocking official finding on it repeats."""
    said = {finding.code for finding in official if finding.severity >= Severity.ERROR}
    return (finding for finding in ours if said.isdisjoint(SAME_FAULT.get(finding.code, ())))
