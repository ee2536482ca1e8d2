"""The decision of a flux: record, decide, advance, book the answers, in one transaction.

Before it nothing is final; after it nothing that was decided is judged again. Whoever settles says under
which claim (``assert_claimed``), so that a process that was thought dead and comes back settles nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine

from edi import __version__
from edi.disjoncteur import tally
from edi.lifecycle.advance import advance_flux
from edi.lifecycle.causes import find_cause
from edi.lifecycle.claims import assert_claimed, free_keys
from edi.lifecycle.decide import Decision, decide, decide_facture
from edi.model import (
    Acheminement,
    CleFacture,
    Deposant,
    Destinataire,
    FactureDeposee,
    FactureJugee,
    FactureStatut,
    Finding,
    Flux,
    FluxStatut,
    Interface,
    Limites,
    LotJuge,
    Nature,
    Outcome,
    Passe,
    Politique,
    Reglage,
    Repere,
)
from edi.model.statuts import REJEU
from edi.outbound.booking import Booking
from edi.settlement.reponses import TAKEN_UP, Reponses
from edi.store import consignation, decomptes, factures, jugements, rejets, reprises, suivis
from edi.store import flux as flux_store
from edi.store.jugements import Nouveau
from edi.store.packs import PackSet
from edi.store.reprises import Nouvelle
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
    limites: Limites  # under which it was judged
    interfaces: Mapping[str, Interface]

    @property
    def reponses(self) -> Reponses:
        """Where what was decided is told, and handed over."""
        return Reponses(self.deposants, self.booking, self.destinataires)

    def settle(self, flux: Flux, lot: LotJuge, earlier: Sequence[Flux]) -> Flux:
        """Record, decide, book the answers: one transaction, all or nothing.

        While some invoices wait, those that are decided go on; the flux is answered when none waits.
        """
        decision = decide(lot, self.reponses.is_handed_over)
        at = self.now()
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            free_keys(conn, flux.id)
            known = factures.of_flux(conn, flux.id)
            seen = jugements.repere_now(conn)  # of a flux that was refused before the registry was asked
            same = self._answered_before(conn, lot, [e for e in earlier if same_delivery(e, flux)])
            if same is not None and not known:
                return self._book_reminder(conn, flux, same, at)
            if lot.outcome is not Outcome.UNDECIDED:
                consignation.record_findings(conn, flux.id, lot)
            changes = self._record_decided(conn, flux, lot, decision, known, at)
            if changes or lot.outcome is not Outcome.UNDECIDED:
                decided = {facture_id: jugee.packs for jugee, facture_id, _ in changes}
                self._record_judgement(conn, flux, Passe.DEPOT, at, lot.repere or seen, decided)
            decomptes.record(conn, tally(flux, [jugee for jugee, _, _ in changes], at))
            if suivis.reste_de(conn, flux.id) is None and (original := suivis.find_mended(conn, flux)):
                suivis.link_reste(conn, flux.id, original)
            if lot.outcome is Outcome.UNDECIDED:
                self.reponses.tell_factures(conn, flux, changes, at)
                flux_store.describe(conn, flux.id, recues=lot.acceptees + lot.rejetees + lot.en_attente)
                return flux
            report = self.reponses.book_report(conn, flux, at)
            self.reponses.tell_flux(conn, flux, lot, decision, at)
            self.reponses.tell_factures(conn, flux, changes, at)
            taken_up = reprises.count_of_flux(conn, flux.id)
            statut, counts = _balance(factures.count_of_flux(conn, flux.id), taken_up, lot, decision)
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
        repere: Repere,
    ) -> None:
        """Accept invoices that were rejected at deposit, in the transaction in which they were judged again.

        ``repere``: the registry that was asked. The keys are those that the caller has reserved. Raises
        LostRace when somebody moved one first.
        """
        free_keys(conn, flux.id)
        if not passed:
            return
        ids = [facture.id for _, facture in passed]
        decided = {facture.id: jugee.packs for jugee, facture in passed}
        self._record_judgement(conn, flux, Passe.REJEU, at, repere, decided)
        self._register([(jugee, facture.id) for jugee, facture in passed], conn)
        rejets.lift(conn, ids, at)
        suivis.review_reste(conn, flux.id)
        rejets.name_parties(
            conn,
            {one.id: (jugee.facture.fournisseur, jugee.facture.destinataire) for jugee, one in passed},
        )
        statuts = [
            (jugee, facture.id, decide_facture(jugee, self.reponses.is_handed_over(jugee.facture)))
            for jugee, facture in passed
        ]
        self.reponses.tell_factures(conn, flux, statuts, at, replay=True)
        acceptees, rejetees = flux.acceptees + len(passed), flux.rejetees - len(passed)
        flux_store.describe(conn, flux.id, acceptees=acceptees, rejetees=rejetees)
        after = FluxStatut.INTEGRE_PARTIEL if rejetees else FluxStatut.INTEGRE
        if after is not flux.statut:
            advance_flux(conn, flux.id, flux.statut, after, at, REJEU, replay=True)

    def settle_reprise(
        self, conn: Connection, flux: Flux, jugee: FactureJugee, nouvelle: Nouvelle, at: datetime
    ) -> None:
        """Take an accepted invoice up again by hand. Raises LostRace when somebody moved it first."""
        reprises.record(conn, nouvelle, at)
        statuts = decide_facture(jugee, self.reponses.is_handed_over(jugee.facture))
        self.reponses.tell_factures(conn, flux, [(jugee, nouvelle.facture_id, statuts)], at)

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
        at: datetime,
    ) -> list[tuple[FactureJugee, int, tuple[FactureStatut, ...]]]:
        """Record the invoices that are decided now and were not before: (invoice, id, statuts)."""
        deposant = self.deposants.get(flux.appli)
        if lot.outcome is Outcome.UNDECIDED and deposant is not None and deposant.politique == "tout_ou_rien":
            return []  # one of those that wait may still reject them all
        recorded = {(facture.fichier, facture.rang) for facture in known}
        recorded |= {(one.fichier, one.rang) for one, _ in reprises.of_flux(conn, flux.id)}
        places = [(fichier.nom, j.facture.rang) for fichier in lot.fichiers for j in fichier.factures]
        wanted = [
            position
            for position, place in enumerate(places)
            if decision.factures[position] and place not in recorded
        ]
        jugees = lot.factures
        again = [p for p in wanted if jugees[p].reprise is not None and decision.factures[p][0] in TAKEN_UP]
        new = [position for position in wanted if position not in set(again)]
        ids = dict(zip(new, consignation.record_factures(conn, flux.id, lot, set(new)), strict=True))
        for position in again:
            ids[position] = self._take_up(conn, flux, places[position], jugees[position], at)
        changes = [(jugees[p], ids[p], decision.factures[p]) for p in wanted]
        accepted = [(jugees[p], ids[p]) for p in new if FactureStatut.DEPOSEE in decision.factures[p]]
        self._register(accepted, conn)
        refused = [p for p in new if FactureStatut.NON_CONFORME in decision.factures[p]]
        rejets.record(conn, flux, [_as_rejected(ids[p], jugees[p]) for p in refused])
        return changes

    def _record_judgement(
        self,
        conn: Connection,
        flux: Flux,
        passe: Passe,
        at: datetime,
        repere: Repere,
        decided: Mapping[int, PackSet],
    ) -> None:
        """Keep what decided: when, for which day, what it could see, what was set."""
        judged_for = flux.recu_le if passe is Passe.DEPOT else at
        jour = judged_for.astimezone(self.booking.fuseau).date()
        deposant = self.deposants.get(flux.appli, Deposant(flux.appli, raccordement_actif=False))
        reglage = Reglage(self.politique, self.limites, deposant, self.interfaces, __version__)
        jugement_id = jugements.record(conn, Nouveau(flux.id, passe, at, jour, repere, reglage))
        jugements.link(conn, jugement_id, decided)

    def _take_up(
        self, conn: Connection, flux: Flux, place: tuple[str, int], jugee: FactureJugee, at: datetime
    ) -> int:
        """Record that an accepted invoice is recycled or completed by what a flux brings; its id."""
        facture, reprise = jugee.facture, jugee.reprise
        if reprise is None:
            raise LookupError(f"flux {flux.id}: {place} takes up nothing")
        vers = Acheminement(facture.destinataire, facture.service, facture.engagement)
        recyclee = reprise.nature is Nature.RECYCLAGE
        reprises.record(
            conn,
            Nouvelle(reprise.facture_id, reprise.nature, vers if recyclee else None, flux.id, *place),
            at,
        )
        consignation.record_findings_of(conn, flux.id, reprise.facture_id, place[0], jugee.findings)
        return reprise.facture_id

    def _register(self, accepted: Sequence[tuple[FactureJugee, int]], conn: Connection) -> None:
        """Enter accepted invoices, by their ids, into what a doublon is measured against."""
        keys: dict[CleFacture, int] = {}
        for jugee, facture_id in accepted:
            key = unicity_key(jugee.facture, self.politique)
            if key is not None:
                keys[key] = facture_id
        factures.register(conn, keys)
        rejets.forget_mended(conn, [jugee.facture for jugee, _ in accepted])

    def _answered_before(self, conn: Connection, lot: LotJuge, earlier: Sequence[Flux]) -> Flux | None:
        """The earlier delivery of the very same bytes that was refused for the very same reasons."""
        now = sorted((f.code, f.location, f.value) for f in findings_of(lot)) if earlier else []
        for delivery in reversed(earlier):
            told = factures.findings_of(conn, delivery.id)
            if now == sorted((f.code, f.location, f.value) for _, _, f in told):
                return delivery
        return None

    def _book_reminder(self, conn: Connection, flux: Flux, first: Flux, at: datetime) -> Flux:
        counts = {"acceptees": first.acceptees, "rejetees": first.rejetees}
        flux_store.describe(conn, flux.id, **_NOTHING_WRONG, rappel_de=first.id, **counts)
        report = self.reponses.book_report(conn, flux, at)
        advance_flux(conn, flux.id, flux.statut, FluxStatut.RAPPEL, at, emission_id=report)
        return flux_store.get(conn, flux.id)


def _balance(
    known: Mapping[str, int], taken_up: int, lot: LotJuge, decision: Decision
) -> tuple[FluxStatut, dict[str, int]]:
    """The statut of a flux in which nothing waits any more, and its counts.

    ``known``: how many invoices show each statut.
    """
    rejetees = known.get(FactureStatut.NON_CONFORME.name, 0)
    acceptees = sum(known.values()) - rejetees + taken_up
    counts = {"acceptees": acceptees, "rejetees": rejetees + lot.illisibles}
    if not acceptees:
        return decision.flux, counts
    return (FluxStatut.INTEGRE_PARTIEL if counts["rejetees"] else FluxStatut.INTEGRE), counts


def _as_rejected(facture_id: int, jugee: FactureJugee) -> rejets.Rejetee:
    return rejets.Rejetee(facture_id, jugee.facture, find_cause(jugee.facture, jugee.findings))


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
