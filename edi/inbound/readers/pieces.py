"""Attachments: measured while the invoice is read, then let go."""

from __future__ import annotations

import base64
import binascii

from edi.inbound import nature_piece
from edi.inbound.archive import open_single_member
from edi.model import Limites, PieceJointe

DEFAULT_LIMIT = Limites().piece_jointe
FACTURE, COMPLEMENT = "01", "02"


def measure(nom: str, type_: str, mime: str, contenu: str, zipped: bool, limite: int) -> PieceJointe:
    """An attachment whose content is base64: of the file itself, or of a zip that holds it alone.

    The size of a zipped file is counted by unzipping, up to ``limite`` bytes and one.
    """
    try:
        data = base64.b64decode("".join(contenu.split()), validate=True)
    except (binascii.Error, ValueError):  # ValueError: characters beyond ASCII
        return PieceJointe(nom, type_, mime, 0, faute="base64")
    if not zipped or not data:
        measured = nature_piece.measure(data) if len(data) <= limite else ("", None)
        return PieceJointe(nom, type_, mime, len(data), "", "", *measured)
    membre, inner, taille, faute = open_single_member(data, limite)
    nature, lisible = nature_piece.measure(inner) if inner else ("", None)
    return PieceJointe(nom, type_, mime, taille, membre, faute, nature, lisible)
