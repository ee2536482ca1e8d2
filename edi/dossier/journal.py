"""The lines of the technical journal that speak of a flux, and all that happened to it in order."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from edi.dossier.lecture import Lecture
from edi.espace import Espace
from edi.masque.phrases import Clair


class Evenement(NamedTuple):
    """One thing that happened to the flux."""

    le: datetime
    quoi: str  # in French


def read_journal(espace: Espace, lu: Lecture, voile: Clair) -> list[dict[str, Any]]:
    """The lines of ``logs/edi.jsonl`` that speak of the flux, without the paths of this machine."""
    path = espace.root / "logs" / "edi.jsonl"
    if not path.is_file():
        return []
    noms = {lu.flux.ticket, lu.flux.nom, lu.flux.reference, *(one.nom for one in lu.emissions)} - {""}
    found = []
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            told = _parse(line)
            mine = told.get("flux") == lu.flux.id or any(told.get(key) in noms for key in _KEYS)
            if mine:
                found.append({key: _clean(key, value, espace.root, voile) for key, value in told.items()})
    return found


_TOLD = ("event", "level", "timestamp", "exception")
_KEYS = ("ticket", "nom", "emission", "subject", "reference")
_PLAIN = ("event", "level", "timestamp", "ticket", "appli", "emission", "classe")


def _parse(line: str) -> dict[str, Any]:
    try:
        told = json.loads(line)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _clean(key: str, value: Any, root: Path, voile: Clair) -> Any:
    if not isinstance(value, str) or key in _PLAIN:
        return value
    return without_paths(voile.nom(value) if key == "nom" else voile.phrase(value), root)


def without_paths(text: str, root: Path) -> str:
    """A text without the places of this machine."""
    for place in {str(root.resolve()), str(root)} - {"."}:
        text = text.replace(place, "<espace>")
    return re.sub(r"File \"[^\"]*?/((?:edi|site-packages)/[^\"]+|[^/\"]+)\"", r'File "\1"', text)


def tell_timeline(lu: Lecture, journal: list[dict[str, Any]], voile: Clair) -> str:
    """What happened, in order, one line each, in UTC."""
    lines = sorted({*_events(lu, voile), *(_event_of(line) for line in journal if "timestamp" in line)})
    return "".join(f"{le:%Y-%m-%d %H:%M:%S} {quoi}\n" for le, quoi in lines)


def _event_of(line: dict[str, Any]) -> Evenement:
    rest = {
        key: value for key, value in line.items() if key not in ("event", "level", "timestamp", "exception")
    }
    words = " ".join(f"{key}={value}" for key, value in sorted(rest.items()))
    return Evenement(datetime.fromisoformat(line["timestamp"]), f"journal {line['event']} {words}")


def _events(lu: Lecture, voile: Clair) -> Iterator[Evenement]:
    yield Evenement(lu.flux.recu_le, f"reçu {voile.nom(lu.flux.nom)} ({lu.flux.taille} octets)")
    for avant, apres, le, motif in lu.statuts:
        told = f" : {voile.phrase(motif)}" if motif else ""
        yield Evenement(le, f"flux {avant or '(nouveau)'} -> {apres}{told}")
    for one in lu.deposees:
        for passage in lu.histoires[one.id]:
            yield Evenement(passage.le, f"facture {voile.value(one.numero)} -> {passage.statut.name}")
    for emission in lu.emissions:
        yield Evenement(emission.cree_le, f"réponse {emission.nom} décidée")
        if emission.emis_le:
            yield Evenement(emission.emis_le, f"réponse {emission.nom} émise")
    if lu.oubli:
        yield Evenement(lu.oubli.le, "original oublié")
