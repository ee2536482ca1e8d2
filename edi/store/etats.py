"""All that is known of one delivery at one instant: what files for déposants and pages are made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from edi.model import Emission, FactureDeposee, Fait, Finding, Flux, RepriseFaite
from edi.store import emissions, factures, reprises, suivis, vies
from edi.store import flux as flux_store


@dataclass(frozen=True)
class Etat:
    """All that is told of one delivery, as the database has it at one instant."""

    flux: Flux
    depuis: datetime  # of its statut
    factures: Sequence[FactureDeposee]
    depuis_facture: Mapping[int, datetime]
    findings: Sequence[tuple[FactureDeposee | None, str, Finding]]
    reponses: Sequence[Emission]
    dits: Mapping[int, Fait] = field(default_factory=dict)  # by its destinataire, with the statut it shows
    rappel_de: Flux | None = None
    reste_de: Flux | None = None
    restes: Sequence[Flux] = ()  # the flux_list in which its rejected invoices came back
    acquittees: Mapping[int, datetime] = field(default_factory=dict)  # since when its statut was seen
    reprises: Sequence[
        tuple[RepriseFaite, FactureDeposee, Flux]
    ] = ()  # with the flux that brought each first


def read_etat(conn: Connection, flux_id: int) -> Etat:
    """All that is told of one delivery."""
    flux = flux_store.get(conn, flux_id)
    reste_de = suivis.reste_de(conn, flux_id)
    return Etat(
        flux=flux,
        depuis=flux_store.statut_since(conn, flux_id),
        factures=factures.of_flux(conn, flux_id),
        depuis_facture=vies.statuts_since(conn, flux_id),
        findings=factures.findings_of(conn, flux_id),
        dits=vies.said_by_destinataires(conn, flux_id),
        # a pivot goes to a destinataire: its déposant is told of the statuts alone
        reponses=[one for one in emissions.of_flux(conn, flux_id) if one.appli == flux.appli],
        rappel_de=None if flux.rappel_de is None else flux_store.get(conn, flux.rappel_de),
        reste_de=None if reste_de is None else flux_store.get(conn, reste_de),
        acquittees=reprises.seen_of_flux(conn, flux_id),
        reprises=[
            (done, facture, flux_store.get(conn, facture.flux_id))
            for done, facture in reprises.of_flux(conn, flux_id)
        ],
        restes=[flux_store.get(conn, one) for one in suivis.restes_of(conn, flux_id)],
    )
