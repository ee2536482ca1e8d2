"""What a decision is told by: statuts given, return flows booked, invoices handed over. One transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from edi.lifecycle.advance import Change, advance_factures
from edi.lifecycle.decide import Decision
from edi.model import (
    Deposant,
    Destinataire,
    Facture,
    FactureJugee,
    FactureStatut,
    Flux,
    FluxStatut,
    LotJuge,
)
from edi.outbound import cdv, emit, names
from edi.outbound.booking import Booking, wants
from edi.store import remises, reprises

# Statuts that an invoice taken up again gets; any other of these words refuses the delivery alone.
TAKEN_UP = frozenset({FactureStatut.DEPOSEE, FactureStatut.COMPLETEE})


@dataclass(frozen=True)
class Reponses:
    """Where what was decided is told."""

    deposants: Mapping[str, Deposant]
    booking: Booking
    destinataires: Mapping[str, Destinataire]  # those that are connected, by SIRET

    def book_report(self, conn: Connection, flux: Flux, at: datetime) -> int:
        """Book the integration report of a flux: its id."""
        interface = names.integration_report_code(flux.interface)
        return self.booking.book(conn, flux.id, flux.appli, interface, at)

    def tell_flux(self, conn: Connection, flux: Flux, lot: LotJuge, decision: Decision, at: datetime) -> None:
        """Book the messages of the reform about the flux, and about its files that are irrecevable."""
        if not wants(self.deposants.get(flux.appli), "cdar"):
            return
        for message in cdv.plan_flux(lot, decision.flux is FluxStatut.IRRECEVABLE):
            of_file = names.CDAR_FACTURE if message.fichier else names.cdar_flux_code(flux.interface)
            self.booking.book_message(conn, flux.id, flux.appli, of_file, message, at)

    def tell_factures(
        self,
        conn: Connection,
        flux: Flux,
        decided: Sequence[tuple[FactureJugee, int, tuple[FactureStatut, ...]]],
        at: datetime,
        *,
        replay: bool = False,
    ) -> None:
        """Give every invoice its statuts, and book what tells them."""
        annonce = self.booking.announce(conn, flux.id, at)
        changes = []
        for jugee, facture_id, statuts in decided:
            before = FactureStatut.NON_CONFORME if replay else None
            formats = None
            if jugee.reprise is not None and statuts[0] in TAKEN_UP:
                before = jugee.reprise.nature.depuis
            elif jugee.reprise is not None and not any(f.motif == "DOUBLON" for f in jugee.findings):
                formats = ()  # it bears the number of an accepted invoice, which must not be reached
            for after in statuts:
                dite = annonce.tell(
                    flux.appli, jugee.facture, facture_id, after, jugee.findings, formats=formats
                )
                change = Change(facture_id, before, after, dite.emission_id, messages=dite.messages)
                changes.append(change)
                before = after
        advance_factures(conn, changes, at, replay=replay)
        self._hand_over(conn, flux, decided, at)

    def is_handed_over(self, facture: Facture) -> bool:
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
            if FactureStatut.COMPLETEE in statuts and not self.is_handed_over(jugee.facture):
                continue
            if {FactureStatut.EN_COURS_ACHEMINEMENT, FactureStatut.COMPLETEE} & set(statuts):
                destinataire = self.destinataires[jugee.facture.destinataire.identifiant.valeur]
                alone = facture_id if destinataire.groupement == "facture" else 0
                lots.setdefault((destinataire.code, alone), []).append(facture_id)
        for (code, _), facture_ids in lots.items():
            emission_id = self.booking.book(conn, flux.id, code, names.PIVOT, at)
            remises.plan(conn, emission_id, reprises.last_of(conn, facture_ids))
