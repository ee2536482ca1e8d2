"""A PDF as it is shown: pages drawn as pictures, and the text that each one holds."""

from __future__ import annotations

from typing import NamedTuple

PDF = b"%PDF-"  # what bytes begin with that are drawn; any other are a file to keep


class Feuillet(NamedTuple):
    """One page: the size of its picture in pixels, and its text for who does not see it."""

    largeur: int
    hauteur: int
    texte: str


class Liasse(NamedTuple):
    """A PDF laid out."""

    pages: int  # that it has
    feuillets: tuple[Feuillet, ...]  # that are shown: the first ones


class PdfNonMontre(Exception):
    """A PDF of which no picture can be made; the message says why, in French."""
