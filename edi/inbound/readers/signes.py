"""What a document shows of its own kind, before it is known which scenario judges it."""

from __future__ import annotations

from typing import NamedTuple


class Signes(NamedTuple):
    """The marks by which a document's scenario is chosen."""

    profil: str = ""  # BT-24, '' when it claims none
    chorus: bool = False  # identifier types 1 to 7, or a cadre A1 to A25: a format of Chorus Pro
    mixte: bool = False  # the invoice itself is attached (type 01), and no line has an amount
