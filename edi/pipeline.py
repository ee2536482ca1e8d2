"""One flux from its first byte to its emitted answer: the order of the stages, and the one broad except.

Every stage can be run again: a flux that was interrupted anywhere is found in ``queue/incoming`` or
``queue/active`` at the next start and goes the same way once more. Only :meth:`Settlement.settle` decides,
in one transaction; before it nothing is final, after it nothing is judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine

from edi.acquittement import NATURE, Acquittements, is_acquittement
from edi.annuaire.snapshot import take_snapshot
from edi.cdar import PACK, judge_cdar
from edi.disjoncteur import Disjoncteur
from edi.engine import MOTEUR, JudgementEngine
from edi.examen import Scanner, examine_flux
from edi.inbound import cards
from edi.inbound.display import escape_name
from edi.inbound.envelope import read_interface
from edi.inbound.quarantaine import explain
from edi.inbound.reste import read_marque
from edi.incidents import classify
from edi.judge import Demande
from edi.jugement_main import Mains
from edi.lifecycle.advance import advance_flux, receive_flux
from edi.lifecycle.claims import (
    KeysReserved,
    LostClaim,
    assert_claimed,
    claim_flux,
    free_keys,
    release_flux,
    reserve,
)
from edi.lifecycle.statuts import FLUX_ACCEPTED, FLUX_TERMINAL
from edi.lots import Received, judge_lot, read_envelope
from edi.model import (
    Deposant,
    Destinataire,
    Emission,
    Envoi,
    ErrorClass,
    Facture,
    Finding,
    Flux,
    FluxStatut,
    Interface,
    Limites,
    LotJuge,
    NatureEnvoi,
    Outcome,
    Politique,
    Severity,
    Snapshot,
)
from edi.model.retenues import say_held
from edi.outbound import dispatch, emit, names
from edi.outbound.booking import Booking
from edi.outbound.suivi import make_statut, tell_changes
from edi.relais import Relais
from edi.relecture import Relecture
from edi.remise import Remise
from edi.reste import find_reste, give_reste, link
from edi.retries import next_try
from edi.settlement import Settlement, findings_of, same_delivery
from edi.spool import Entry, Spool
from edi.store import flux as flux_store
from edi.store import jugements, receptions, retenues
from edi.validators.doublon import unicity_key
from edi.validators.schematron.packs import PACKS, Packs, pack_on

log = structlog.get_logger()

Listen = Callable[[Flux, int], None]  # told the flux at work and how many of its invoices are judged


@dataclass(frozen=True)
class Pipeline:
    """The stages of one flux, with everything they need handed in as values."""

    spool: Spool
    base: Engine
    engine: JudgementEngine
    deposants: Mapping[str, Deposant]  # and destinataires that are connected, and the PPF, as partners
    destinataires: Mapping[str, Destinataire]  # those, by code
    interfaces: Mapping[str, Interface]
    limites: Limites
    politique: Politique
    emitter: emit.Emitter
    tentatives: int  # of a flux on which our own machinery fails; then an operator must look
    disjoncteur: Disjoncteur
    process_id: str  # who we are among the processes at work on this spool
    now: Callable[[], datetime]
    listen: Listen = lambda flux, done: None
    packs: Callable[[], Packs] = lambda: PACKS  # asked for each flux: an operator may activate a version
    scanner: Scanner | None = None  # None: there is no antivirus to ask

    @property
    def settlement(self) -> Settlement:
        """The one place where a flux is decided."""
        by_siret = {d.siret: d for d in self.destinataires.values()}
        return Settlement(
            self.base,
            self.deposants,
            self.politique,
            self.booking,
            by_siret,
            self.now,
            self.limites,
            self.interfaces,
        )

    @property
    def booking(self) -> Booking:
        """Where return flows are booked."""
        emitter = self.emitter
        return Booking(
            emitter.code_appli, self.deposants, emitter.fuseau, emitter.groupement, emitter.reforme
        )

    @property
    def remise(self) -> Remise:
        """The one place where invoices are handed over."""
        return Remise(self.base, self.relecture, self.emitter, self.destinataires, self.booking)

    @property
    def relecture(self) -> Relecture:
        """Where accepted invoices are read again."""
        return Relecture(self.spool, self.interfaces, self.limites)

    @property
    def relais(self) -> Relais:
        """The one place where what a destinataire says is applied."""
        return Relais(
            self.base,
            self.destinataires,
            self.politique,
            self.booking,
            self.now,
            self.limites,
            self._judge_message,
            self.scanner,
        )

    def _judge_message(self, data: bytes) -> tuple[Finding, ...]:
        """All that is wrong with a message of the reform; Saxon runs where documents are judged."""
        pack = pack_on(PACK, self.now().date(), self.packs())
        return self.engine.submit(judge_cdar, data, pack, weight=len(data)).result().findings

    @property
    def acquittements(self) -> Acquittements:
        """The one place where what a déposant acknowledges is recorded."""
        return Acquittements(self.base, self.booking, self.now)

    # -- the order of the stages --------------------------------------------------------------------------

    def receive(self, entry: Entry) -> Flux:
        """Record a flux of ``incoming``; one that is recorded already stays as it is."""
        with self.base.begin() as conn:
            return receive_flux(conn, entry.ticket, entry.appli, escape_name(entry.nom), self.now())

    def process(self, entry: Entry) -> Flux | None:
        """Take one flux of ``incoming`` as far as it goes and answer it; None when another process has it."""
        claimed = self._claim(entry)
        if claimed is None:
            return None
        try:
            taken = self._take_on(entry)
            if taken is None:
                return None
            flux = self._treat(taken, claimed)
        except LostClaim:
            log.warning("claim_lost", flux=claimed.id, ticket=entry.ticket)
            return None
        finally:
            with self.base.begin() as conn:
                release_flux(conn, claimed)
        self.emit()
        return flux

    def emit(self) -> int:
        """Put every booked return flow into its ``out``, then bring ``statut`` up to date; how many left."""
        left = 0
        while more := dispatch.emit_pending(
            self.base,
            self.spool,
            self.make_many,
            self.remise.confirm,
            self.deposants,
            self.now(),
            self.process_id,
        ):
            left += more
        tell_changes(
            self.base,
            self.spool,
            self.deposants.keys() - self.destinataires.keys(),
            self.emitter.fuseau,
            self.process_id,
            self._give_reste,
            {code for code, deposant in self.deposants.items() if deposant.statut_distant},
        )
        return left

    def _give_reste(self, flux: Flux) -> None:
        give_reste(
            self.base,
            self.spool,
            flux,
            self.deposants[flux.appli],
            self.limites,
            self.now(),
            self.process_id,
        )

    def build(self, envoi: Envoi) -> tuple[str, bytes] | None:
        """Name and bytes of what is put on a déposant's server about a flux; None when there is none."""
        if envoi.nature is NatureEnvoi.STATUT:
            return make_statut(self.base, envoi.flux, self.emitter.fuseau)
        reste = find_reste(self.base, self.spool, envoi.flux, self.limites)
        return None if reste is None else (reste.nom, reste.data)

    def _claim(self, entry: Entry) -> Flux | None:
        flux = self.receive(entry)
        with self.base.begin() as conn:
            return claim_flux(conn, flux.id, self.process_id)

    def _take_on(self, entry: Entry) -> Entry | None:
        """Put a claimed flux into ``active``; None when another process did so before we had claimed it."""
        try:
            return self.spool.move(entry, "active") if entry.queue == "incoming" else entry
        except FileNotFoundError:
            return None

    def make(self, emission: Emission) -> tuple[bytes, str] | None:
        """The bytes of one booked return flow, and their sha256; None when they must not leave."""
        return next(self.make_many([emission]))

    def make_many(self, wanted: Sequence[Emission]) -> Iterator[tuple[bytes, str] | None]:
        """The same for many, in order; pivots may be heavy: they are made one by one, when asked for."""
        for is_pivot, group in groupby(wanted, key=lambda emission: emission.interface == names.PIVOT):
            if is_pivot:
                yield from map(self.remise.make, group)
            else:
                yield from emit.make_all(self.base, list(group), self.emitter, self.deposants)

    def confirm(self, conn: Connection, emission: Emission, at: datetime, sha256: str) -> None:
        """Record that a return flow lies where it is fetched, and what follows from that."""
        self.remise.confirm(conn, [(emission, sha256)], at)

    def _treat(self, entry: Entry, flux: Flux) -> Flux:
        try:
            return self._go_through(entry, flux)
        except LostClaim:
            raise
        # Whatever breaks here is ours, not the sender's: the flux is held and shown, never lost nor rejected.
        except Exception as error:
            log.exception("flux_failed", flux=flux.id, ticket=entry.ticket)
            why = f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"
            return self._hold(entry, flux, why, classify(error))

    def _go_through(self, entry: Entry, flux: Flux) -> Flux:
        if flux.statut in FLUX_TERMINAL:  # decided before an interruption: only the ticket was left
            self._let_go(entry, flux)
            return flux
        flux = self._start(flux)
        if not entry.is_ordinary:
            return self._refuse_strange(entry, flux)
        sha256, taille = self.spool.keep(entry, self.process_id)
        if flux.appli in self.destinataires:
            return self._relay(entry, self._describe(flux, sha256=sha256, taille=taille, nature="statuts"))
        if is_acquittement(entry.nom):
            return self._acknowledge(entry, self._describe(flux, sha256=sha256, taille=taille, nature=NATURE))
        deposant = self.deposants.get(flux.appli, Deposant(flux.appli, raccordement_actif=False))
        received = read_envelope(entry.nom, deposant, self.interfaces)
        flux = self._describe(
            flux,
            sha256=sha256,
            taille=taille,
            interface=received.enveloppe.interface,
            idflux=received.enveloppe.idflux,
        )
        archive = received.enveloppe.extension == "zip"
        marque = read_marque(self.spool.blob(sha256), self.limites.entrees) if archive else None
        with self.base.begin() as conn:
            link(conn, flux, marque)
            earlier = flux_store.earlier_deliveries(conn, flux)
            vain = receptions.of_ticket(conn, entry.ticket)
            retenue = retenues.holding(conn, flux, self.now())
        if retenue is not None:  # by an operator
            why = say_held(self._local(retenue.jusqu))
            return self._hold(entry, flux, why, ErrorClass.OPERATOR, until=retenue.jusqu)
        if vain is not None:  # its deadline passed before it was complete
            told = explain(vain, self._local(vain.echeance or flux.recu_le))
            received = replace(received, findings=(*received.findings, told))
        first = next((e for e in earlier if e.statut in FLUX_ACCEPTED), None)
        waiting = next((e for e in earlier if e.statut not in FLUX_TERMINAL), None)
        if first is None and waiting is not None:
            return self._wait_for(entry, flux, waiting.id)
        if first is not None and same_delivery(first, flux):
            flux = self.settlement.remind(flux, first)
        else:
            try:
                lot = self._judge(flux, replace(received, path=self.spool.blob(sha256)), first)
            except KeysReserved as reserved:
                return self._wait_for(entry, flux, reserved.flux_id)
            lot = self.disjoncteur.guard(flux, lot)
            lot = Mains(self.base, self.politique).apply(flux, lot, deposant)
            flux = self.settlement.settle(flux, lot, earlier)
            if lot.outcome is Outcome.UNDECIDED:
                return self._wait(entry, flux, lot)
        self._let_go(entry, flux)
        return flux

    def _acknowledge(self, entry: Entry, flux: Flux) -> Flux:
        """A file of acknowledgements, once the antivirus has seen it."""
        path = self.spool.blob(flux.sha256)
        seen = None if self.scanner is None else examine_flux(path, flux.nom, self.scanner)
        if seen is not None and seen.severity == Severity.HOLD:
            return self._hold(entry, flux, seen.message, ErrorClass.TRANSIENT)
        flux = self.acquittements.settle(flux, path, seen)
        self._let_go(entry, flux)
        return flux

    def _relay(self, entry: Entry, flux: Flux) -> Flux:
        """A flow of statuts from a destinataire; the very same one again gets its answer again."""
        lu = self.relais.read(self.spool.blob(flux.sha256), flux.nom)
        flux = self._describe(flux, interface=read_interface(entry.nom), idflux=lu.idflux)
        if lu.held_by is not None:
            return self._hold(entry, flux, lu.held_by.message, ErrorClass.TRANSIENT)
        with self.base.begin() as conn:
            earlier = flux_store.earlier_deliveries(conn, flux)
        first = next((e for e in earlier if e.statut in FLUX_ACCEPTED), None)
        waiting = next((e for e in earlier if e.statut not in FLUX_TERMINAL), None)
        if first is None and waiting is not None:
            return self._wait_for(entry, flux, waiting.id)
        again = first is not None and same_delivery(first, flux)
        if first is not None and again and not lu.is_report:
            flux = self.settlement.remind(flux, first)
        else:
            if first is not None and not again:
                lu = lu._replace(findings=(*lu.findings, self._tell_reused(flux, first)))
            flux = self.relais.settle(flux, lu)
        self._let_go(entry, flux)
        return flux

    # -- stages -------------------------------------------------------------------------------------------

    def _start(self, flux: Flux) -> Flux:
        if flux.statut is FluxStatut.EN_COURS:
            return flux
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            advance_flux(conn, flux.id, flux.statut, FluxStatut.EN_COURS, self.now())
        return replace(flux, statut=FluxStatut.EN_COURS)

    def _describe(self, flux: Flux, **values: str | int) -> Flux:
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            flux_store.describe(conn, flux.id, **values)
            return flux_store.get(conn, flux.id)

    def _judge(self, flux: Flux, received: Received, first: Flux | None) -> LotJuge:
        if first is not None:  # the id is taken by other bytes
            received = replace(received, findings=(*received.findings, self._tell_reused(flux, first)))
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

        return judge_lot(
            received, demande, self.engine, world, lambda done: self.listen(flux, done), self.scanner
        )

    def _tell_reused(self, flux: Flux, first: Flux) -> Finding:
        return cards.IDFLUX_DEJA_UTILISE.at(
            value=flux.reference, original=first.nom, le=self._local(first.recu_le)
        )

    def _wait(self, entry: Entry, flux: Flux, lot: LotJuge) -> Flux:
        """Hold a flux for the invoices that we cannot judge yet; our own failures are counted."""
        held = [f for f in findings_of(lot) if f.severity == Severity.HOLD]
        failed = any(f.code == MOTEUR.code for f in held)
        waiting = f" ({lot.en_attente} en attente)" if lot.en_attente else ""
        why = f"{held[0].message}{waiting}"
        return self._hold(entry, flux, why, ErrorClass.ENGINE if failed else ErrorClass.TRANSIENT)

    def _wait_for(self, entry: Entry, flux: Flux, other: int) -> Flux:
        """Hold a flux until another one is decided: it is looked at again at the next pass."""
        return self._hold(entry, flux, f"attend la décision du flux n° {other}", ErrorClass.TRANSIENT, other)

    def _refuse_strange(self, entry: Entry, flux: Flux) -> Flux:
        """A link, a folder, a device: never opened; kept aside for operators."""
        flux = self.settlement.settle(flux, LotJuge((cards.PAS_UN_FICHIER.at(value=flux.nom),)), ())
        self._let_go(entry, flux)
        return flux

    def _let_go(self, entry: Entry, flux: Flux) -> None:
        """Empty the queue of a decided flux: its bytes lie in the store, or never were bytes."""
        with self.base.begin() as conn:
            vain = receptions.of_ticket(conn, entry.ticket)
        if not entry.is_ordinary:
            self.spool.move(entry, "corrupt")
        elif vain is not None:
            self.spool.move(entry, "quarantaine")
        else:
            self.spool.drop(entry, flux.sha256)

    def _hold(
        self,
        entry: Entry,
        flux: Flux,
        why: str,
        classe: ErrorClass,
        other: int | None = None,
        until: datetime | None = None,
    ) -> Flux:
        """Keep a flux that we cannot decide, with the reason, until the next try or an operator's word.

        ``other``: the flux whose decision it waits for; ``until``: when an operator lets it go; no failures.
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

    def _local(self, at: datetime) -> str:
        zone: ZoneInfo = self.emitter.fuseau
        return f"{at.astimezone(zone):%d/%m/%Y à %H:%M}"
