"""Deposits by hand: how they are judged without being made, and how they are made."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace

from edi.assemblage.flux import make_tribunal
from edi.console.gestes import Manuel
from edi.espace import Espace
from edi.gestes.depot import deposit_by_hand, try_by_hand
from edi.model import DepotVoulu, EssaiManuel, Versement
from edi.pipeline import Pipeline
from edi.wiring import make_engine


def make_manuel(espace: Espace, pipeline: Pipeline) -> Manuel:
    """What pages may do with what is handed in to them."""
    tribunal, alone = make_tribunal(espace, pipeline), threading.Lock()

    def try_out(voulu: DepotVoulu, versement: Versement) -> EssaiManuel:
        # An engine of its own, one trial at a time: flux_list that are judged meanwhile do not wait for it.
        with alone, closing(make_engine(espace.settings)) as engine:
            return try_by_hand(espace, voulu, versement, replace(tribunal, engine=engine).judge)

    def deposit(voulu: DepotVoulu, versement: Versement, par: str) -> int:
        return deposit_by_hand(espace, voulu, versement, par)

    return Manuel(
        deposants={code: d.libelle for code, d in espace.settings.deposants.items()},
        limite=espace.settings.limites.flux,
        open_versement=espace.spool.open_versement,
        try_out=try_out,
        deposit=deposit,
    )
