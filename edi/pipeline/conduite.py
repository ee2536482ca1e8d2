"""What is done to one flux and its ticket under its claim: taken on, described, made to wait, let go of.

Each act says in its transaction which claim it is done under: a process that came back from the dead
finds its number outdone, and changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

import structlog
from sqlalchemy import Engine

from edi.inbound.display import escape_name
from edi.lifecycle.advance import advance_flux, receive_flux
from edi.lifecycle.claims import assert_claimed, claim_flux, free_keys, release_flux
from edi.lifecycle.statuts import FLUX_TERMINAL
from edi.model import ErrorClass, Flux, FluxStatut
from edi.retries import next_try
from edi.spool import Entry, Spool
from edi.store import flux as flux_store
from edi.store import receptions
from edi.store.database import beside

log = structlog.get_logger()


@dataclass(frozen=True)
class Conduite:
    """The moves of a flux and of its ticket."""

    spool: Spool
    base: Engine
    process_id: str  # who we are among the processes at work on this spool
    tentatives: int  # of a flux on which our own machinery fails; then an operator must look
    now: Callable[[], datetime]

    def receive(self, entry: Entry) -> Flux:
        """Record a flux of ``incoming``; one that is recorded already stays as it is."""
        with self.base.begin() as conn:
            return receive_flux(conn, entry.ticket, entry.appli, escape_name(entry.nom), self.now())

    def claim(self, entry: Entry) -> Flux | None:
        """Record a flux and claim it; None while another process has claimed it."""
        flux = self.receive(entry)
        with beside(self.base) as conn:
            return claim_flux(conn, flux.id, self.process_id)

    def release(self, claimed: Flux) -> None:
        """Let another process have a flux."""
        with beside(self.base) as conn:
            release_flux(conn, claimed)

    def take_on(self, entry: Entry) -> Entry | None:
        """Put a claimed flux into ``active``; None when another process did so before we had claimed it."""
        try:
            return self.spool.move(entry, "active") if entry.queue == "incoming" else entry
        except FileNotFoundError:
            return None

    def start(self, flux: Flux) -> Flux:
        """A flux that is treated is EN_COURS."""
        if flux.statut is FluxStatut.EN_COURS:
            return flux
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            advance_flux(conn, flux.id, flux.statut, FluxStatut.EN_COURS, self.now())
        return replace(flux, statut=FluxStatut.EN_COURS)

    def describe(self, flux: Flux, **values: str | int) -> Flux:
        """Record what is known of a flux by now."""
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            flux_store.describe(conn, flux.id, **values)
            return flux_store.get(conn, flux.id)

    def wait_for(self, entry: Entry, flux: Flux, other: int) -> Flux:
        """Hold a flux until another one is decided: it is looked at again at the next pass."""
        return self.hold(entry, flux, f"attend la décision du flux n° {other}", ErrorClass.TRANSIENT, other)

    def hold(
        self,
        entry: Entry,
        flux: Flux,
        why: str,
        classe: ErrorClass,
        other: int | None = None,
        until: datetime | None = None,
    ) -> Flux:
        """Keep a flux that we cannot decide, with the reason, until the next try or an operator's word.

        ``other``: the flux whose decision it waits for; ``until``: when an operator lets it go, or when a
        cluster that is away is asked again; neither is a failure of the flux.
        """
        at = self.now()
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            flux = flux_store.get(conn, flux.id)
            failures = flux.tentatives + (other is None and until is None)
            given_up = classe is ErrorClass.ENGINE and failures >= self.tentatives
            due = at if other is not None else until
            again = due or next_try(at, failures, classe, flux.ticket)
            free_keys(conn, flux.id)
            if flux.statut not in FLUX_TERMINAL:
                flux_store.describe(
                    conn,
                    flux.id,
                    incident=why,
                    tentatives=failures,
                    classe=classe.name,
                    prochain_essai=None if given_up else again,
                )
                if flux.statut is not FluxStatut.EN_ATTENTE:
                    advance_flux(conn, flux.id, flux.statut, FluxStatut.EN_ATTENTE, at, motif=why)
            flux = flux_store.get(conn, flux.id)
        if flux.statut in FLUX_TERMINAL:  # only its ticket is left: the next start lets go of it
            return flux
        self.spool.move(entry, "hold")
        log.warning("flux_held", flux=flux.id, tentatives=flux.tentatives, classe=classe.name)
        return flux

    def let_go(self, entry: Entry, flux: Flux) -> None:
        """Empty the queue of a decided flux: its bytes lie in the store, or never were bytes."""
        with self.base.begin() as conn:
            vain = receptions.of_ticket(conn, entry.ticket)
        if not entry.is_ordinary:
            self.spool.move(entry, "corrupt")
        elif vain is not None:
            self.spool.move(entry, "quarantaine")
        else:
            self.spool.drop(entry, flux.sha256)
