"""Sample flux_list, the world they live in, and the faults they can bear: values in, bytes out, no clock."""

from __future__ import annotations

from edi.samples.annuaire import services_csv, structures_csv
from edi.samples.brouillon import Brouillon
from edi.samples.document import JOUR, make_facture
from edi.samples.faults import (
    CII,
    CII_MIN,
    CII_REFORME,
    FACTURX,
    FAULTS,
    FORMATS,
    LES_REFORMES,
    MIXTE,
    REFORME,
    UBL,
    UBL_MIN,
    Fault,
)
from edi.samples.lot import ARCHIVES, Lot, LotSpec, make_files, make_lot
from edi.samples.world import WORLD, deposants, mandats

__all__ = [
    "ARCHIVES",
    "CII",
    "CII_MIN",
    "CII_REFORME",
    "FACTURX",
    "FAULTS",
    "FORMATS",
    "JOUR",
    "LES_REFORMES",
    "MIXTE",
    "REFORME",
    "UBL",
    "UBL_MIN",
    "WORLD",
    "Brouillon",
    "Fault",
    "Lot",
    "LotSpec",
    "deposants",
    "make_facture",
    "make_files",
    "make_lot",
    "mandats",
    "services_csv",
    "structures_csv",
]
