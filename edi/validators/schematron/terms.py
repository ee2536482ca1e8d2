"""Business terms: the French name of a BT or BG (of an MDT or MDG in a cycle de vie), and the term that an
element of a document is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache, lru_cache

from edi.resources import locate

_PREDICATE = re.compile(r"\[[^\[\]]*\]")
_STEP = re.compile(r"(@?)(?:[\w.*-]+:)?([\w.-]+)$")
_SAME = {"CreditNote": "Invoice", "CreditNoteLine": "InvoiceLine"}
TERM = re.compile(r"EXT-FR-FE-(?:BG-)?\d+|B[TG]-(?:X-)?\d+|MD[TG]-\d+(?:-\d)?")


@lru_cache(maxsize=4096)
def local_path(path: str) -> str:
    """``Invoice/InvoiceLine/ID`` from an XPath that names its steps: of SVRL, of xml.where, of the match of
    a template (its first alternative). A credit note has the names of an invoice."""
    before = ""
    while before != path:
        before, path = path, _PREDICATE.sub("", path)
    path = path.replace("(cac:InvoiceLine|cac:CreditNoteLine)", "cac:InvoiceLine")
    steps = (_STEP.match(step.strip()) for step in path.partition("|")[0].split("/"))
    names = (found[1] + _SAME.get(found[2], found[2]) for found in steps if found)
    return "/".join(name for name in names if name.strip("."))


def name_term(numbers: str) -> str:
    """``BT-24 Profil du document`` from ``BT-24``; several are parted by `` / ``; unknown ones stand bare."""
    return " / ".join(f"{number} {_load()[0].get(number, '')}".strip() for number in TERM.findall(numbers))


def names_of(numbers: str) -> str:
    """``Profil du document`` from ``BT-24``, several names parted by a comma."""
    return ", ".join(_load()[0].get(number, number) for number in TERM.findall(numbers))


def find_term(path: str, enclosing: bool = False) -> str:
    """The number of the term at a local path: ``BT-126`` for ``…/InvoiceLine/ID``; '' when it is none.

    With ``enclosing``, that of the nearest element around it that is one. Where the path cannot tell a remise
    from a charge, both numbers.
    """
    steps = path.split("/") if path else []
    while steps:
        for start in range(len(steps)):
            if number := _load()[1].get("/".join(steps[start:])):
                return number
        if not enclosing:
            return ""
        steps.pop()
    return ""


@cache
def _load() -> tuple[Mapping[str, str], Mapping[str, str]]:
    tables = tomllib.loads(locate("schemas", "termes.toml").read_text("utf-8"))
    return tables["noms"], {**tables["ubl"], **tables["cii"]}
