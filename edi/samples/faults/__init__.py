"""Every kind of fault that a sample can bear, by its name; each says the code it must provoke."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edi.samples.faults import annuaire, document, facture, pdf, pieces_jointes
from edi.samples.faults.fault import (
    CII,
    CII_MIN,
    CII_REFORME,
    FACTURX,
    FORMATS,
    LES_E2,
    LES_REFORMES,
    LES_UBL,
    MIXTE,
    REFORME,
    UBL,
    UBL_MIN,
    Fault,
    Scene,
)

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.nom: fault
        for fault in (
            *document.FAUTES,
            *pdf.FAUTES,
            *facture.FAUTES,
            *pieces_jointes.FAUTES,
            *annuaire.FAUTES,
        )
    }
)

__all__ = [
    "CII",
    "CII_MIN",
    "CII_REFORME",
    "FACTURX",
    "FAULTS",
    "FORMATS",
    "LES_E2",
    "LES_REFORMES",
    "LES_UBL",
    "MIXTE",
    "REFORME",
    "UBL",
    "UBL_MIN",
    "Fault",
    "Scene",
]
