"""The decision of a flux: record, decide, advance, book the answers, in one transaction.

Before it nothing is final; after it nothing that was decided is judged again. Whoever settles says under
which claim (``assert_claimed``), so that a process that was thought dead and comes back settles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from edi.disjoncteur import tally
from edi.lifecycle.advance import Change, advance_factures, advance_flux
from edi.lifecycle.claims import assert_claimed, free_keys
from edi.lifecycle.decide import Decision, decide, decide_facture
from edi.model import (
    CleFacture,
    Deposant,
    Destinataire,
    Facture,
    FactureDeposee,
    FactureJugee,
    FactureStatut,
    Finding,
    Flux,
    FluxStatut,
    LotJuge,
    Outcome,
    Politique,
)
from edi.model.statuts import REJEU
from edi.outbound import cdv, emit, names
from edi.outbound.booking import Booking
from edi.store import decomptes, factures, messages, rejets, remises
from edi.store import flux as flux_store
from edi.validators.doublon import unicity_key

_NOTHING_WRONG: Mapping[str, str | None] = {"incident": "", "classe": "", "prochain_essai": None}


@dataclass(frozen=True)
class Settlement:
    """What a decision needs besides the judgement."""

    base: Engine
    deposants: Mapping[str, Deposant]
    politique: Politique
    booking: Booking
    destinataires: Mapping[str, Destinataire]  # those that are connected, by SIRET
    now: Callable[[], datetime]

    def settle(self, flux: Flux, lot: LotJuge, earlier: Sequence[Flux]) -> Flux:
        """Record, decide, book the answers: one transaction, all or nothing.

        While some invoices wait, those that are decided go on; the flux is answered when none waits.
        """
        decision = decide(lot, self._is_handed_over)
        at = self.now()
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            free_keys(conn, flux.id)
            known = factures.of_flux(conn, flux.id)
            same = self._answered_before(conn, lot, [e for e in earlier if same_delivery(e, flux)])
            if same is not None and not known:
                return self._book_reminder(conn, flux, same, at)
            if lot.outcome is not Outcome.UNDECIDED:
                factures.record_findings(conn, flux.id, lot)
            changes = self._record_decided(conn, flux, lot, decision, known)
            decomptes.record(conn, tally(flux, [jugee for jugee, _, _ in changes], at))
            if lot.outcome is Outcome.UNDECIDED:
                self._tell_factures(conn, flux, changes, at)
                flux_store.describe(conn, flux.id, recues=lot.acceptees + lot.rejetees + lot.en_attente)
                return flux
            report = self._book_report(conn, flux, at)
            self._tell_flux(conn, flux, lot, decision, at)
            self._tell_factures(conn, flux, changes, at)
            statut, counts = _balance(factures.of_flux(conn, flux.id), lot, decision)
            recues = len(lot.factures) + lot.illisibles
            flux_store.describe(conn, flux.id, **_NOTHING_WRONG, **counts, recues=recues)
            advance_flux(conn, flux.id, flux.statut, statut, at, emission_id=report)
            return flux_store.get(conn, flux.id)

    def settle_replay(
        self,
        conn: Connection,
        flux: Flux,
        passed: Sequence[tuple[FactureJugee, FactureDeposee]],
        at: datetime,
    ) -> None:
        """Accept invoices that were rejected at deposit, in the transaction in which they were judged again.

        The keys are those that the caller has reserved. Raises LostRace when somebody moved one first.
        """
        free_keys(conn, flux.id)
        if not passed:
            return
        ids = [facture.id for _, facture in passed]
        self._register([(jugee, facture.id) for jugee, facture in passed], conn)
        rejets.lift(conn, ids, at)
        rejets.name_parties(
            conn,
            {one.id: (jugee.facture.fournisseur, jugee.facture.destinataire) for jugee, one in passed},
        )
        statuts = [
            (jugee, facture.id, decide_facture(jugee, self._is_handed_over(jugee.facture)))
            for jugee, facture in passed
        ]
        self._tell_factures(conn, flux, statuts, at, replay=True)
        acceptees, rejetees = flux.acceptees + len(passed), flux.rejetees - len(passed)
        flux_store.describe(conn, flux.id, acceptees=acceptees, rejetees=rejetees)
        after = FluxStatut.INTEGRE_PARTIEL if rejetees else FluxStatut.INTEGRE
        if after is not flux.statut:
            advance_flux(conn, flux.id, flux.statut, after, at, REJEU, replay=True)

    def remind(self, flux: Flux, first: Flux) -> Flux:
        """Give the answer to an earlier delivery of the very same bytes once more."""
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            return self._book_reminder(conn, flux, first, self.now())

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
        accepted = [(jugee, one) for jugee, one, statuts in changes if FactureStatut.DEPOSEE in statuts]
        self._register(accepted, conn)
        return changes

    def _register(self, accepted: Sequence[tuple[FactureJugee, int]], conn: Connection) -> None:
        """Enter accepted invoices, by their ids, into what a doublon is measured against."""
        keys: dict[CleFacture, int] = {}
        for jugee, facture_id in accepted:
            key = unicity_key(jugee.facture, self.politique)
            if key is not None:
                keys[key] = facture_id
        factures.register(conn, keys)

    def _answered_before(self, conn: Connection, lot: LotJuge, earlier: Sequence[Flux]) -> Flux | None:
        """The earlier delivery of the very same bytes that was refused for the very same reasons."""
        now = sorted((f.code, f.location, f.value) for f in findings_of(lot))
        for delivery in reversed(earlier):
            told = factures.findings_of(conn, delivery.id)
            if now == sorted((f.code, f.location, f.value) for _, _, f in told):
                return delivery
        return None

    def _book_reminder(self, conn: Connection, flux: Flux, first: Flux, at: datetime) -> Flux:
        counts = {"acceptees": first.acceptees, "rejetees": first.rejetees}
        flux_store.describe(conn, flux.id, **_NOTHING_WRONG, rappel_de=first.id, **counts)
        report = self._book_report(conn, flux, at)
        advance_flux(conn, flux.id, flux.statut, FluxStatut.RAPPEL, at, emission_id=report)
        return flux_store.get(conn, flux.id)

    def _book_report(self, conn: Connection, flux: Flux, at: datetime) -> int:
        interface = names.integration_report_code(flux.interface)
        return self.booking.book(conn, flux.id, flux.appli, interface, at)

    def _book_message(
        self, conn: Connection, flux: Flux, interface: str, message: messages.MessagePrevu, at: datetime
    ) -> int:
        emission_id = self.booking.book(conn, flux.id, flux.appli, interface, at)
        messages.record(conn, emission_id, message)
        return emission_id

    def _tell_flux(
        self, conn: Connection, flux: Flux, lot: LotJuge, decision: Decision, at: datetime
    ) -> None:
        """Book the messages of the reform about the flux, and about its files that are irrecevable."""
        if not wants(self.deposants.get(flux.appli), "cdar"):
            return
        for message in cdv.plan_flux(lot, decision.flux is FluxStatut.IRRECEVABLE):
            of_file = names.CDAR_FACTURE if message.fichier else names.cdar_flux_code(flux.interface)
            self._book_message(conn, flux, of_file, message, at)

    def _tell_factures(
        self,
        conn: Connection,
        flux: Flux,
        decided: Sequence[tuple[FactureJugee, int, tuple[FactureStatut, ...]]],
        at: datetime,
        *,
        replay: bool = False,
    ) -> None:
        """Give every invoice its statuts, and book the cycle de vie of those it can name.

        One FEN1200A for all; of the reform, one message for each statut. FEN1200A leaves a doublon to the
        integration report: it names an invoice by its number, and the statut of this delivery must not reach
        the original. A message of the reform says DOUBLON, which is about the delivery by its very meaning.
        """
        deposant = self.deposants.get(flux.appli)
        cpp, cdar = wants(deposant, "cpp"), wants(deposant, "cdar")
        emission_id: int | None = None
        changes = []
        for jugee, facture_id, statuts in decided:
            facture = jugee.facture
            told = (
                cpp
                and not any(finding.motif == "DOUBLON" for finding in jugee.findings)
                and emit.can_be_told(facture.fournisseur, facture.destinataire, facture.numero)
            )
            if told and emission_id is None:
                emission_id = self.booking.book_cycle_de_vie(conn, flux.id, flux.appli, at)
            before = FactureStatut.NON_CONFORME if replay else None
            for after in statuts:
                message = cdv.plan_facture(facture, facture_id, after, jugee.findings, at) if cdar else None
                by = message and self._book_message(conn, flux, names.CDAR_FACTURE, message, at)
                changes.append(Change(facture_id, before, after, emission_id if told else by))
                before = after
        advance_factures(conn, changes, at, replay=replay)
        self._hand_over(conn, flux, decided, at)

    def _is_handed_over(self, facture: Facture) -> bool:
        """Whether a pivot will bring the invoice to its destinataire; else it is put at its disposal."""
        return facture.destinataire.identifiant.valeur in self.destinataires and emit.can_be_told(
            facture.fournisseur, facture.destinataire, facture.numero
        )

    def _hand_over(
        self,
        conn: Connection,
        flux: Flux,
        decided: Sequence[tuple[FactureJugee, int, tuple[FactureStatut, ...]]],
        at: datetime,
    ) -> None:
        """Book the pivots of the invoices that are on their way, grouped as each destinataire wants."""
        lots: dict[tuple[str, int], list[int]] = {}
        for jugee, facture_id, statuts in decided:
            if FactureStatut.EN_COURS_ACHEMINEMENT in statuts:
                destinataire = self.destinataires[jugee.facture.destinataire.identifiant.valeur]
                alone = facture_id if destinataire.groupement == "facture" else 0
                lots.setdefault((destinataire.code, alone), []).append(facture_id)
        for (code, _), facture_ids in lots.items():
            remises.plan(conn, self.booking.book(conn, flux.id, code, names.PIVOT, at), facture_ids)


def wants(deposant: Deposant | None, format: str) -> bool:
    """Whether a déposant receives the cycle de vie in a format, ``cpp`` or ``cdar``."""
    if deposant is None or not deposant.recoit_cycles_de_vie:
        return False
    return format in deposant.format_retour.split("+")


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


def same_delivery(first: Flux, flux: Flux) -> bool:
    """The same bytes under the same name."""
    return first.sha256 == flux.sha256 and first.nom == flux.nom


def findings_of(lot: LotJuge) -> list[Finding]:
    """Everything that was found in a lot."""
    found = list(lot.findings)
    for fichier in lot.fichiers:
        found += fichier.findings
        for jugee in fichier.factures:
            found += jugee.findings
    return found
