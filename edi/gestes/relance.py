"""An operator's word: a held flux is tried again at once."""

from __future__ import annotations

from edi.espace import Espace
from edi.model import Flux, FluxStatut
from edi.spool import Entry
from edi.store import flux as flux_store
from edi.store import journal


def relaunch(espace: Espace, flux: Flux, par: str = "", raison: str = "") -> Entry | None:
    """Put a held flux back into ``incoming`` with a clean slate; None when it is not held.

    ``par``: who asks for it, ``raison``: why.
    """
    if flux.statut is not FluxStatut.EN_ATTENTE:
        return None
    queues = [entry for queue in ("hold", "incoming") for entry in espace.spool.entries(queue)]
    entry = next((e for e in queues if e.ticket == flux.ticket), None)
    if entry is None:
        return None
    with espace.engine.begin() as conn:
        flux_store.describe(conn, flux.id, tentatives=0)
        detail = {"raison": raison} if raison else None
        journal.note_act(
            conn, "flux-relance", flux.nom, espace.now(), par=par, detail=detail, flux_id=flux.id
        )
    if entry.path.parent.parent.name == "incoming":  # relaunched already
        return entry
    return espace.spool.move(entry, "incoming")
