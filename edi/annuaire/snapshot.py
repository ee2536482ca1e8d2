"""The world for one lot: what the annuaire and the mandats say of the parties that its invoices name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from edi.model import (
    SIREN,
    SIRET,
    CleFacture,
    Facture,
    Identifiant,
    Original,
    Repere,
    Snapshot,
)
from edi.store import annuaire
from edi.store.mandats import mandats_between


@dataclass(frozen=True, slots=True)
class Parties:
    """Whom the invoices of a lot name."""

    fournisseurs: frozenset[Identifiant]
    identifiants: frozenset[Identifiant]  # fournisseurs and destinataires named otherwise than by SIREN
    sirens: frozenset[str]  # of those named by SIREN: any of their establishments may be meant
    sirets: frozenset[str]  # of the destinataires


def name_parties(factures: Iterable[Facture]) -> Parties:
    """The parties of a lot, each once; a party without a number names nobody."""
    couples = {(facture.fournisseur.identifiant, facture.destinataire.identifiant) for facture in factures}
    fournisseurs = frozenset(fournisseur for fournisseur, _ in couples if fournisseur.valeur)
    destinataires = frozenset(destinataire for _, destinataire in couples if destinataire.valeur)
    everyone = fournisseurs | destinataires
    return Parties(
        fournisseurs=fournisseurs,
        identifiants=frozenset(identifiant for identifiant in everyone if identifiant.type != SIREN),
        sirens=frozenset(identifiant.valeur for identifiant in everyone if identifiant.type == SIREN),
        sirets=frozenset(identifiant.valeur for identifiant in destinataires if identifiant.type == SIRET),
    )


def take_snapshot(
    connection: Connection,
    factures: Iterable[Facture],
    mandataire: str,
    originaux: Mapping[CleFacture, Original],
    au: Repere | None = None,
) -> Snapshot:
    """The world for the invoices that ``mandataire`` deposits, in a few queries whatever their number.

    ``au``: as it stood then; ``originaux`` are for the caller to see as they stood. None: as it stands.
    """
    parties = name_parties(factures)
    last, line = (None, None) if au is None else (au.annuaire, au.mandats)
    by_siren = annuaire.structures_of_sirens(connection, parties.sirens, last)
    establishments = {identifiant.valeur for identifiant in by_siren}
    return Snapshot(
        annuaire_du=annuaire.annuaire_du(connection, last),
        structures={**annuaire.structures_named(connection, parties.identifiants, last), **by_siren},
        services=annuaire.services_of(connection, parties.sirets | establishments, last),
        mandats=mandats_between(connection, mandataire, parties.fournisseurs, line),
        originaux=originaux,
        repere=au,
    )
