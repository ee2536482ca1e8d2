"""An invoice that we cannot judge, and what two persons say of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from edi.model.findings import Finding, Severity

ACCEPTEE, REJETEE = "acceptee", "rejetee"
# Waits that persons may end: a rule that cannot be evaluated, one that is doubted, a document that could not
# be controlled. Never what an antivirus has not said, nor what the registry will say.
JUGEABLES = frozenset({"EDI-REGLES-01", "EDI-DISJONCTEUR-01", "EDI-MOTEUR-01"})


class Doute(NamedTuple):
    """A finding of an undecided invoice, by what makes it that very one in those very bytes."""

    code: str
    source: str
    location: str
    value: str
    severity: int
    message: str

    @property
    def retient(self) -> bool:
        """True for what makes it wait; else it blocks once nothing makes it wait any more."""
        return self.severity == Severity.HOLD


def doute_of(finding: Finding) -> Doute:
    """What is kept of a finding."""
    f = finding
    return Doute(f.code, f.source, f.location, f.value, int(f.severity), f.message)


@dataclass(frozen=True, slots=True)
class Indecise:
    """An invoice that waited at the last pass, or a file that could not be read (rang 0)."""

    flux_id: int
    fichier: str
    rang: int
    numero: str
    fournisseur: str  # its name, or its identifier
    sha256: str  # of the bytes of its flux
    doutes: tuple[Doute, ...]
    id: int = 0

    @property
    def retiennent(self) -> tuple[Doute, ...]:
        return tuple(one for one in self.doutes if one.retient)

    @property
    def bloquent(self) -> tuple[Doute, ...]:
        """What rejects it even when nothing makes it wait any more."""
        return tuple(one for one in self.doutes if not one.retient)

    @property
    def jugeable(self) -> bool:
        """Whether persons may say what it is worth."""
        return bool(self.retiennent) and all(one.code in JUGEABLES for one in self.retiennent)


@dataclass(frozen=True, slots=True)
class JugementMain:
    """What one person proposes of an undecided invoice, and what another answers."""

    id: int
    flux_id: int
    fichier: str
    rang: int
    numero: str
    sha256: str
    doutes: tuple[Doute, ...]  # the very findings that it is about, and no other
    issue: str  # ACCEPTEE, REJETEE
    motif: str  # of a rejection
    raison: str
    propose_par: str
    propose_le: datetime
    confirme: bool | None = None  # None: not answered
    repondu_par: str = ""
    repondu_le: datetime | None = None
    reponse: str = ""  # why so
