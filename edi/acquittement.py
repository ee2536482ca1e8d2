"""Acknowledgements that a déposant drops into its ``in``: ``acquittement….csv``, one row an invoice.

Every row is judged for itself; what comes of a file is one transaction, and answered by a report.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from edi.inbound.tableau import TableauRefused, read_tableau
from edi.lifecycle.advance import advance_flux
from edi.lifecycle.claims import assert_claimed
from edi.model import (
    FactureDeposee,
    FactureStatut,
    FichierJuge,
    Finding,
    Flux,
    FluxStatut,
    LotJuge,
    Nature,
    Place,
    Severity,
)
from edi.outbound import names
from edi.outbound.booking import Booking
from edi.store import consignation, factures, reprises
from edi.store import flux as flux_store
from edi.validators import acquittement as cards
from edi.validators.wording import shown

NATURE = "acquittements"  # of the flux that brings some
ACQUITTABLES = frozenset({FactureStatut.REJETEE, *(nature.depuis for nature in Nature)})
_NAME = re.compile(r"acquittement.*\.csv", re.IGNORECASE | re.DOTALL)
_COLONNES = ("facture", "fournisseur")


def is_acquittement(nom: str) -> bool:
    """True for the name of a file of acknowledgements."""
    return _NAME.fullmatch(nom) is not None


@dataclass(frozen=True)
class Acquittements:
    """Where acknowledgements are settled."""

    base: Engine
    booking: Booking
    now: Callable[[], datetime]

    def settle(self, flux: Flux, path: Path, refused: Finding | None = None) -> Flux:
        """Record what a file acknowledges and book its report: one transaction, all or nothing.

        ``refused``: why it must not be read at all.
        """
        at = self.now()
        rows, whole = ([], refused) if refused else _read(path)
        with self.base.begin() as conn:
            assert_claimed(conn, flux)
            known = factures.of_numbers(conn, flux.appli, {row["facture"] for row in rows})
            found = [
                _acknowledge(conn, rank, row["facture"], row["fournisseur"], known, at, flux.nom)
                for rank, row in enumerate(rows, 2)
            ]
            return self._record(conn, flux, whole, found, at)

    def _record(
        self,
        conn: Connection,
        flux: Flux,
        whole: Finding | None,
        found: Sequence[Finding | None],
        at: datetime,
    ) -> Flux:
        rejetees = sum(one is not None and one.severity >= Severity.ERROR for one in found)
        told = tuple(one for one in found if one is not None)
        of_file = (FichierJuge(flux.nom, findings=told),) if told else ()
        consignation.record_findings(conn, flux.id, LotJuge((whole,) if whole else (), of_file))
        flux_store.describe(
            conn,
            flux.id,
            incident="",
            classe="",
            prochain_essai=None,
            recues=len(found),
            acceptees=len(found) - rejetees,
            rejetees=rejetees,
        )
        if whole is not None:
            statut = FluxStatut.IRRECEVABLE
        elif rejetees == len(found):
            statut = FluxStatut.REJETE
        else:
            statut = FluxStatut.INTEGRE_PARTIEL if rejetees else FluxStatut.INTEGRE
        interface = names.integration_report_code(flux.interface)
        report = self.booking.book(conn, flux.id, flux.appli, interface, at)
        advance_flux(conn, flux.id, flux.statut, statut, at, emission_id=report)
        return flux_store.get(conn, flux.id)


def _read(path: Path) -> tuple[list[dict[str, str]], Finding | None]:
    """The rows of a file, and why nothing can be done with it."""
    try:
        rows = read_tableau(path, _COLONNES)
    except TableauRefused as refused:
        return [], cards.UNREADABLE.at(raison=str(refused))
    return rows, None if rows else cards.UNREADABLE.at(raison="il ne nomme aucune facture")


def _acknowledge(
    conn: Connection,
    ligne: int,
    numero: str,
    fournisseur: str,
    known: Sequence[FactureDeposee],
    at: datetime,
    par: str,
) -> Finding | None:
    """What is wrong with one row, or None: it is recorded."""
    place = Place(line=ligne)
    meant = [
        one
        for one in known
        if one.numero == numero
        and one.statut not in (None, FactureStatut.NON_CONFORME)
        and (not fournisseur or one.fournisseur.identifiant.valeur.startswith(fournisseur))
    ]
    if len(meant) != 1 or meant[0].statut is None:
        several = " : plusieurs fournisseurs en ont une, indiquez lequel" if meant else ""
        return cards.UNKNOWN.at(place, shown(numero), precision=several)
    facture, statut = meant[0], meant[0].statut
    if statut not in ACQUITTABLES:
        return cards.NOTHING_TO_SEE.at(place, shown(numero), statut=statut.court)
    if not reprises.acknowledge(conn, facture.id, statut, at, par):
        return cards.REPEATED.at(place, shown(numero), statut=statut.court)
    return None
