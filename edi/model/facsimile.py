"""An invoice as people read it, with the document it came from: what a screen shows."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from edi.model.facture import Facture
from edi.model.feuillets import PDF


class LigneSource(NamedTuple):
    """One line of a document laid out for reading: an element that holds a text, or one end of another."""

    chemin: str  # XPath of its element
    ligne: int | None  # of the bytes received
    profondeur: int  # 0 for the root of what is shown
    debut: str  # start tag
    texte: str = ""
    fin: str = ""  # end tag


class Designation(NamedTuple):
    """What a line is of; '' or None where it does not say."""

    nom: str
    reference: str  # that the fournisseur gives it
    taux: Decimal | None  # of VAT, a percentage
    unite: str  # code of the unit of its quantity


class Facsimile(NamedTuple):
    """An invoice read again from the store."""

    facture: Facture
    fichier: str
    pdf: bool  # the file is a PDF that holds its XML
    format: str  # of the document, in words
    designations: tuple[Designation, ...]  # of its lines, in order; none where the format has none
    source: tuple[LigneSource, ...]


class Fichier(NamedTuple):
    """A file that somebody asks for."""

    nom: str
    data: bytes

    @property
    def est_pdf(self) -> bool:
        """True when its bytes begin as those of a PDF, whatever its name says."""
        return self.data.startswith(PDF)
