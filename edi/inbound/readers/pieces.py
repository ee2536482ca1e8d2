"""Attachments: measured while the invoice is read, then let go; and found again for who needs their bytes."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator

from lxml import etree

from edi.inbound import nature_piece
from edi.inbound.archive import open_single_member
from edi.model import Limites, PieceJointe

DEFAULT_LIMIT = Limites().piece_jointe
FACTURE, COMPLEMENT = "01", "02"
SIGNED = b"/ByteRange"  # in a PDF that bears a signature it always stands in clear: it tells what is signed

_PIECE = 256 * 1024  # characters decoded in one go


def measure(nom: str, type_: str, mime: str, contenu: str, zipped: bool, limite: int) -> PieceJointe:
    """An attachment whose content is base64: of the file itself, or of a zip that holds it alone.

    The size of a zipped file is counted by unzipping, up to ``limite`` bytes and one.
    """
    try:
        data = _decode(contenu)
    except ValueError:
        return PieceJointe(nom, type_, mime, 0, faute="base64")
    del contenu  # the text of a large attachment does not lie here while it is unzipped
    membre, faute, inner, taille = "", "", data if len(data) <= limite else b"", len(data)
    if zipped and data:
        membre, inner, taille, faute = open_single_member(data, limite)
    nature, lisible = nature_piece.measure(inner)
    signee = nature == nature_piece.PDF and SIGNED in inner
    return PieceJointe(nom, type_, mime, taille, membre, faute, nature, lisible, signee)


def contents(tree: etree._ElementTree) -> Iterator[etree._Element]:
    """Every element of a document that holds the base64 of a file, in whatever syntax, in its order."""
    for element in tree.iter("{*}*"):
        name = str(element.tag).rpartition("}")[2]
        if name == "Contenu" or name.endswith("BinaryObject"):
            yield element


def unwrap(contenu: str, limite: int) -> tuple[bytes, ...]:
    """An attachment out of its base64, then out of its zip when it lies there alone; the file itself is last.

    Nothing for what is no base64; not out of its zip when the file is larger than ``limite``.
    """
    try:
        data = _decode(contenu)
    except ValueError:
        return ()
    _, inner, _, _ = open_single_member(data, limite)
    return tuple(layer for layer in (data, inner) if layer)


def _decode(contenu: str) -> bytes:
    """Raises ValueError (binascii.Error, or characters beyond ASCII).

    Piece by piece: beside the text of a large attachment lie its bytes, and no copy of either.
    """
    if len(contenu) <= _PIECE:
        return base64.b64decode("".join(contenu.split()), validate=True)
    made, rest = io.BytesIO(), ""
    for start in range(0, len(contenu), _PIECE):
        rest += "".join(contenu[start : start + _PIECE].split())
        whole = max(0, len(rest) - 8) // 4 * 4  # what is left may be the end, which alone is padded
        if "=" in rest[:whole]:
            raise ValueError("padding before the end")
        made.write(base64.b64decode(rest[:whole], validate=True))
        rest = rest[whole:]
    made.write(base64.b64decode(rest, validate=True))
    return made.getvalue()
