"""An operator's word: a held flux is tried again at once."""

from __future__ import annotations

from edi.espace import Espace
from edi.model import Flux, FluxStatut
from edi.model.gestes import GesteRefuse, read_reason
from edi.spool import Entry
from edi.store import flux as flux_store
from edi.store import journal, retenues


def relaunch(espace: Espace, flux: Flux, raison: str, par: str = "") -> Entry:
    """Put a held flux back into ``incoming`` with a clean slate.

    ``par``: who asks for it. Raises GesteRefuse when it is not held.
    """
    raison = read_reason(raison)
    queues = [entry for queue in ("hold", "incoming") for entry in espace.spool.entries(queue)]
    entry = next((e for e in queues if e.ticket == flux.ticket), None)
    if flux.statut is not FluxStatut.EN_ATTENTE or entry is None:
        raise GesteRefuse(f"Le flux n° {flux.id} n'est pas en attente ({flux.statut.libelle}).")
    with espace.engine.begin() as conn:
        if retenues.holding(conn, flux, espace.now()):
            raise GesteRefuse(f"Le flux n° {flux.id} est retenu : levez d'abord la retenue.")
        flux_store.describe(conn, flux.id, tentatives=0)
        detail = {"raison": raison}
        journal.note_act(
            conn, "flux-relance", flux.nom, espace.now(), par=par, detail=detail, flux_id=flux.id
        )
    return entry if entry.queue == "incoming" else wake(espace, entry)


def wake(espace: Espace, entry: Entry) -> Entry:
    """Put one of ``hold`` back into ``incoming``; another process may just have done so."""
    try:
        return espace.spool.move(entry, "incoming")
    except FileNotFoundError:
        return entry
