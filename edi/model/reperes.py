"""How far histories had come at an instant."""

from __future__ import annotations

from typing import NamedTuple


class Repere(NamedTuple):
    """The last row of each history that a judgement could see; 0: none.

    Numbers, not instants: what was written in one second, or under a clock that was put back, keeps its
    order.
    """

    annuaire: int = 0  # imports of the annuaire
    mandats: int = 0  # what was done to mandats
    factures: int = 0  # statuts of invoices
    flux: int = 0  # statuts of flux_list
    reprises: int = 0  # invoices taken up again
