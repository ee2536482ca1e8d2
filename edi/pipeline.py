"""One flux from its first byte to its emitted answer: the order of the stages, and the one broad except.

Every stage can be run again: a flux that was interrupted anywhere is found in ``queue/incoming`` or
``queue/active`` at the next start and goes the same way once more. Only :meth:`Pipeline._settle` decides,
in one transaction; before it nothing is final, after it nothing is judged again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine

from edi.annuaire.snapshot import take_snapshot
from edi.engine import MOTEUR, JudgementEngine
from edi.inbound import cards
from edi.inbound.display import escape_name
from edi.judge import Demande
from edi.lifecycle.advance import Change, advance_factures, advance_flux, receive_flux
from edi.lifecycle.decide import Decision, decide
from edi.lifecycle.statuts import FLUX_ACCEPTED, FLUX_TERMINAL
from edi.lots import Received, judge_lot, read_envelope
from edi.model import (
    CleFacture,
    Deposant,
    Emission,
    Facture,
    FactureDeposee,
    FactureJugee,
    FactureStatut,
    Finding,
    Flux,
    FluxStatut,
    Interface,
    Limites,
    LotJuge,
    Outcome,
    Politique,
    Severity,
    Snapshot,
)
from edi.outbound import emit, names
from edi.spool import Entry, Spool
from edi.store import emissions, factures, livraisons
from edi.store import flux as flux_store
from edi.validators.doublon import unicity_key

log = structlog.get_logger()

Listen = Callable[[Flux, int], None]  # told the flux at work and how many of its invoices are judged


@dataclass(frozen=True)
class Pipeline:
    """The stages of one flux, with everything they need handed in as values."""

    spool: Spool
    base: Engine
    engine: JudgementEngine
    deposants: Mapping[str, Deposant]
    interfaces: Mapping[str, Interface]
    limites: Limites
    politique: Politique
    emitter: emit.Emitter
    tentatives: int
    now: Callable[[], datetime]
    listen: Listen = lambda flux, done: None

    # -- the order of the stages --------------------------------------------------------------------------

    def process(self, entry: Entry) -> Flux:
        """Take one flux of ``incoming`` or ``active`` as far as it goes, and answer it."""
        with self.base.begin() as conn:
            flux = receive_flux(conn, entry.ticket, entry.appli, escape_name(entry.nom), self.now())
        if entry.path.parent.parent.name == "incoming":
            entry = self.spool.move(entry, "active")
        try:
            flux = self._treat(entry, flux)
        # Whatever breaks here is ours, not the sender's: the flux is held and shown, never lost nor rejected.
        except Exception as error:
            log.exception("flux_failed", flux=flux.id, ticket=entry.ticket)
            flux = self._hold(entry, flux, f"{type(error).__name__}: {error}", flux.tentatives + 1)
        self.emit()
        return flux

    def emit(self) -> int:
        """Put every booked return flow into its ``out``; how many left."""
        return emit.emit_pending(self.base, self.spool, self.emitter, self.deposants, self.now())

    def make(self, emission: Emission) -> tuple[bytes, str] | None:
        """The bytes of one booked return flow, and their sha256; None when they must not leave."""
        return emit.make(self.base, emission, self.emitter, self.deposants)

    def _treat(self, entry: Entry, flux: Flux) -> Flux:
        if flux.statut in FLUX_TERMINAL:  # decided before an interruption: only the ticket was left
            self._let_go(entry, flux)
            return flux
        flux = self._start(flux)
        if not entry.is_ordinary:
            return self._refuse_strange(entry, flux)
        sha256, taille = self.spool.keep(entry)
        deposant = self.deposants.get(flux.appli, Deposant(flux.appli, raccordement_actif=False))
        received = read_envelope(entry.nom, deposant, self.interfaces)
        flux = self._describe(
            flux,
            sha256=sha256,
            taille=taille,
            interface=received.enveloppe.interface,
            idflux=received.enveloppe.idflux,
        )
        with self.base.begin() as conn:
            earlier = flux_store.earlier_deliveries(conn, flux)
        first = next((e for e in earlier if e.statut in FLUX_ACCEPTED), None)
        waiting = next((e for e in earlier if e.statut not in FLUX_TERMINAL), None)
        if first is None and waiting is not None:
            return self._hold(entry, flux, f"attend la décision du flux n° {waiting.id}", flux.tentatives)
        if first is not None and _same_delivery(first, flux):
            flux = self._remind(flux, first)
        else:
            lot = self._judge(flux, replace(received, path=self.spool.blob(sha256)), first)
            flux = self._settle(flux, lot, earlier)
            if lot.outcome is Outcome.UNDECIDED:
                return self._wait(entry, flux, lot)
        self._let_go(entry, flux)
        return flux

    # -- stages -------------------------------------------------------------------------------------------

    def _start(self, flux: Flux) -> Flux:
        if flux.statut is FluxStatut.EN_COURS:
            return flux
        with self.base.begin() as conn:
            advance_flux(conn, flux.id, flux.statut, FluxStatut.EN_COURS, self.now())
        return replace(flux, statut=FluxStatut.EN_COURS)

    def _describe(self, flux: Flux, **values: str | int) -> Flux:
        with self.base.begin() as conn:
            flux_store.describe(conn, flux.id, **values)
            return flux_store.get(conn, flux.id)

    def _judge(self, flux: Flux, received: Received, first: Flux | None) -> LotJuge:
        if first is not None:  # the id is taken by other bytes
            told = cards.IDFLUX_DEJA_UTILISE.at(
                value=flux.reference, original=first.nom, le=self._local(first.recu_le)
            )
            received = replace(received, findings=(*received.findings, told))
        demande = Demande(
            interface=received.enveloppe.interface,
            jour=flux.recu_le.astimezone(self.emitter.fuseau).date(),
            politique=self.politique,
            limites=self.limites,
        )

        def world(wanted: Sequence[Facture]) -> Snapshot:
            with self.base.begin() as conn:
                keys = {key for f in wanted if (key := unicity_key(f, self.politique)) is not None}
                return take_snapshot(conn, wanted, flux.appli, factures.originals(conn, keys, flux.id))

        return judge_lot(received, demande, self.engine, world, lambda done: self.listen(flux, done))

    def _settle(self, flux: Flux, lot: LotJuge, earlier: Sequence[Flux]) -> Flux:
        """Record, decide, book the answers: one transaction, all or nothing.

        While some invoices wait, those that are decided go on; the flux is answered when none waits.
        """
        decision = decide(lot)
        at = self.now()
        with self.base.begin() as conn:
            known = factures.of_flux(conn, flux.id)
            same = self._answered_before(conn, lot, [e for e in earlier if _same_delivery(e, flux)])
            if same is not None and not known:
                return self._book_reminder(conn, flux, same, at)
            if lot.outcome is not Outcome.UNDECIDED:
                factures.record_findings(conn, flux.id, lot)
            changes = self._record_decided(conn, flux, lot, decision, known)
            if lot.outcome is Outcome.UNDECIDED:
                self._tell_factures(conn, flux, changes, at)
                return flux
            report = self._book(conn, flux, names.integration_report_code(flux.interface), at)
            self._tell_factures(conn, flux, changes, at)
            statut, counts = _balance(factures.of_flux(conn, flux.id), lot, decision)
            flux_store.describe(conn, flux.id, incident="", **counts)
            advance_flux(conn, flux.id, flux.statut, statut, at, emission_id=report)
            return flux_store.get(conn, flux.id)

    def _record_decided(
        self,
        conn: Connection,
        flux: Flux,
        lot: LotJuge,
        decision: Decision,
        known: Sequence[FactureDeposee],
    ) -> list[tuple[FactureJugee, int, tuple[FactureStatut, ...]]]:
        """Record the invoices that are decided now and were not before: (invoice, id, statuts)."""
        deposant = self.deposants.get(flux.appli)
        if lot.outcome is Outcome.UNDECIDED and deposant is not None and deposant.politique == "tout_ou_rien":
            return []  # one of those that wait may still reject them all
        recorded = {(facture.fichier, facture.rang) for facture in known}
        places = [(fichier.nom, j.facture.rang) for fichier in lot.fichiers for j in fichier.factures]
        wanted = [
            position
            for position, place in enumerate(places)
            if decision.factures[position] and place not in recorded
        ]
        ids = factures.record_factures(conn, flux.id, lot, set(wanted))
        jugees = lot.factures
        changes = [
            (jugees[position], facture_id, decision.factures[position])
            for position, facture_id in zip(wanted, ids, strict=True)
        ]
        keys: dict[CleFacture, int] = {}
        for jugee, facture_id, statuts in changes:
            key = unicity_key(jugee.facture, self.politique)
            if FactureStatut.DEPOSEE in statuts and key is not None:
                keys[key] = facture_id
        factures.register(conn, keys)
        return changes

    def _wait(self, entry: Entry, flux: Flux, lot: LotJuge) -> Flux:
        """Hold a flux for the invoices that we cannot judge yet; our own failures are counted."""
        held = [f for f in _findings(lot) if f.severity == Severity.HOLD]
        failed = any(f.code == MOTEUR.code for f in held)
        why = f"{held[0].message} ({lot.en_attente} en attente)"
        return self._hold(entry, flux, why, flux.tentatives + failed)

    def _remind(self, flux: Flux, first: Flux) -> Flux:
        with self.base.begin() as conn:
            return self._book_reminder(conn, flux, first, self.now())

    def _refuse_strange(self, entry: Entry, flux: Flux) -> Flux:
        """A link, a folder, a device: never opened; kept aside for operators."""
        flux = self._settle(flux, LotJuge((cards.PAS_UN_FICHIER.at(value=flux.nom),)), ())
        self._let_go(entry, flux)
        return flux

    def _let_go(self, entry: Entry, flux: Flux) -> None:
        """Empty the queue of a decided flux: its bytes lie in the store, or never were bytes."""
        if entry.is_ordinary:
            self.spool.drop(entry, flux.sha256)
        else:
            self.spool.move(entry, "corrupt")

    def _hold(self, entry: Entry, flux: Flux, why: str, tentatives: int) -> Flux:
        """Keep a flux that we cannot decide, with the reason, until the next try or an operator's word."""
        with self.base.begin() as conn:
            flux = flux_store.get(conn, flux.id)
            if flux.statut not in FLUX_TERMINAL:
                flux_store.describe(conn, flux.id, incident=why, tentatives=tentatives)
                if flux.statut is FluxStatut.EN_COURS:
                    advance_flux(conn, flux.id, flux.statut, FluxStatut.EN_ATTENTE, self.now(), motif=why)
            flux = flux_store.get(conn, flux.id)
        self.spool.move(entry, "hold")
        log.warning("flux_held", flux=flux.id, tentatives=tentatives)
        return flux

    # -- pieces of the decision's transaction -------------------------------------------------------------

    def _answered_before(self, conn: Connection, lot: LotJuge, earlier: Sequence[Flux]) -> Flux | None:
        """The earlier delivery of the very same bytes that was refused for the very same reasons."""
        now = sorted((f.code, f.location, f.value) for f in _findings(lot))
        for delivery in reversed(earlier):
            told = factures.findings_of(conn, delivery.id)
            if now == sorted((f.code, f.location, f.value) for _, _, f in told):
                return delivery
        return None

    def _book_reminder(self, conn: Connection, flux: Flux, first: Flux, at: datetime) -> Flux:
        counts = {"acceptees": first.acceptees, "rejetees": first.rejetees}
        flux_store.describe(conn, flux.id, incident="", rappel_de=first.id, **counts)
        report = self._book(conn, flux, names.integration_report_code(flux.interface), at)
        advance_flux(conn, flux.id, flux.statut, FluxStatut.RAPPEL, at, emission_id=report)
        return flux_store.get(conn, flux.id)

    def _book(self, conn: Connection, flux: Flux, interface: str, at: datetime) -> int:
        def name_of(numero: int) -> str:
            return names.file_name(self.emitter.code_appli, interface, flux.appli, numero)

        emission_id = emissions.plan(conn, flux.id, flux.appli, interface, name_of, at).id
        deposant = self.deposants.get(flux.appli)
        if deposant is not None and deposant.pousse:
            livraisons.plan(conn, emission_id)
        return emission_id

    def _tell_factures(
        self,
        conn: Connection,
        flux: Flux,
        decided: Sequence[tuple[FactureJugee, int, tuple[FactureStatut, ...]]],
        at: datetime,
    ) -> None:
        """Give every invoice its statuts, and book one cycle de vie flow for those it can name.

        A doublon is told by the integration report alone: the cycle de vie names an invoice by its number,
        and the statut of this delivery must not reach the original.
        """
        deposant = self.deposants.get(flux.appli)
        emission_id: int | None = None
        changes = []
        for jugee, facture_id, statuts in decided:
            facture = jugee.facture
            told = (
                deposant is not None
                and deposant.recoit_cycles_de_vie
                and not any(finding.motif == "DOUBLON" for finding in jugee.findings)
                and emit.can_be_told(facture.fournisseur, facture.destinataire, facture.numero)
            )
            if told and emission_id is None:
                emission_id = self._book(conn, flux, names.CYCLE_DE_VIE, at)
            before = None
            for after in statuts:
                changes.append(Change(facture_id, before, after, emission_id if told else None))
                before = after
        advance_factures(conn, changes, at)

    def _local(self, at: datetime) -> str:
        zone: ZoneInfo = self.emitter.fuseau
        return f"{at.astimezone(zone):%d/%m/%Y à %H:%M}"


def _balance(
    known: Sequence[FactureDeposee], lot: LotJuge, decision: Decision
) -> tuple[FluxStatut, dict[str, int]]:
    """The statut of a flux in which nothing waits any more, and its counts, from what was decided of each."""
    rejetees = sum(facture.statut is FactureStatut.NON_CONFORME for facture in known)
    acceptees = len(known) - rejetees
    counts = {"acceptees": acceptees, "rejetees": rejetees + lot.illisibles}
    if not acceptees:
        return decision.flux, counts
    return (FluxStatut.INTEGRE_PARTIEL if counts["rejetees"] else FluxStatut.INTEGRE), counts


def _same_delivery(first: Flux, flux: Flux) -> bool:
    return first.sha256 == flux.sha256 and first.nom == flux.nom


def _findings(lot: LotJuge) -> list[Finding]:
    found = list(lot.findings)
    for fichier in lot.fichiers:
        found += fichier.findings
        for jugee in fichier.factures:
            found += jugee.findings
    return found
