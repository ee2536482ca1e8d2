"""Invoices and their documents laid out for screens, from the bytes of the store."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from lxml import etree
from sqlalchemy import Connection

from edi.document import DocumentRefused
from edi.inbound.readers import facturx
from edi.inbound.readers.designations import read_designations
from edi.inbound.readers.pieces import contents, unwrap
from edi.model import Facsimile, FactureDeposee, Fichier, LigneSource, Place
from edi.relecture import Relecture
from edi.xml import line_of, spell, where

_LONG = 600  # characters of one text that are shown
_CACHES = ("Contenu", "BinaryObject")  # ends of the names of elements that hold a file in base64


def make_facsimile(conn: Connection, relecture: Relecture, deposee: FactureDeposee) -> Facsimile | None:
    """An invoice as it stands and its document; None when its bytes are gone, or cannot be read."""
    try:
        relue = relecture.find(conn, deposee)
    except (OSError, LookupError, DocumentRefused):
        return None
    tree, root = relue.document.tree, _path(relue.facture.place("facture"))
    return Facsimile(
        relue.facture,
        relue.nom,
        Fichier(relue.nom, relue.data).est_pdf,
        relue.document.scenario.libelle,
        read_designations(tree, relue.document.scenario.lecteur),
        tuple(lay_out(tree.getroot(), root)),
    )


def find_document(
    conn: Connection, relecture: Relecture, deposee: FactureDeposee, piece: int | None
) -> Fichier | None:
    """The file that holds an invoice (``piece`` None), or one of its attachments, from 0; None: no such."""
    try:
        relue = relecture.find(conn, deposee)
    except (OSError, LookupError, DocumentRefused):
        return None
    if piece is None:
        return Fichier(relue.nom, relue.data)
    if not 0 <= piece < len(relue.facture.pieces_jointes):
        return None
    known = {where(element): element for element in contents(relue.document.tree)}
    element = known.get(_path(relue.facture.place(f"pj[{piece}].contenu")))
    layers = unwrap(element.text or "", relecture.limites.piece_jointe) if element is not None else ()
    one = relue.facture.pieces_jointes[piece]
    if not layers:
        return None
    return Fichier(one.membre, layers[-1]) if one.membre else Fichier(one.nom, layers[0])


def _path(place: Place) -> str:
    """Where something stands in the XML itself, be it inside a PDF."""
    return place.path.removeprefix(facturx.PREFIXE)


def lay_out(root: etree._Element, within: str) -> Iterator[LigneSource]:
    """The elements of a document, one a line, those of ``within`` alone (an XPath as ``where`` writes it)."""
    margin = max(0, within.count("/") - 1)
    for element, path, depth, closes in _walk(root):
        if not _is_inside(path, within):
            continue
        depth -= margin
        tag = _name(element)
        if closes:
            yield LigneSource(path, None, depth, "", fin=f"</{tag}>")
            continue
        start = f"<{tag}{_attributes(element)}"
        if len(element):
            yield LigneSource(path, line_of(element), depth, f"{start}>")
        elif text := _text(element):
            yield LigneSource(path, line_of(element), depth, f"{start}>", text, f"</{tag}>")
        else:
            yield LigneSource(path, line_of(element), depth, f"{start}/>")


def _is_inside(path: str, within: str) -> bool:
    return not within or path == within or path.startswith(f"{within}/")


def _walk(root: etree._Element) -> Iterator[tuple[etree._Element, str, int, bool]]:
    """Every element with its path, as ``where`` writes it, and its depth; those with children twice.

    Siblings are counted once a parent: numbering each among the others would cost the square of their number.
    """
    pending = [(root, where(root), 0, False)]
    while pending:
        element, path, depth, closes = pending.pop()
        yield element, path, depth, closes
        children = [child for child in element if isinstance(child.tag, str)]
        if closes or not children:
            continue
        pending.append((element, path, depth, True))
        many, seen = Counter(child.tag for child in children), Counter[object]()
        below = []
        for child in children:
            seen[child.tag] += 1
            name = _name(child)
            step = name if many[child.tag] == 1 else f"{name}[{seen[child.tag]}]"
            below.append((child, f"{path}/{step}", depth + 1, False))
        pending += reversed(below)


def _name(element: etree._Element) -> str:
    """The name of an element as its document writes it."""
    local = etree.QName(element).localname
    return f"{element.prefix}:{local}" if element.prefix else local


def _attributes(element: etree._Element) -> str:
    pairs = ((spell(str(name), element.nsmap), str(value)) for name, value in element.items())
    return "".join(f' {name}="{value}"' for name, value in pairs)


def _text(element: etree._Element) -> str:
    text = " ".join((element.text or "").split())
    if str(element.tag).endswith(_CACHES) and len(text) > _LONG // 10:
        return f"… {len(text)} caractères en base64 …"
    return text if len(text) <= _LONG else f"{text[:_LONG]}…"
