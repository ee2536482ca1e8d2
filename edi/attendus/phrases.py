"""Numbers, bounds, days and hours of expected deposits in French. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from edi.model import Attendu, Echeance, Feries, JoursAttendus, Plage, Volumes

JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_SEMAINE = frozenset(range(5))
_THIN = "\u00a0"  # between thousands


def tell_count(value: Decimal | int) -> str:
    """``1 204``."""
    return f"{value:,.0f}".replace(",", _THIN)


def tell_number(value: int, one: str, many: str) -> str:
    """``1 204 factures``; ``0 facture``."""
    return f"{tell_count(value)} {one if value < 2 else many}"


def tell_amount(value: Decimal, devise: str) -> str:
    """``1 234,50 EUR``; without cents when there are none."""
    shown = f"{value:,.2f}".removesuffix(".00")
    return f"{shown.replace(',', _THIN).replace('.', ',')} {devise}"


def tell_plage(plage: Plage, tell: Callable[[Decimal], str] = tell_count) -> str:
    """``900 à 1 500``, ``au moins 900``, ``au plus 1 500``."""
    low, high = plage
    if low is not None and high is not None:
        return tell(low) if low == high else f"{tell_count(low)} à {tell(high)}"
    if low is not None:
        return f"au moins {tell(low)}"
    return f"au plus {tell(high)}" if high is not None else "sans limite"


def tell_day(jour: date) -> str:
    return f"{JOURS[jour.weekday()]} {jour:%d/%m/%Y}"


def tell_when(attendu: Attendu, at: datetime) -> str:
    """``le 19/11/2026 à 22:41``, in the zone of the platform."""
    return f"le {at.astimezone(attendu.fuseau):%d/%m/%Y à %H:%M}"


def tell_hours(attendu: Attendu) -> str:
    """``de 22:00 à 02:00``."""
    return f"de {attendu.debut:%H:%M} à {attendu.fin:%H:%M}"


def tell_window(attendu: Attendu, window: Echeance) -> str:
    """``Dépôt attendu le jeudi 19/11/2026 de 22:00 à 02:00``."""
    return f"Dépôt attendu le {tell_day(window.jour)} {tell_hours(attendu)}"


def tell_days(jours: JoursAttendus) -> str:
    """``du lundi au vendredi``, ``lundi, jeudi``, ``le 15 du mois``, ``dernier jour ouvré du mois``."""
    parts = []
    if len(jours.semaine) == len(JOURS):
        parts.append("tous les jours")
    elif jours.semaine == _SEMAINE:
        parts.append("du lundi au vendredi")
    elif jours.semaine:
        parts.append(", ".join(JOURS[day] for day in sorted(jours.semaine)))
    parts += [f"le {day} du mois" for day in sorted(jours.mois) if day > 0]
    parts += ["dernier jour du mois"] if -1 in jours.mois else []
    parts += [f"{_rank(rank)} jour ouvré du mois" for rank in sorted(jours.ouvres, key=_from_first)]
    return ", ".join(parts)


def _from_first(rank: int) -> tuple[bool, int]:
    return rank < 0, rank


def _rank(rank: int) -> str:
    if rank > 0:
        return "1er" if rank == 1 else f"{rank}e"
    return "dernier" if rank == -1 else f"{-rank}e avant-dernier" if rank < -2 else "avant-dernier"


_FERIES = {
    Feries.EXECUTER: "jours fériés compris",
    Feries.SAUTER: "sauf jours fériés",
    Feries.DECALER: "les jours fériés reportés au jour ouvré suivant",
}


def tell_calendar(attendu: Attendu) -> str:
    """``du lundi au vendredi de 22:00 à 02:00, sauf jours fériés``."""
    return f"{tell_days(attendu.jours)} {tell_hours(attendu)}, {_FERIES[attendu.feries]}"


def tell_volumes(volumes: Volumes) -> str:
    """``2 à 4 flux, 900 à 1 500 factures, 10 000 à 20 000 EUR TTC``; what has no limit is left out."""
    named = [(volumes.flux, "flux"), (volumes.factures, "factures")]
    named += [(plage, f"{devise} TTC") for devise, plage in volumes.montants]
    parts = [f"{tell_plage(plage)} {word}" for plage, word in named if plage != Plage()]
    return ", ".join(parts) or "sans limite"


def tell_attendu(attendu: Attendu) -> str:
    """The whole of it in one line."""
    parts = [tell_calendar(attendu), tell_volumes(attendu.volumes)]
    if attendu.pointe is not None:
        parts.append(f"en fin de mois : {tell_volumes(attendu.pointe)}")
    if attendu.territoire:
        parts.append(f"fériés du territoire {attendu.territoire}")
    if attendu.fermetures:
        parts.append(f"fermé {', '.join(f'le {day:%d/%m/%Y}' for day in sorted(attendu.fermetures))}")
    limits = ((attendu.du, "à partir du"), (attendu.au, "jusqu'au"), (attendu.pause_au, "en pause jusqu'au"))
    parts += [f"{word} {day:%d/%m/%Y}" for day, word in limits if day is not None]
    return " ; ".join(parts)
