"""The world for one lot: what the annuaire and the mandats say of the parties that its invoices name."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from sqlalchemy import Connection

from edi.annuaire.export import AnnuaireRefused, Export, open_export, repeated_key
from edi.annuaire.rows import read_services, read_structures
from edi.model import (
    SIREN,
    SIRET,
    CleFacture,
    Facture,
    Identifiant,
    Mandat,
    Original,
    Service,
    Snapshot,
    Structure,
)
from edi.store import annuaire
from edi.store.mandats import mandats_between

_K = TypeVar("_K", bound=tuple[str, ...])
_T = TypeVar("_T")


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
) -> Snapshot:
    """The world for the invoices that ``mandataire`` deposits, in a few queries whatever their number."""
    parties = name_parties(factures)
    by_siren = annuaire.structures_of_sirens(connection, parties.sirens)
    establishments = {identifiant.valeur for identifiant in by_siren}
    return Snapshot(
        annuaire_du=annuaire.annuaire_du(connection),
        structures={**annuaire.structures_named(connection, parties.identifiants), **by_siren},
        services=annuaire.services_of(connection, parties.sirets | establishments),
        mandats=mandats_between(connection, mandataire, parties.fournisseurs),
        originaux=originaux,
    )


def snapshot_of_csv(
    paths: Sequence[Path],
    at: datetime,
    factures: Iterable[Facture] | None = None,
    mandats: Sequence[Mandat] = (),
    originaux: Mapping[CleFacture, Original] | None = None,
) -> Snapshot:
    """The same world without a database, from CSV exports of the annuaire taken to be of the instant ``at``.

    Only what concerns the parties of ``factures`` is kept; everything, when they are not given: hold it then
    for as many lots as there are. Raises AnnuaireRefused and OSError.
    """
    parties = None if factures is None else name_parties(factures)
    structures: dict[Identifiant, Structure] = {}
    services: dict[tuple[str, str], Service] = {}
    exports = [open_export(path) for path in paths]
    for export in exports:
        if export.nature == annuaire.STRUCTURES:
            structures.update(_wanted_structures(export, parties))
        else:
            services.update(_wanted_services(export, parties))
    return Snapshot(
        annuaire_du=at if any(export.nature == annuaire.STRUCTURES for export in exports) else None,
        structures=structures,
        services=services,
        mandats=tuple(mandats),
        originaux=originaux or {},
    )


def _wanted_structures(export: Export, parties: Parties | None) -> dict[Identifiant, Structure]:
    wanted = (
        (line, value.identifiant, value)
        for line, value in read_structures(export)
        if parties is None
        or value.identifiant in parties.identifiants
        or value.identifiant.siren in parties.sirens
    )
    return _by_key(export, wanted)


def _wanted_services(export: Export, parties: Parties | None) -> dict[tuple[str, str], Service]:
    wanted = (
        (line, (value.siret, value.code), value)
        for line, value in read_services(export)
        if parties is None or value.siret in parties.sirets or value.siret[:9] in parties.sirens
    )
    return _by_key(export, wanted)


def _by_key(export: Export, rows: Iterable[tuple[int, _K, _T]]) -> dict[_K, _T]:
    found: dict[_K, _T] = {}
    lines: dict[_K, int] = {}
    for line, key, value in rows:
        if key in found:
            raise AnnuaireRefused.because_of(export.path.name, [repeated_key(export, key, lines[key], line)])
        found[key], lines[key] = value, line
    return found
