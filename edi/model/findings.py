"""What is found in a document, what is known of it before, and what findings come to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import NamedTuple


class Severity(IntEnum):
    """What a finding does to what it was found in."""

    WARNING = 1  # told, does not block
    HOLD = 2  # we cannot say (the registry is silent): hold and try again, never reject
    ERROR = 3  # this facture is rejected
    FATAL = 4  # this file, or the whole flux, is irrecevable


class Place(NamedTuple):
    """Where a value stands, or should stand, in the bytes that were received."""

    path: str = ""  # XPath, or line:column when there is no tree
    line: int | None = None
    term: str = ""  # BT/BG or CPP element, with its name


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, told so that an accountant can mend it."""

    code: str
    severity: Severity
    message: str  # one French sentence for the sender
    location: str = ""
    line: int | None = None
    value: str = ""  # what was found
    expected: str = ""  # what was expected, or the nearest legal code
    fix: str = ""  # what to do, and who does it
    term: str = ""
    motif: str = ""  # reason code of the cycle de vie
    source: str = "edi"  # pack and version, or "edi"


@dataclass(frozen=True, slots=True)
class Card:
    """What is known of a finding before it occurs: the metadata of a rule, without its check.

    ``message`` may quote ``{value}``, ``{expected}`` and any word handed to :meth:`at`.
    ``since`` and ``until`` bound, half open, the days of invoices the rule speaks of.
    """

    code: str
    severity: Severity
    motif: str
    citation: str
    message: str
    fix: str
    since: date = date.min
    until: date = date.max

    def at(
        self, place: Place = Place(), value: str = "", expected: str = "", **words: str | int | Decimal
    ) -> Finding:
        """The finding of this card at one place."""
        return Finding(
            code=self.code,
            severity=self.severity,
            message=self.message.format(value=value, expected=expected, **words),
            location=place.path,
            line=place.line,
            value=value,
            expected=expected,
            fix=self.fix.format(value=value, expected=expected, **words),
            term=place.term,
            motif=self.motif,
        )


class Outcome(StrEnum):
    """Three outcomes for a facture; a flux may also be partial or irrecevable."""

    ACCEPTED = "accepted"
    PARTIAL = "partial"
    REJECTED = "rejected"
    IRRECEVABLE = "irrecevable"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the findings of one facture come to. Derived, never stored apart from its findings."""

    findings: tuple[Finding, ...] = ()

    @property
    def outcome(self) -> Outcome:
        if not self.findings:  # as most are
            return Outcome.ACCEPTED
        found = {finding.severity for finding in self.findings}
        if Severity.FATAL in found:
            return Outcome.REJECTED
        # What we cannot say comes before sure faults: they are all told together, once we can.
        if Severity.HOLD in found:
            return Outcome.UNDECIDED
        return Outcome.REJECTED if Severity.ERROR in found else Outcome.ACCEPTED

    @property
    def accepted(self) -> bool:
        return self.outcome is Outcome.ACCEPTED
