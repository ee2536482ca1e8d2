"""Limits and policy, as configured, and the interfaces that are known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from edi.model.findings import Severity

EXTENSIONS_PIECES_JOINTES = frozenset(
    "BMP GIF FAX ODT PPT TIFF XLS BZ2 GZ JPEG P7S RTF TXT XML CSV GZIP JPG PDF SVG XHTML XLSX DOC HTM "
    "ODP PNG TGZ XLC ZIP DOCX HTML ODS PPS TIF XLM PPTX".split()
)


@dataclass(frozen=True, slots=True)
class Limites:
    """How large a thing may be; sizes in bytes."""

    flux: int = 1024**3
    fichier: int = 120 * 1024**2
    piece_jointe: int = 10 * 1024**2
    factures: int = 500  # per flux
    entrees: int = 2_000  # members of an archive, of any kind
    ratio: int = 200  # expanded / compressed, above 10 MiB expanded
    nom_piece_jointe: int = 50  # characters, extension included
    extensions: frozenset[str] = EXTENSIONS_PIECES_JOINTES


@dataclass(frozen=True, slots=True)
class Politique:
    """What the operator decides where the law or the facts leave a choice."""

    mandat: str = "third_party"  # or "always", "never"
    mandat_en_cours_vaut_actif: bool = False
    emetteur_edi: str = "direct"  # the fournisseur must be an EDI emitter: "direct", "always", "never"
    unicite: str = "siren"  # or "identifiant": what names the seller in the unicity key
    tolerance: Decimal = Decimal("0.01")  # on sums, in the invoice's currency
    severites: Mapping[str, Severity] = field(default_factory=dict)  # our own codes only
    ancres: tuple[bytes, ...] = ()  # PEM certificates of the authorities whose signatures are trusted


class Interface(NamedTuple):
    """A flow code (FSO1100A), what it carries, and whether this version opens it."""

    code: str
    libelle: str
    ouverte: bool
