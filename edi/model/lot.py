"""What was judged: an invoice, a file, a whole flux, each with its findings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from edi.model.confiance import Execution
from edi.model.facture import Facture
from edi.model.findings import Finding, Outcome, Severity, Verdict
from edi.model.reperes import Repere
from edi.model.reprises import Reprise


class PackApplique(NamedTuple):
    """A version of a set of rules that an invoice was judged under; ``edi`` names our own, without files."""

    id: str
    version: str
    sha256: tuple[str, ...] = ()  # of each official file, in order


class Regle(NamedTuple):
    """A rule as findings name it: of a version of an official set of rules, or ours."""

    source: str  # pack and version, or "edi"
    code: str

    @property
    def jeu(self) -> str:
        """The set of rules, for people."""
        return "règle de Navette" if self.source == "edi" else self.source


@dataclass(frozen=True, slots=True)
class FactureJugee:
    """An invoice with all that was found in it, and the sets of rules that were asked."""

    facture: Facture
    findings: tuple[Finding, ...] = ()
    packs: tuple[PackApplique, ...] = ()
    reprise: Reprise | None = None  # the accepted invoice of its number that it means to take up again

    @property
    def verdict(self) -> Verdict:
        return Verdict(self.findings)

    def with_findings(self, more: tuple[Finding, ...]) -> FactureJugee:
        return replace(self, findings=self.findings + more) if more else self


@dataclass(frozen=True, slots=True)
class FichierJuge:
    """One file of a flux: its invoices, or why it holds none."""

    nom: str
    interface: str = ""  # interface of the scenario it was judged under
    factures: tuple[FactureJugee, ...] = ()
    findings: tuple[Finding, ...] = ()  # of the file itself
    scenario: str = ""  # id of the scenario it was judged under
    a_verifier: bool = False  # it bears a signature that nobody has looked at yet
    executions: tuple[Execution, ...] = ()  # of each official sheet that was asked

    @property
    def recevable(self) -> bool:
        """True when at least one invoice of the file passed the technical controls, or still may."""
        passed = (max((f.severity for f in j.findings), default=0) < Severity.FATAL for j in self.factures)
        return self.en_attente or any(passed)

    @property
    def en_attente(self) -> bool:
        """True for a file that we could not judge: it stands for one undecided invoice."""
        return not self.factures and any(f.severity == Severity.HOLD for f in self.findings)


@dataclass(frozen=True, slots=True)
class LotJuge:
    """All that was found in one flux: in its envelope, and file by file."""

    findings: tuple[Finding, ...] = ()  # of the flux itself
    fichiers: tuple[FichierJuge, ...] = ()
    repere: Repere | None = None  # the registry that was asked; None: it was not

    @property
    def factures(self) -> tuple[FactureJugee, ...]:
        return tuple(jugee for fichier in self.fichiers for jugee in fichier.factures)

    @property
    def executions(self) -> tuple[Execution, ...]:
        """Of each official sheet, on each file that it was asked about."""
        return tuple(execution for fichier in self.fichiers for execution in fichier.executions)

    @property
    def rejetees(self) -> int:
        """Invoices rejected, counting an unreadable file as the one invoice it stood for."""
        rejected = sum(jugee.verdict.outcome is Outcome.REJECTED for jugee in self.factures)
        return rejected + self.illisibles

    @property
    def illisibles(self) -> int:
        """Files in which no invoice could be read."""
        return sum(not fichier.factures and not fichier.en_attente for fichier in self.fichiers)

    @property
    def acceptees(self) -> int:
        return sum(jugee.verdict.accepted for jugee in self.factures)

    @property
    def en_attente(self) -> int:
        """Invoices that we cannot judge yet; the others need not wait for them."""
        undecided = sum(jugee.verdict.outcome is Outcome.UNDECIDED for jugee in self.factures)
        return undecided + sum(fichier.en_attente for fichier in self.fichiers)

    @property
    def outcome(self) -> Outcome:
        """The one place where a flux is called accepted, partial, rejected, irrecevable or undecided."""
        worst = max((finding.severity for finding in self.findings), default=Severity.WARNING)
        if worst == Severity.FATAL:
            return Outcome.IRRECEVABLE
        if worst == Severity.HOLD:
            return Outcome.UNDECIDED
        if not any(fichier.recevable for fichier in self.fichiers):
            return Outcome.IRRECEVABLE
        if self.en_attente:
            return Outcome.UNDECIDED
        if not self.acceptees:
            return Outcome.REJECTED
        return Outcome.PARTIAL if self.rejetees else Outcome.ACCEPTED
