"""One document under one sheet: what the subject finds against what the official sheet finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from lxml import etree

from differential.sheets import Feuille, pack_of, run_official
from differential.subjects import Declined, Subject
from edi.validators.schematron import saxon
from edi.validators.schematron.packs import Part
from edi.validators.schematron.svrl import Locator

EQUAL = "equal"
DIFFERENT = "different"
ASKED = "asked"  # the subject left it to Saxon
BOTH_RAISE = "both raise"
MENDED = "mended"  # the official sheet raised; the subject answers as the rewritten sheet does (guards.py)

OFFICIAL_RAISED = "the official sheet raises"


class Outcome(NamedTuple):
    """Of one run; ``missing`` and ``extra`` are what the subject finds too little and too much."""

    part: Part
    kind: str
    compared: int = 0  # failed asserts
    cause: str = ""
    missing: tuple[saxon.Failed, ...] = ()
    extra: tuple[saxon.Failed, ...] = ()

    @property
    def signature(self) -> str:
        """What makes two differences likely the same."""
        ids = sorted({f"-{one.id}" for one in self.missing} | {f"+{one.id}" for one in self.extra})
        return " ".join((self.part.sheet.name, self.cause[:80], *ids))


class Opened(NamedTuple):
    """A document as each side holds it."""

    tree: etree._ElementTree
    official: saxon.Document
    subject: object


def open_both(subject: Subject, tree: etree._ElementTree) -> Opened:
    """Raises saxon.Unreadable for a document of more than 100 levels."""
    official = saxon.open_document(tree)
    mine = official if subject.name in (saxon.REWRITTEN, saxon.ISOLATED) else subject.open(tree)
    return Opened(tree, official, mine)


def ask_official(feuille: Feuille, opened: Opened) -> tuple[saxon.Failed, ...] | None:
    """What the official sheet finds; None where it raises."""
    try:
        return run_official(feuille, opened.official)
    except saxon.DynamicError:
        return None


def compare(
    subject: Subject, feuille: Feuille, opened: Opened, official: tuple[saxon.Failed, ...] | None
) -> Iterator[Outcome]:
    """An outcome for each part of packs that uses the sheet, of which ``official`` is the answer."""
    return (_compare(subject, part, opened, official) for part in feuille.parts)


def hold(subject: Subject, feuille: Feuille, tree: etree._ElementTree) -> Iterator[Outcome]:
    """The same from a document."""
    opened = open_both(subject, tree)
    return compare(subject, feuille, opened, ask_official(feuille, opened))


def _compare(
    subject: Subject, part: Part, opened: Opened, official: tuple[saxon.Failed, ...] | None
) -> Outcome:
    try:
        found = subject.run(part, opened.subject)
    except Declined as declined:
        return Outcome(part, ASKED, cause=OFFICIAL_RAISED if official is None else declined.cause)
    except saxon.DynamicError as error:
        if official is None:
            return Outcome(part, BOTH_RAISE)
        return Outcome(part, DIFFERENT, cause=f"only the subject raises: {error.code} {error.text}")
    if official is None:
        return _compare_mended(part, opened, found)
    expected = [failed for failed in official if part.applies(failed.id)]
    return _tell(part, EQUAL, expected, found, opened.tree)


def _compare_mended(part: Part, opened: Opened, found: Iterable[saxon.Failed]) -> Outcome:
    """Where the official sheet raises, an answer is right only if the rewritten sheet gives it too.

    That sheet never casts what a rule has found badly formed, and its selections leave out rules that raise.
    """
    try:
        expected = saxon.run_pack(pack_of(part), opened.official, saxon.REWRITTEN)
    except saxon.DynamicError as error:
        cause = f"the official sheet raises, the subject does not: {error.code} {error.text}"
        return Outcome(part, DIFFERENT, cause=cause)
    return _tell(part, MENDED, expected, found, opened.tree)


def _tell(
    part: Part,
    same: str,
    expected: Iterable[saxon.Failed],
    found: Iterable[saxon.Failed],
    tree: etree._ElementTree,
) -> Outcome:
    wanted, got = Counter(expected), Counter(found)
    if wanted != got:
        wanted, got = _by_element(wanted, tree), _by_element(got, tree)
    if wanted == got:
        return Outcome(part, same, compared=wanted.total())
    missing, extra = (tuple(sorted(side.elements())) for side in (wanted - got, got - wanted))
    return Outcome(part, DIFFERENT, wanted.total(), "", missing, extra)


def _by_element(found: Counter[saxon.Failed], tree: etree._ElementTree) -> Counter[saxon.Failed]:
    """The same with each location as the path that lxml gives the element, however it was written."""
    locator, same = Locator(tree), Counter[saxon.Failed]()
    for failed, count in found.items():
        element, _, attribute = locator.find(failed.location)
        place = f"{tree.getelementpath(element)} {attribute}"
        same[failed._replace(location=place)] += count
    return same
