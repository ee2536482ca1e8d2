"""Every kind of fault that a sample can bear, by its name; each says the code it must provoke."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from edi.samples.faults import annuaire, document, facture, pieces_jointes
from edi.samples.faults.fault import FORMATS, LES_UBL, MIXTE, REFORME, UBL, Fault, Scene

FAULTS: Mapping[str, Fault] = MappingProxyType(
    {
        fault.nom: fault
        for fault in (*document.FAUTES, *facture.FAUTES, *pieces_jointes.FAUTES, *annuaire.FAUTES)
    }
)

__all__ = ["FAULTS", "FORMATS", "LES_UBL", "MIXTE", "REFORME", "UBL", "Fault", "Scene"]
