"""A contre-relevé: what a déposant believes it deposited, compared with what we received.

``contre-releve-AAAA-MM-JJ….csv`` is compared with that day; one without a day, with the invoices it names.
Its head names the columns, in any order: ``facture`` at least; ``flux``, ``fournisseur``, ``ttc``, ``sha256``
are compared when they are there. Our own relevé is a legal one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from edi.inbound.tableau import TableauRefused, read_tableau
from edi.model import FactureDeposee, Flux
from edi.releve.jour import bounds, outcome_of
from edi.store import factures as facture_store
from edi.store import flux as flux_store
from edi.store import reprises

_NAME = re.compile(r"contre-releve(?:-(\d{4}-\d{2}-\d{2}))?.*\.csv", re.IGNORECASE | re.DOTALL)
_COLONNES = ("facture", "flux", "fournisseur", "ttc", "sha256")


class Ecart(NamedTuple):
    """One difference."""

    nature: str
    facture: str
    flux: str
    chez_vous: str
    chez_nous: str


class Comparaison(NamedTuple):
    """What was compared, and what differs."""

    jour: date | None
    lignes: int
    recues: int  # invoices that we hold for it
    ecarts: tuple[Ecart, ...]


Recue = tuple[FactureDeposee, Flux]


def is_contre_releve(nom: str) -> bool:
    return _NAME.fullmatch(nom) is not None


def compare(conn: Connection, path: Path, nom: str, appli: str, zone: ZoneInfo) -> Comparaison:
    """The differences, those of the file first, in its order. Raises TableauRefused."""
    rows = read_tableau(path, _COLONNES)
    found = _NAME.fullmatch(nom)
    try:
        jour = date.fromisoformat(found[1]) if found and found[1] else None
    except ValueError as error:
        raise TableauRefused(f"« {nom} » : la date de son nom n'existe pas") from error
    named = facture_store.of_numbers(conn, appli, {row["facture"] for row in rows if row["facture"]})
    day = facture_store.received_between(conn, appli, *bounds(jour, zone)) if jour else []
    again = reprises.bringers(conn, [facture.id for facture in named])
    ids = {facture.flux_id for facture in (*named, *day)}.union(*again.values())
    flux = {flux_id: flux_store.get(conn, flux_id) for flux_id in sorted(ids)}
    held = [
        (facture, flux[flux_id])
        for facture in named
        for flux_id in (facture.flux_id, *again.get(facture.id, ()))
    ]
    ecarts: list[Ecart] = []
    seen: set[int] = set()
    for row in rows:
        if not row["facture"]:  # a flux without invoice, as our own relevé tells it
            continue
        match = _match(row, held)
        if match is None:
            ecarts.append(_missing(row, held))
            continue
        seen.add(match[0].id)
        ecarts += _differences(row, *match)
    told = {row["facture"] for row in rows}
    for facture in day:
        if facture.id not in seen and facture.numero not in told:
            said = f"reçue le {flux[facture.flux_id].recu_le.astimezone(zone):%d/%m/%Y}, {_statut(facture)}"
            nature = "reçue et absente de votre fichier"
            ecarts.append(Ecart(nature, facture.numero, flux[facture.flux_id].reference, "", said))
    return Comparaison(jour, len(rows), len(day) if jour else len(named), tuple(ecarts))


def _match(row: Mapping[str, str], held: Sequence[Recue]) -> Recue | None:
    """The invoice that a row means: accepted before rejected, then the last one."""
    candidates = [
        (facture, flux)
        for facture, flux in held
        if facture.numero == row["facture"]
        and row["flux"] in ("", flux.reference, flux.nom)
        and row["fournisseur"] in ("", facture.fournisseur.identifiant.valeur)
    ]
    return max(candidates, key=lambda one: (outcome_of(one[0]) == "acceptee", one[0].id), default=None)


def _missing(row: Mapping[str, str], held: Sequence[Recue]) -> Ecart:
    elsewhere = sorted({flux.reference for facture, flux in held if facture.numero == row["facture"]})
    said = f"ce numéro a été reçu dans {', '.join(elsewhere)}" if elsewhere else "jamais reçue"
    return Ecart("absente chez nous", row["facture"], row["flux"], "déposée", said)


def _differences(row: Mapping[str, str], facture: FactureDeposee, flux: Flux) -> Iterator[Ecart]:
    where = (facture.numero, flux.reference)
    if row["ttc"]:
        ours = "" if facture.ttc is None else format(facture.ttc, "f")
        if facture.ttc is None or _amount(row["ttc"]) != facture.ttc:
            yield Ecart("montant TTC différent", *where, row["ttc"], ours)
    if row["sha256"] and row["sha256"].lower() != flux.sha256:
        yield Ecart("octets du flux différents", *where, row["sha256"], flux.sha256)
    if outcome_of(facture) != "acceptee":
        yield Ecart("reçue et non acceptée", *where, "déposée", _statut(facture))


def _amount(text: str) -> Decimal | None:
    """``1 234,50`` or ``1234.50``; None when it is no amount."""
    plain = "".join(text.split()).replace("\u202f", "").replace(",", ".")
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


def _statut(facture: FactureDeposee) -> str:
    return facture.statut.libelle if facture.statut else "En attente de jugement"


def as_told(comparaison: Comparaison) -> dict[str, Any]:
    """The comparison as its JSON answer tells it."""
    return {
        "jour": comparaison.jour and comparaison.jour.isoformat(),
        "lignes": comparaison.lignes,
        "recues": comparaison.recues,
        "ecarts": [ecart._asdict() for ecart in comparaison.ecarts],
    }
