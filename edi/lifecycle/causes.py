"""Why an invoice was rejected, in a form that many rejections share. Pure.

The finding that decided is the worst one, the first of them. Its signature says what else rejections of one
cause have in common: the destinataire for what the registry says of it; for anything else where the fault
lies, and how what was found there looks: runs of letters as A, runs of digits as 9.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from edi.model import Cause, Facture, Finding, Severity

_DU_DESTINATAIRE = frozenset({"DEST", "SERVICE", "ENGAGEMENT"})
_DU_FOURNISSEUR = frozenset({"FOURN", "MANDAT", "DOUBLON", "REPRISE"})  # its own group says it all
_NOMBRES = frozenset({"9", "9.9", "9,9"})
_LONG = 120
_LETTRES, _CHIFFRES, _BLANCS = re.compile(r"[^\W\d_]+"), re.compile(r"\d+"), re.compile(r"\s+")


def find_cause(facture: Facture, findings: Iterable[Finding]) -> Cause:
    """The cause of a rejection; its code is '' when nothing blocks the invoice."""
    blocking = [one for one in findings if one.severity >= Severity.ERROR]
    if not blocking:
        return Cause("", "")
    worst = max(blocking, key=lambda one: one.severity)
    return Cause(worst.code, make_signature(worst, facture)[:_LONG])


def make_signature(finding: Finding, facture: Facture) -> str:
    """What rejections by the same code have in common, in French."""
    parts = finding.code.split("-")
    subject = parts[1] if parts[0] == "EDI" and len(parts) > 1 else ""
    if subject in _DU_FOURNISSEUR:
        return ""
    if subject in _DU_DESTINATAIRE:
        service = f", service {facture.service or 'absent'}" if subject == "SERVICE" else ""
        return f"destinataire {facture.destinataire.identifiant.valeur or 'absent'}{service}"
    place = finding.term or finding.location.rpartition("/")[2].partition("[")[0]
    shape = draw_shape(finding.value)
    if shape.lstrip("-") in _NOMBRES:  # an amount, or a rank: each has its own
        return place
    return " : ".join(filter(None, (place, shape)))


def draw_shape(value: str) -> str:
    """How a value looks: « FR 40 303 265 045 » is « A 9 9 9 9 », « 12,50 » is « 9,9 »."""
    return _CHIFFRES.sub("9", _LETTRES.sub("A", _BLANCS.sub(" ", value.strip())))
