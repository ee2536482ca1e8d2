"""What a fault of a sample is: the code it must provoke, and how it spoils an invoice that had none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from lxml import etree

from edi.samples.brouillon import Brouillon
from edi.samples.facturx import Hybride

UBL, REFORME, UBL_MIN, MIXTE = "ubl", "ubl-reforme", "ubl-min", "mixte"
CII, CII_REFORME, CII_MIN, FACTURX = "cii", "cii-reforme", "cii-min", "facturx"
FORMATS = (UBL, REFORME, UBL_MIN, CII, CII_REFORME, CII_MIN, FACTURX, MIXTE)
LES_UBL = (UBL, REFORME, UBL_MIN)
LES_CII = (CII, CII_REFORME, CII_MIN, FACTURX)
SANS_MIXTE = (*LES_UBL, *LES_CII)
LES_REFORMES = (REFORME, CII_REFORME, FACTURX)  # EN 16931, with the French rules
LES_E2 = (UBL_MIN, CII_MIN, MIXTE)  # the invoice itself is attached, under the type 01


class Scene(NamedTuple):
    """What a fault may look at besides the invoice it spoils."""

    rng: random.Random
    jour: date  # the day the lot's invoices are dated
    original: Brouillon | None  # the first invoice of the lot, to be repeated


SpoilValues = Callable[[Brouillon, Scene], Brouillon]
SpoilTree = Callable[[etree._Element], None]  # root of a document, CPPFactureMixteUnitaire of a mixed one
SpoilBytes = Callable[[bytes], bytes]
SpoilPdf = Callable[[Hybride], Hybride]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault. It spoils the values, the tree, the bytes of the XML, then the PDF around them."""

    nom: str  # in kebab-case
    code: str  # of the finding it provokes
    libelle: str  # what is wrong, in French
    formats: tuple[str, ...] = FORMATS
    values: SpoilValues | None = None
    tree: SpoilTree | None = None
    octets: SpoilBytes | None = None
    pdf: SpoilPdf | None = None
    fichier: SpoilBytes | None = None  # the bytes of the PDF
    codes: Mapping[str, str] = field(default_factory=dict)  # the code, where a format provokes another
    aussi: tuple[str, ...] = ()  # codes it may provoke besides
    officiel: str = ""  # the official rule that tells it, in the formats that official rules judge

    def code_for(self, nom_format: str) -> str:
        """The code of the finding it provokes in a document of this format."""
        told = self.officiel if self.officiel and nom_format in LES_REFORMES else self.code
        return self.codes.get(nom_format, told)
