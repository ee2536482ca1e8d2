"""A document of the rig: a seed and what is changed in it. The same case always makes the same document."""

from __future__ import annotations

from typing import NamedTuple

from lxml import etree

from differential.seeds import parse_seed
from edi import xml
from edi.exemples.edits import Edit, EditRefused, apply_edits


class Case(NamedTuple):
    """``origin`` tells who asked for it: a family of edits, or a random run with its seed."""

    seed: str
    edits: tuple[Edit, ...] = ()
    origin: str = ""


def make(case: Case) -> etree._ElementTree:
    """The document, parsed as any other that comes in.

    Raises EditRefused or ValueError for an edit that cannot be made in it, XmlRefused for no document.
    """
    root = parse_seed(case.seed)
    apply_edits(root, case.edits)
    return xml.parse(etree.tostring(root))


def keep_what_can_be(case: Case) -> Case:
    """The case without the edits whose place another one has taken away."""
    root, done = parse_seed(case.seed), []
    for edit in case.edits:
        try:
            apply_edits(root, (edit,))
        except (EditRefused, ValueError):
            continue
        done.append(edit)
    return case._replace(edits=tuple(done))
