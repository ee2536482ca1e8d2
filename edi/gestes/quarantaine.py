"""What becomes of a quarantined deposit: taken up as it is after all, or left for good."""

from __future__ import annotations

from collections.abc import Callable

from edi.espace import Espace
from edi.lifecycle.advance import receive_flux
from edi.model import Flux
from edi.model.gestes import GesteRefuse, read_reason
from edi.spool import Entry
from edi.store import flux as flux_store
from edi.store import journal, quarantaines
from edi.store.quarantaines import ABANDON, REPRISE


def take_up(espace: Espace, give_ticket: Callable[[str], str], flux: Flux, raison: str, par: str) -> Flux:
    """Deposit the quarantined bytes of a flux anew, as complete; the new flux. Raises GesteRefuse.

    The first one was answered and stays as it is; refused, it does not consume its flux id.
    """
    raison = read_reason(raison)
    entry = _find(espace, flux)
    ticket, at = give_ticket(flux.appli), espace.now()
    with espace.engine.begin() as conn:
        _settle(quarantaines.settle(conn, flux.ticket, REPRISE, raison, par, at, ticket), flux)
        new = receive_flux(conn, ticket, flux.appli, flux.nom, at)
        # By its bytes the next start makes its ticket again, if we do not come so far.
        flux_store.describe(conn, new.id, sha256=flux.sha256, taille=flux.taille)
        detail = {"raison": raison, "sha256": flux.sha256, "nouveau": new.id}
        journal.note_act(conn, "quarantaine-reprise", flux.nom, at, par=par, detail=detail, flux_id=flux.id)
    espace.spool.restore(ticket, entry.nom, flux.sha256)
    espace.spool.drop(entry, flux.sha256)
    return new


def abandon(espace: Espace, flux: Flux, raison: str, par: str) -> None:
    """Say that nothing more comes of a quarantined deposit; its bytes are kept as long as those of others.

    Raises GesteRefuse.
    """
    raison = read_reason(raison)
    at = espace.now()
    with espace.engine.begin() as conn:
        _settle(quarantaines.settle(conn, flux.ticket, ABANDON, raison, par, at), flux)
        detail = {"raison": raison}
        journal.note_act(
            conn, "quarantaine-abandonnee", flux.nom, at, par=par, detail=detail, flux_id=flux.id
        )


def _settle(done: bool, flux: Flux) -> None:
    if not done:
        raise GesteRefuse(f"Le dépôt du flux n° {flux.id} n'est pas en quarantaine, ou son sort est dit.")


def _find(espace: Espace, flux: Flux) -> Entry:
    """Its file in ``queue/quarantaine``; its bytes lie in the store too."""
    entry = next((e for e in espace.spool.entries("quarantaine") if e.ticket == flux.ticket), None)
    if entry is None or not espace.spool.has(flux.sha256):
        raise GesteRefuse(
            f"Les octets du flux n° {flux.id} ne sont plus en quarantaine : à son déposant de redéposer."
        )
    return entry
