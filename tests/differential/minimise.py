"""A document that shows a difference, made small: edits taken back, then elements taken out, greedily."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from differential.cases import Case, make
from differential.compare import DIFFERENT, Outcome, hold
from differential.sheets import Feuille
from differential.subjects import Subject
from edi import xml
from edi.exemples.edits import EditRefused

MOST = 400  # documents tried


class Minimal(NamedTuple):
    data: bytes
    case: Case  # with the edits that are needed; the document has lost elements besides
    outcome: Outcome


def minimise(subject: Subject, feuille: Feuille, case: Case, outcome: Outcome) -> Minimal:
    """The smallest document found that differs as the first one did."""
    case = _drop_edits(subject, feuille, case, outcome)
    tree = make(case)
    waiting, tries = list(tree.getroot()), 0
    while waiting and tries < MOST:  # the widest first: with an element goes all that it holds
        element, tries = waiting.pop(0), tries + 1
        parent = element.getparent()
        if parent is None:
            continue
        rank = parent.index(element)
        parent.remove(element)
        if _same(subject, feuille, tree, outcome) is None:
            parent.insert(rank, element)
            waiting += element
    return Minimal(etree.tostring(tree), case, _same(subject, feuille, tree, outcome) or outcome)


def _drop_edits(subject: Subject, feuille: Feuille, case: Case, outcome: Outcome) -> Case:
    for edit in case.edits:
        fewer = case._replace(edits=tuple(one for one in case.edits if one is not edit))
        try:
            tree = make(fewer)
        except (EditRefused, ValueError, xml.XmlRefused):
            continue
        if _same(subject, feuille, tree, outcome) is not None:
            case = fewer
    return case


def _same(subject: Subject, feuille: Feuille, tree: etree._ElementTree, outcome: Outcome) -> Outcome | None:
    """The outcome on a changed document, if it still differs in the same rules."""
    again = hold(subject, feuille, xml.parse(etree.tostring(tree)))
    alike = (one for one in again if one.kind == DIFFERENT and one.part == outcome.part)
    return next((one for one in alike if one.signature == outcome.signature), None)
