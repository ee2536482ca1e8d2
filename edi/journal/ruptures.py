"""What may be broken in the journal, in French sentences."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from edi.model.journal import Ecriture, GenreEcriture, Ligne, canonical

_LABELS = {genre.name: genre.value for genre in GenreEcriture}


class Rupture(NamedTuple):
    """One thing that does not agree; ``numero`` and ``le`` are those of the row, where there is one."""

    numero: int | None
    le: str
    quoi: str  # what the row tells, or what should have a row
    constat: str  # what is wrong


def broken(row: Ecriture, constat: str) -> Rupture:
    """A row that is not what it must be."""
    return Rupture(row.numero, row.le, name_row(row), constat)


def name_row(row: Ecriture) -> str:
    """What a row tells, as its own columns say it."""
    flux = f" (flux n° {row.flux_id})" if row.flux_id is not None else ""
    return f"{_LABELS.get(row.genre, row.genre)} {row.sujet}".strip() + flux


def name_fact(ligne: Ligne) -> str:
    """What a row of another table says."""
    flux = f" (flux n° {ligne.flux_id})" if ligne.flux_id is not None else ""
    return f"{ligne.genre.value} {ligne.sujet}".strip() + flux


def compare(row: Ecriture, ligne: Ligne) -> str:
    """Where a row and the fact that it tells disagree; '' where they do not."""
    told = {"flux": row.flux_id, "sujet": row.sujet, "par": row.par}
    kept = {"flux": ligne.flux_id, "sujet": ligne.sujet, "par": ligne.par or row.par}
    if told == kept and row.contenu == canonical(ligne.contenu):
        return ""
    told, kept = {**_read(row.contenu), **told}, {**ligne.contenu, **kept}
    names = sorted(name for name in told | kept if told.get(name) != kept.get(name))
    said = " ; ".join(
        f"{name} : {_show(told, name)} au journal, {_show(kept, name)} en base" for name in names
    )
    return f"la base dit autre chose : {said}"


def _read(contenu: str) -> dict[str, Any]:
    try:
        told = json.loads(contenu)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _show(values: Mapping[str, Any], name: str) -> str:
    value = values.get(name)
    return "rien" if value is None else f"« {value if isinstance(value, str | int) else canonical(value)} »"


def missing(first: int, last: int) -> Rupture:
    """Numbers that no row bears."""
    if first == last:
        return Rupture(first, "", "", f"la ligne n° {first} manque")
    return Rupture(first, "", "", f"les lignes n° {first} à {last} manquent")


def show_instant(le: str, fuseau: ZoneInfo) -> str:
    """An instant as people read it; what is none, as it is."""
    try:
        return f"{datetime.fromisoformat(le).astimezone(fuseau):%d/%m/%Y %H:%M:%S}"
    except ValueError:
        return le
