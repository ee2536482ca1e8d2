"""What is changed in a valid document to make another one: a few acts, each on one element named by its path.

A path is local names below the root, with a rank where brothers share a name (``InvoiceLine[2]/Item/Name``);
the root itself is the empty path.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from typing import Any, NamedTuple

from lxml import etree

PREFIXES = {
    "cac": "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2",
    "cbc": "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2",
    "ext": "urn:oasis:names:specification:ubl:schema:xsd:CommonExtensionComponents-2",
    "rsm": "urn:un:unece:uncefact:data:standard:CrossIndustryInvoice:100",
    "ram": "urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100",
    "udt": "urn:un:unece:uncefact:data:standard:UnqualifiedDataType:100",
    "qdt": "urn:un:unece:uncefact:data:standard:QualifiedDataType:100",
}
RETIRE, DOUBLE, TEXTE, ATTRIBUT, INSERE = "retire", "double", "texte", "attribut", "insere"
_ACTES = (RETIRE, DOUBLE, TEXTE, ATTRIBUT, INSERE)
_STEP = re.compile(r"([\w.-]+)(?:\[(\d+)\])?")
_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())


class EditRefused(Exception):
    """An edit that cannot be read, or whose place is not in the document. For us to mend."""


class Edit(NamedTuple):
    """One act on the element at ``en``.

    ``retire`` removes it, ``double`` repeats it, ``texte`` writes ``valeur`` in it, ``attribut`` gives
    ``valeur`` to its attribute ``nom`` (None removes it), ``insere`` puts the XML ``valeur`` among its
    children, before the first one called ``avant`` ('' for last).
    """

    acte: str
    en: str = ""
    valeur: str | None = None
    nom: str = ""
    avant: str = ""


def read_edit(entry: Mapping[str, Any]) -> Edit:
    """An edit as the data write it: ``{ en = "ID", texte = "" }``. Raises EditRefused."""
    actes = [acte for acte in _ACTES if acte in entry]
    if len(actes) != 1 or set(entry) - {*_ACTES, "en", "valeur", "avant"}:
        raise EditRefused(f"one act is wanted, and no other key: {dict(entry)}")
    acte, en = actes[0], str(entry.get("en", ""))
    if acte == ATTRIBUT:
        return Edit(acte, en, entry.get("valeur"), entry[ATTRIBUT])
    valeur = entry[acte] if acte in (TEXTE, INSERE) else None
    return Edit(acte, en, valeur, avant=entry.get("avant", ""))


def apply_edits(root: etree._Element, edits: Iterable[Edit]) -> tuple[etree._Element, ...]:
    """Change the document; the elements touched, in order: what was removed is told by its parent.

    Raises EditRefused when a place is not there.
    """
    return tuple(touched for edit in edits for touched in _apply(root, edit))


def _apply(root: etree._Element, edit: Edit) -> tuple[etree._Element, ...]:
    element = find(root, edit.en)
    parent = element.getparent()
    if edit.acte == TEXTE:
        element.text = edit.valeur or None
    elif edit.acte == ATTRIBUT:
        _set_attribute(element, edit.nom, edit.valeur)
    elif edit.acte == INSERE:
        return _insert(element, edit)
    elif parent is None:
        raise EditRefused("the root can be neither removed nor repeated")
    elif edit.acte == RETIRE:
        parent.remove(element)
        return (parent,)
    else:
        twin = deepcopy(element)
        element.addnext(twin)
        return (twin,)
    return (element,)


def _set_attribute(element: etree._Element, name: str, value: str | None) -> None:
    if value is None:
        if name in element.attrib:
            del element.attrib[name]
    else:
        element.set(name, value)


def _insert(element: etree._Element, edit: Edit) -> tuple[etree._Element, ...]:
    try:
        wrapper = etree.fromstring(f"<x {_DECLARED}>{edit.valeur}</x>")
    except etree.XMLSyntaxError as error:
        raise EditRefused(f"{edit.valeur!r} is no XML: {error}") from error
    rank = element.index(find(element, edit.avant)) if edit.avant else len(element)
    added = tuple(wrapper)
    for child in added:
        child.tail = None
    element[rank:rank] = list(added)
    etree.cleanup_namespaces(element, keep_ns_prefixes=list(PREFIXES))
    return added


def find(root: etree._Element, path: str) -> etree._Element:
    """The element at a path. Raises EditRefused when it is not there."""
    element = root
    for step in filter(None, path.split("/")):
        match = _STEP.fullmatch(step)
        if match is None:
            raise EditRefused(f"{step!r} in {path!r} is no step of a path")
        named = list(element.iterchildren(f"{{*}}{match[1]}"))
        rank = int(match[2] or 1)
        if rank > len(named):
            raise EditRefused(f"{path!r} is not in the document: no {step!r}")
        element = named[rank - 1]
    return element


def path_of(element: etree._Element) -> str:
    """The path of an element, as :func:`find` reads it."""
    steps: list[str] = []
    while (parent := element.getparent()) is not None:
        name = etree.QName(element).localname
        named = list(parent.iterchildren(f"{{*}}{name}"))
        rank = named.index(element) + 1
        steps.append(f"{name}[{rank}]" if rank > 1 else name)
        element = parent
    return "/".join(reversed(steps))
