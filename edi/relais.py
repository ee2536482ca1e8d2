"""What destinataires say, carried to those who deposited: read, validated, matched, applied, told on.

Every statut of a flow is judged for itself: what is wrong with one never keeps the others back. All that
comes of a flow is one transaction, under the claim of whoever treats it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import Connection, Engine

from edi.examen import Scanner, examine_file
from edi.inbound import cards
from edi.inbound.display import show_size
from edi.lifecycle.advance import Change, advance_factures, advance_flux
from edi.lifecycle.claims import assert_claimed
from edi.lifecycle.statuts import project
from edi.model import (
    SIREN,
    Destinataire,
    FactureStatut,
    Fait,
    FichierJuge,
    Finding,
    Flux,
    FluxStatut,
    Identifiant,
    Limites,
    LotJuge,
    Politique,
    Severity,
    StatutFluxRecu,
    StatutRecu,
)
from edi.outbound import names
from edi.outbound.booking import Annonce, Booking
from edi.retours import Lecture, Lu, read
from edi.store import consignation, emissions, messages, retours
from edi.store import flux as flux_store
from edi.validators import statuts
from edi.validators.doublon import seller_key
from edi.validators.statuts import Connue
from edi.validators.wording import shown

log = structlog.get_logger()


@dataclass(frozen=True)
class Relais:
    """Where the flows of destinataires are settled."""

    base: Engine
    destinataires: Mapping[str, Destinataire]  # by code
    politique: Politique
    booking: Booking
    now: Callable[[], datetime]
    limites: Limites
    judge: Callable[[bytes], Sequence[Finding]]  # a message of the reform
    scanner: Scanner | None = None  # None: there is no antivirus to ask

    def read(self, path: Path, nom: str) -> Lu:
        """Read a flow that came under a name, once the antivirus has seen it; it is a single file."""
        limite = self.limites.fichier
        taille = path.stat().st_size
        if not taille:
            return Lu(None, (cards.FLUX_VIDE.at(value=nom, expected="un fichier non vide"),))
        if taille > limite:
            too_large = cards.FLUX_TROP_GROS.at(value=show_size(taille), expected=show_size(limite))
            return Lu(None, (too_large,))
        data = path.read_bytes()
        if self.scanner is not None and (found := examine_file(nom, data, self.scanner, self.limites)):
            return Lu(None, (found,))
        return read(data, Lecture(self.booking.fuseau, self.judge, self.booking.reforme))

    def settle(self, flux: Flux, lu: Lu) -> Flux:
        """Apply a flow and book what tells it: one transaction, all or nothing."""
        at = self.now()
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            refused = lu.retour is None or any(f.severity == Severity.FATAL for f in lu.findings)
            tour = _Tour(self, conn, flux, at, self.booking.announce(conn, flux.id, at))
            if lu.retour is not None and not refused:
                for recu in lu.retour.factures:
                    tour.take(recu, lu.unites.get(recu.place.path, ()))
                for accuse in lu.retour.flux:
                    tour.take_report(accuse, lu.unites.get(accuse.place.path, ()))
            consignation.record_findings(conn, flux.id, _as_lot(flux, lu, tour.findings))
            statut = FluxStatut.IRRECEVABLE if refused else tour.statut
            counts = {"acceptees": tour.acceptees, "rejetees": tour.rejetees}
            recues = tour.acceptees + tour.rejetees
            flux_store.describe(
                conn, flux.id, incident="", classe="", prochain_essai=None, recues=recues, **counts
            )
            report = None
            if refused or tour.rejetees or not lu.is_report:
                interface = names.integration_report_code(flux.interface)
                report = self.booking.book(conn, flux.id, flux.appli, interface, at)
            advance_flux(conn, flux.id, flux.statut, statut, at, emission_id=report)
            return flux_store.get(conn, flux.id)


def _as_lot(flux: Flux, lu: Lu, found: Sequence[Finding]) -> LotJuge:
    """What is to be remembered of a flow, in the form in which findings are remembered."""
    return LotJuge(lu.findings, (FichierJuge(flux.nom, findings=tuple(found)),) if found else ())


@dataclass
class _Tour:
    """One flow being applied, statut by statut, inside one transaction."""

    relais: Relais
    conn: Connection
    flux: Flux
    at: datetime
    annonce: Annonce
    acceptees: int = 0
    rejetees: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def statut(self) -> FluxStatut:
        if not self.acceptees:
            return FluxStatut.REJETE
        return FluxStatut.INTEGRE_PARTIEL if self.rejetees else FluxStatut.INTEGRE

    def take(self, recu: StatutRecu, of_form: Sequence[Finding]) -> None:
        """One statut of one invoice."""
        siret = self.relais.destinataires[self.flux.appli].siret
        connue, found = None, list(of_form)
        if _is_accepted(of_form):
            connue = self._find(recu)
            found += statuts.check(recu, connue, siret)
        if not self._count(found) or connue is None:
            return
        statut = statuts.read_statut(recu)
        if statut is None:
            self._note(recu, connue, siret)
        elif not any(finding.code in statuts.UNCHANGED for finding in found):
            self._apply(recu, statut, connue, siret)

    def take_report(self, accuse: StatutFluxRecu, of_form: Sequence[Finding]) -> None:
        """What became of a flux that we handed over, by the destinataire's own report."""
        found = list(of_form)
        emission = emissions.find_by_flux_id(self.conn, self.flux.appli, accuse.id_flux)
        if emission is None and _is_accepted(of_form):
            found.append(statuts.UNKNOWN_FLUX.at(accuse.place, shown(accuse.id_flux)))
        if self._count(found) and emission is not None:
            emissions.acknowledge(self.conn, emission.id, accuse.id_statut, self.flux.id)
            if accuse.id_statut in statuts.FLUX_REFUSED:
                log.warning("handed_over_flux_refused", emission=emission.nom, statut=accuse.id_statut)

    def _count(self, found: Sequence[Finding]) -> bool:
        self.findings += found
        accepted = _is_accepted(found)
        self.acceptees += accepted
        self.rejetees += not accepted
        return accepted

    def _find(self, recu: StatutRecu) -> Connue | None:
        """The accepted invoice that a statut means: number, seller, year where it tells one."""
        keys = _seller_keys(recu.fournisseur.identifiant, self.relais.politique)
        year = recu.date.year if recu.date else None
        siren = recu.fournisseur.identifiant.siren if recu.cdv else ""  # all that the reform tells of it
        whole = siren if len(siren) == 9 and siren.isdigit() else ""
        found = retours.accepted(self.conn, keys, recu.numero, year, whole) if keys else []
        if len(found) != 1:
            return None
        return Connue(found[0], frozenset(retours.said(self.conn, found[0].id)))

    def _apply(self, recu: StatutRecu, statut: FactureStatut, connue: Connue, siret: str) -> None:
        facture = connue.facture
        if facture.statut is None:
            raise LookupError(f"facture {facture.id} is registered and has no statut")
        fait = self._fait(recu, siret)
        since = max((le for said, le in connue.statuts if said is facture.statut), default=fait.le)
        montre = project(facture.statut, since, statut, fait.le)
        appli = flux_store.get(self.conn, facture.flux_id).appli
        dite = self.annonce.tell(appli, facture, facture.id, statut, fait=fait)
        change = Change(facture.id, facture.statut, statut, dite.emission_id, fait, montre, dite.messages)
        advance_factures(self.conn, [change], self.at)

    def _note(self, recu: StatutRecu, connue: Connue, siret: str) -> None:
        """Tell on what has no equivalent among our statuts, once, to who reads messages of the reform."""
        facture, fait = connue.facture, self._fait(recu, siret)
        appli = flux_store.get(self.conn, facture.flux_id).appli
        log.info("statut_noted", facture=facture.id, statut=recu.cdv, flux=self.flux.id)
        if (recu.cdv, fait.le) not in messages.said(self.conn, appli, facture.id):
            self.annonce.tell(appli, facture, facture.id, None, fait=fait)

    def _fait(self, recu: StatutRecu, siret: str) -> Fait:
        return Fait(
            le=recu.horodatage or self.at,
            motif=recu.commentaire,
            complement=recu.complement,
            mandat=recu.mandat,
            producteur=siret,
            flux_id=self.flux.id,
            cdv=recu.cdv,
        )


def _is_accepted(found: Sequence[Finding]) -> bool:
    return all(finding.severity == Severity.WARNING for finding in found)


def _seller_keys(identifiant: Identifiant, politique: Politique) -> list[str]:
    """How the register may name a seller: a SIREN alone goes out, and comes back, under type 6."""
    keys = [seller_key(identifiant, politique)]
    if identifiant.type == "6" and identifiant.valeur.isdigit() and len(identifiant.valeur) == 9:
        keys.append(seller_key(Identifiant(SIREN, identifiant.valeur), politique))
    return [key for key in keys if key]
