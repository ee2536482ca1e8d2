"""What a fault of a sample is: the code it must provoke, and how it spoils an invoice that had none."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from lxml import etree

from edi.samples.brouillon import Brouillon

UBL, REFORME, MIXTE = "ubl", "ubl-reforme", "mixte"
FORMATS = (UBL, REFORME, MIXTE)
LES_UBL = (UBL, REFORME)


class Scene(NamedTuple):
    """What a fault may look at besides the invoice it spoils."""

    rng: random.Random
    jour: date  # the day the lot's invoices are dated
    original: Brouillon | None  # the first invoice of the lot, to be repeated


SpoilValues = Callable[[Brouillon, Scene], Brouillon]
SpoilTree = Callable[[etree._Element], None]  # root of a UBL document, CPPFactureMixteUnitaire of a mixed one
SpoilBytes = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Fault:
    """A kind of fault. It spoils the values, the tree or the bytes, in this order, where it says how."""

    nom: str  # in kebab-case
    code: str  # of the finding it provokes
    libelle: str  # what is wrong, in French
    formats: tuple[str, ...] = FORMATS
    values: SpoilValues | None = None
    tree: SpoilTree | None = None
    octets: SpoilBytes | None = None
    codes: Mapping[str, str] = field(default_factory=dict)  # the code, where a format provokes another
    aussi: tuple[str, ...] = ()  # codes it may provoke besides

    def code_for(self, nom_format: str) -> str:
        """The code of the finding it provokes in a document of this format."""
        return self.codes.get(nom_format, self.code)
