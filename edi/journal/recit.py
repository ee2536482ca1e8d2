"""What a row tells, in French, for people. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from edi.model import FactureStatut, FluxStatut
from edi.model.journal import Ecriture, GenreEcriture, canonical

_LIBELLES = {
    GenreEcriture.FLUX.name: {statut.name: statut.libelle for statut in FluxStatut},
    GenreEcriture.FACTURE.name: {statut.name: statut.libelle for statut in FactureStatut},
}
_HASHES = {"sha256", "empreinte", "precedente", "racine"}
_SHORT = 12  # characters of a hash that people compare
_LEFT_OUT = {"reperes", "ordre", "facture_id", "emission_id", "retour_id", "ticket"}  # numbers of ours


def tell_contenu(row: Ecriture) -> str:
    """One line of what a row says; all of it is in its JSON."""
    try:
        told = json.loads(row.contenu)
    except ValueError:
        return row.contenu
    if not isinstance(told, dict):
        return row.contenu
    if row.genre in _LIBELLES and "apres" in told:
        return _tell_statut(_LIBELLES[row.genre], told)
    if row.genre in _PHRASES:
        return _PHRASES[row.genre](told)
    return ", ".join(_show(name, value) for name, value in told.items() if name not in _LEFT_OUT)


def _tell_statut(libelles: Mapping[str, str], told: Mapping[str, Any]) -> str:
    words = [libelles.get(told[name], told[name]) for name in ("avant", "apres") if name in told]
    motif = f" ({told['motif']})" if told.get("motif") else ""
    return " → ".join(words) + motif


def _tell_before(told: Mapping[str, Any]) -> str:
    labels = {genre.name: genre.value for genre in GenreEcriture}
    counted = {labels.get(name, name): one.get("lignes", 0) for name, one in told.get("avant", {}).items()}
    return "déjà en base : " + (", ".join(f"{label} {n}" for label, n in counted.items() if n) or "rien")


def _tell_reception(told: Mapping[str, Any]) -> str:
    return f"de {told.get('appli')}, {told.get('taille')} octets, {_show('sha256', told.get('sha256'))}"


def _tell_constats(told: Mapping[str, Any]) -> str:
    """``BR-CO-15 × 3``; their severities are in the JSON."""
    codes = told.get("constats", {}).items()
    words = [code.rpartition(" ")[2] + (f" × {times}" if times > 1 else "") for code, times in codes]
    return ", ".join(words) or "aucun constat"


def _tell_verdict(told: Mapping[str, Any]) -> str:
    packs = f", jeux de règles n° {told['packs']}" if "packs" in told else ""
    return _tell_constats(told) + packs


def _tell_reponse(told: Mapping[str, Any]) -> str:
    return f"pour {told.get('appli')}"


def _tell_racine(told: Mapping[str, Any]) -> str:
    return f"lignes n° {told.get('premier')} à {told.get('dernier')}, {_show('racine', told.get('racine'))}"


def _tell_import(told: Mapping[str, Any]) -> str:
    """A file; or what somebody corrected by hand, and why."""
    if told.get("nature") != "correction":
        return ", ".join(_show(name, value) for name, value in told.items())
    champs = " ".join(f"{name}={value}" for name, value in told.get("champs", {}).items())
    return " ; ".join(part for part in (f"correction {champs}".strip(), told.get("raison", "")) if part)


def _show(name: str, value: Any) -> str:
    if isinstance(value, str):
        return f"{name} {value[:_SHORT]}…" if name in _HASHES and value else f"{name} {value}"
    if isinstance(value, bool):
        return f"{name} {'oui' if value else 'non'}"
    return f"{name} {value if isinstance(value, int) else canonical(value)}"


_PHRASES: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    GenreEcriture.OUVERTURE.name: _tell_before,
    GenreEcriture.RECEPTION.name: _tell_reception,
    GenreEcriture.CONTROLE.name: _tell_constats,
    GenreEcriture.VERDICT.name: _tell_verdict,
    GenreEcriture.REPONSE.name: _tell_reponse,
    GenreEcriture.IMPORT.name: _tell_import,
    GenreEcriture.RACINE.name: _tell_racine,
}
