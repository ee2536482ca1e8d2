"""The valid invoices of ``schemas/exemples``: some are files, others are made of one by a few changes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from lxml import etree

from edi import xml
from edi.exemples.edits import Edit, apply_edits, read_edit
from edi.resources import locate


@dataclass(frozen=True, slots=True)
class Base:
    """A valid invoice: a ``fichier``, or the base ``de`` with texts replaced, then edits made."""

    id: str
    libelle: str
    scenario: str = ""  # of schemas/scenarios.toml; '' for a base that serves some packs only
    packs: tuple[str, ...] = ()  # it breaks no rule of them, besides those of its scenario
    fichier: str = ""
    de: str = ""
    remplace: tuple[tuple[str, str], ...] = ()
    edits: tuple[Edit, ...] = ()


@cache
def load_bases() -> Mapping[str, Base]:
    """By id, in the order of the file. Raises EditRefused."""
    data = tomllib.loads(locate("schemas", "exemples", "bases.toml").read_text("utf-8"))
    bases = (
        Base(
            **{
                **entry,
                "packs": tuple(entry.get("packs", ())),
                "remplace": tuple((old, new) for old, new in entry.get("remplace", ())),
                "edits": tuple(map(read_edit, entry.get("edits", ()))),
            }
        )
        for entry in data["base"]
    )
    return {base.id: base for base in bases}


@cache
def write_base(name: str) -> bytes:
    """The document of a base. Raises KeyError for an unknown one, EditRefused for one that cannot be made."""
    base = load_bases()[name]
    if base.fichier:
        return locate("schemas", "exemples", base.fichier).read_bytes()
    text = write_base(base.de).decode()
    for old, new in base.remplace:
        text = text.replace(old, new)
    root = parse(text.encode())
    apply_edits(root, base.edits)
    return write(root)


def parse(data: bytes) -> etree._Element:
    """A document without the white space of its layout. Raises XmlRefused."""
    root = xml.parse(data).getroot()
    for element in root.iter():
        element.tail = None
        if len(element):
            element.text = None
    return root


def write(root: etree._Element) -> bytes:
    """A document laid out anew."""
    etree.indent(root)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True) + b"\n"
