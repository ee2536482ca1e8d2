"""The decision of a flux: record, decide, advance, book the answers, in one transaction.

Before it nothing is final; after it nothing that was decided is judged again. Whoever settles says under
which claim (``assert_claimed``), so that a process that was thought dead and comes back settles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from edi.lifecycle.advance import Change, advance_factures, advance_flux
from edi.lifecycle.claims import assert_claimed, free_keys
from edi.lifecycle.decide import Decision, decide
from edi.model import (
    CleFacture,
    Deposant,
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
from edi.outbound import emit, names
from edi.store import emissions, factures, livraisons
from edi.store import flux as flux_store
from edi.validators.doublon import unicity_key

_NOTHING_WRONG: Mapping[str, str | None] = {"incident": "", "classe": "", "prochain_essai": None}


@dataclass(frozen=True)
class Settlement:
    """What a decision needs besides the judgement."""

    base: Engine
    deposants: Mapping[str, Deposant]
    politique: Politique
    code_appli: str  # who we are in the names of return flows
    now: Callable[[], datetime]

    def settle(self, flux: Flux, lot: LotJuge, earlier: Sequence[Flux]) -> Flux:
        """Record, decide, book the answers: one transaction, all or nothing.

        While some invoices wait, those that are decided go on; the flux is answered when none waits.
        """
        decision = decide(lot)
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
            if lot.outcome is Outcome.UNDECIDED:
                self._tell_factures(conn, flux, changes, at)
                flux_store.describe(conn, flux.id, recues=lot.acceptees + lot.rejetees + lot.en_attente)
                return flux
            report = self._book(conn, flux, names.integration_report_code(flux.interface), at)
            self._tell_factures(conn, flux, changes, at)
            statut, counts = _balance(factures.of_flux(conn, flux.id), lot, decision)
            recues = len(lot.factures) + lot.illisibles
            flux_store.describe(conn, flux.id, **_NOTHING_WRONG, **counts, recues=recues)
            advance_flux(conn, flux.id, flux.statut, statut, at, emission_id=report)
            return flux_store.get(conn, flux.id)

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
        keys: dict[CleFacture, int] = {}
        for jugee, facture_id, statuts in changes:
            key = unicity_key(jugee.facture, self.politique)
            if FactureStatut.DEPOSEE in statuts and key is not None:
                keys[key] = facture_id
        factures.register(conn, keys)
        return changes

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
        report = self._book(conn, flux, names.integration_report_code(flux.interface), at)
        advance_flux(conn, flux.id, flux.statut, FluxStatut.RAPPEL, at, emission_id=report)
        return flux_store.get(conn, flux.id)

    def _book(self, conn: Connection, flux: Flux, interface: str, at: datetime) -> int:
        def name_of(numero: int) -> str:
            return names.file_name(self.code_appli, interface, flux.appli, numero)

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
