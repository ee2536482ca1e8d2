"""Searching the annuaire as on the portal: ``*`` stands for any characters."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from edi.identifiers import siret_is_well_formed
from edi.model import Structure
from edi.store.annuaire import fold, structures_like
from edi.store.repertoire import Motif


class Page(NamedTuple):
    """How many structures match, and those of one page."""

    total: int
    structures: tuple[Structure, ...]


def search(connection: Connection, pattern: str, limit: int = 20, offset: int = 0) -> Page:
    """The structures that ``pattern`` names, by number or by words.

    By number: the whole of a SIRET (or another identifier), a SIREN or a postcode; spaces do not count.
    By words: each word of the pattern is a word of the name or of the town, in any order; accents, case
    and punctuation do not count. ``BREST*`` finds the words that begin so, ``*BREST*`` those that contain
    it, and ``*`` alone everything. A blank pattern finds nothing.
    """
    numero = "".join(pattern.split()).upper()
    if not numero:
        return Page(0, ())
    words = [like for like in map(_like_of_word, pattern.split()) if like.strip("%")]
    return Page(*structures_like(connection, _like_of_number(numero), words, limit, offset))


def read_motif(pattern: str) -> Motif:
    """What ``search`` looks for under a pattern, for the lists of the store; a blank one asks for all."""
    numero = "".join(pattern.split()).upper()
    if siret_is_well_formed(numero):
        return Motif(siret=numero)
    words = [like for like in map(_like_of_word, pattern.split()) if like.strip("%")]
    if not numero.strip("*"):
        return Motif()
    named = any(letter.isdigit() for letter in numero) or not words
    return Motif(_like_of_number(numero) if named else "", tuple(words))


def _like_of_number(numero: str) -> str:
    for special in ("\\", "%", "_"):
        numero = numero.replace(special, "\\" + special)
    return numero.replace("*", "%")


def _like_of_word(word: str) -> str:
    """Nothing is left to escape: folding keeps letters and digits only, as it did in the annuaire."""
    return "%".join(fold(part) for part in word.split("*"))
