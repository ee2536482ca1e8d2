"""One flux from its first byte to its emitted answer: the order of the stages, and the one broad except.

Every stage can be run again: a flux that was interrupted anywhere is found in ``queue/incoming`` or
``queue/active`` at the next start and goes the same way once more. Only :meth:`Settlement.settle` decides,
in one transaction; before it nothing is final, after it nothing is judged again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial

import structlog
from sqlalchemy.exc import DBAPIError

from edi.acquittement import NATURE, is_acquittement
from edi.annuaire.snapshot import take_snapshot
from edi.engine import MOTEUR, EngineAway
from edi.inbound import cards
from edi.inbound.quarantaine import explain
from edi.inbound.reste import read_marque
from edi.incidents import classify
from edi.judge import Demande
from edi.jugement_main import Mains
from edi.lifecycle.claims import KeysReserved, LostClaim, reserve
from edi.lifecycle.statuts import FLUX_ACCEPTED, FLUX_TERMINAL
from edi.lots import Received, judge_lot, read_envelope
from edi.model import Deposant, ErrorClass, Facture, Flux, LotJuge, Outcome, Severity, Snapshot
from edi.model.retenues import say_held
from edi.pipeline.parties import Parties
from edi.reste import link
from edi.settlement import findings_of, same_delivery
from edi.spool import Entry
from edi.spool.entrepot import EntrepotAway
from edi.store import flux as flux_store
from edi.store import jugements, receptions, retenues
from edi.validators.doublon import unicity_key
from edi.validators.schematron.confiance import Confiance

log = structlog.get_logger()

AWAY = timedelta(minutes=1)  # between two tries of a flux while the cluster, or the entrepôt, is away


@dataclass(frozen=True)
class Pipeline(Parties):
    """The stages of one flux."""

    def receive(self, entry: Entry) -> Flux:
        """Record a flux of ``incoming``; one that is recorded already stays as it is."""
        return self.conduite.receive(entry)

    def process(self, entry: Entry) -> Flux | None:
        """Take one flux of ``incoming`` as far as it goes and answer it; None when another process has it."""
        claimed = self.conduite.claim(entry)
        if claimed is None:
            return None
        try:
            taken = self.conduite.take_on(entry)
            if taken is None:
                return None
            flux = self._treat(taken, claimed)
        except LostClaim:
            log.warning("claim_lost", flux=claimed.id, ticket=entry.ticket)
            return None
        finally:
            self.conduite.release(claimed)
        self.sortie.emit()
        self.feuilles.flush()
        return flux

    def _treat(self, entry: Entry, flux: Flux) -> Flux:
        try:
            return self._go_through(entry, flux)
        except LostClaim:
            raise
        except (EngineAway, EntrepotAway) as away:
            what = "engine_away" if isinstance(away, EngineAway) else "entrepot_away"
            log.warning(what, flux=flux.id, ticket=entry.ticket, why=str(away))
            again = self.now() + AWAY  # at a steady pace: no flux waits an hour for what is back
            return self.conduite.hold(entry, flux, str(away), classify(away), until=again)
        except DBAPIError as error:
            if error.connection_invalidated:
                raise  # nothing can be recorded: taken up again when the server is back
            return self._give_up(entry, flux, error)
        # Whatever breaks here is ours, not the sender's: the flux is held and shown, never lost nor rejected.
        except Exception as error:  # noqa: BLE001  (told in the log, whole)
            return self._give_up(entry, flux, error)

    def _give_up(self, entry: Entry, flux: Flux, error: Exception) -> Flux:
        log.exception("flux_failed", flux=flux.id, ticket=entry.ticket, exc_info=error)
        why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
        return self.conduite.hold(entry, flux, why, classify(error))

    def _go_through(self, entry: Entry, flux: Flux) -> Flux:
        if flux.statut in FLUX_TERMINAL:  # decided before an interruption: only the ticket was left
            self.conduite.let_go(entry, flux)
            return flux
        flux = self.conduite.start(flux)
        if not entry.is_ordinary:
            return self._refuse_strange(entry, flux)
        sha256, taille = self.spool.keep(entry, self.process_id)
        kept: dict[str, str | int] = {"sha256": sha256, "taille": taille}
        if flux.appli in self.destinataires:
            return self.retours.relay(entry, self.conduite.describe(flux, nature="statuts", **kept))
        if is_acquittement(entry.nom):
            return self.retours.acknowledge(entry, self.conduite.describe(flux, nature=NATURE, **kept))
        return self._go_in(entry, flux, kept)

    def _go_in(self, entry: Entry, flux: Flux, kept: Mapping[str, str | int]) -> Flux:
        """A deposit, whose bytes are ``kept`` in the store: judged and decided, or held."""
        deposant = self.deposants.get(flux.appli, Deposant(flux.appli, raccordement_actif=False))
        received = read_envelope(entry.nom, deposant, self.interfaces)
        flux = self.conduite.describe(
            flux,
            **kept,
            interface=received.enveloppe.interface,
            idflux=received.enveloppe.idflux,
        )
        archive = received.enveloppe.extension == "zip"
        marque = read_marque(self.spool.blob(flux.sha256), self.limites.entrees) if archive else None
        with self.base.begin() as conn:
            link(conn, flux, marque)
            earlier = flux_store.earlier_deliveries(conn, flux)
            vain = receptions.of_ticket(conn, entry.ticket)
            retenue = retenues.holding(conn, flux, self.now())
        if retenue is not None:  # by an operator
            why = say_held(self.local(retenue.jusqu))
            return self.conduite.hold(entry, flux, why, ErrorClass.OPERATOR, until=retenue.jusqu)
        if vain is not None:  # its deadline passed before it was complete
            told = explain(vain, self.local(vain.echeance or flux.recu_le))
            received = replace(received, findings=(*received.findings, told))
        first = next((e for e in earlier if e.statut in FLUX_ACCEPTED), None)
        waiting = next((e for e in earlier if e.statut not in FLUX_TERMINAL), None)
        if first is None and waiting is not None:
            return self.conduite.wait_for(entry, flux, waiting.id)
        if first is not None and same_delivery(first, flux):
            flux = self.settlement.remind(flux, first)
        else:
            try:
                lot = self._judge(flux, replace(received, path=self.spool.blob(flux.sha256)), first)
            except KeysReserved as reserved:
                return self.conduite.wait_for(entry, flux, reserved.flux_id)
            lot = self.disjoncteur.guard(flux, lot)
            lot = Mains(self.base, self.politique).apply(flux, lot, deposant)
            flux = self.settlement.settle(flux, lot, earlier)
            if lot.outcome is Outcome.UNDECIDED:
                return self._wait(entry, flux, lot)
        self.conduite.let_go(entry, flux)
        return flux

    # -- stages -------------------------------------------------------------------------------------------

    def _judge(self, flux: Flux, received: Received, first: Flux | None) -> LotJuge:
        if first is not None:  # the id is taken by other bytes
            received = replace(received, findings=(*received.findings, self.tell_reused(flux, first)))
        demande = Demande(
            interface=received.enveloppe.interface,
            jour=flux.recu_le.astimezone(self.emitter.fuseau).date(),
            politique=self.politique,
            limites=self.limites,
            packs=self.packs(),
            instant=flux.recu_le,
        )

        def world(wanted: Sequence[Facture]) -> Snapshot:
            with self.base.begin() as conn:
                keys = {key for f in wanted if (key := unicity_key(f, self.politique)) is not None}
                reserve(conn, flux.id, keys)
                originaux = self.relecture.see_originals(conn, keys, flux.id)
                snapshot = take_snapshot(conn, wanted, flux.appli, originaux)
                return replace(snapshot, repere=jugements.repere_now(conn))

        def judge(confiance: Confiance) -> LotJuge:
            asked = replace(demande, confiance=confiance)
            return judge_lot(received, asked, self.engine, world, partial(self.listen, flux), self.scanner)

        return self.feuilles.judge(judge)

    def _wait(self, entry: Entry, flux: Flux, lot: LotJuge) -> Flux:
        """Hold a flux for the invoices that we cannot judge yet; our own failures are counted."""
        held = [f for f in findings_of(lot) if f.severity == Severity.HOLD]
        failed = any(f.code == MOTEUR.code for f in held)
        waiting = f" ({lot.en_attente} en attente)" if lot.en_attente else ""
        why = f"{held[0].message}{waiting}"
        return self.conduite.hold(entry, flux, why, ErrorClass.ENGINE if failed else ErrorClass.TRANSIENT)

    def _refuse_strange(self, entry: Entry, flux: Flux) -> Flux:
        """A link, a folder, a device: never opened; kept aside for operators."""
        flux = self.settlement.settle(flux, LotJuge((cards.PAS_UN_FICHIER.at(value=flux.nom),)), ())
        self.conduite.let_go(entry, flux)
        return flux
