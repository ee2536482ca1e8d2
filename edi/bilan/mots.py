"""Numbers, amounts, hours and rates as French accountants write them."""

from __future__ import annotations

import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from edi.bilan.chiffres import Sommes
from edi.outbound.phrases import count

_SIGNES = {"EUR": "€"}
_JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MOIS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
_CENT = Decimal("0.01")
INSECABLE = "\N{NO-BREAK SPACE}"


def nombre(number: int) -> str:
    """``12 345``."""
    return f"{number:,}".replace(",", INSECABLE)


def combien(number: int, un: str, plusieurs: str) -> str:
    """``12 345 factures``; French: zero is singular."""
    return count(number, un, plusieurs).replace(str(number), nombre(number), 1)


def montant(sommes: Sommes) -> str:
    """``1 234,50 €``, one amount a currency; '' for none."""
    return " + ".join(
        f"{one.montant.quantize(_CENT):,f}".replace(",", INSECABLE).replace(".", ",")
        + INSECABLE
        + _SIGNES.get(one.devise, one.devise)
        for one in sommes
        if one.montant
    )


def pourcent(taux: float | None) -> str:
    """``97 %``; never ``100 %`` for what is less; ``—`` for none."""
    if taux is None:
        return "—"
    whole = round(100 * taux)
    if whole == 100 and taux < 1:
        whole = 99
    return f"{whole}{INSECABLE}%"


def jour(day: date) -> str:
    """``vendredi 20 novembre 2026``."""
    first = "1er" if day.day == 1 else str(day.day)
    return f"{_JOURS[day.weekday()]} {first} {_MOIS[day.month - 1]} {day.year}"


def heure(at: datetime, zone: ZoneInfo) -> str:
    """``22:05``."""
    return f"{at.astimezone(zone):%H:%M}"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """``20/11 à 22:05``."""
    return f"{at.astimezone(zone):%d/%m à %H:%M}"


def duree(seconds: float) -> str:
    """``< 1 s``, ``12 s``, ``3 min 20 s``, ``1 h 05 min``."""
    if seconds < 1:
        return f"<{INSECABLE}1{INSECABLE}s"
    whole = int(timedelta(seconds=round(seconds)).total_seconds())
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours}{INSECABLE}h{INSECABLE}{minutes:02d}{INSECABLE}min"
    if minutes:
        return f"{minutes}{INSECABLE}min" + (f"{INSECABLE}{rest}{INSECABLE}s" if rest else "")
    return f"{rest}{INSECABLE}s"


def fine(text: str) -> str:
    """No line begins with a mark of punctuation, nor with the end of a quotation."""
    for mark in (":", ";", "?", "!", "»"):
        text = text.replace(f" {mark}", INSECABLE + mark)
    return text.replace("« ", f"«{INSECABLE}")


def de(words: tuple[str, ...]) -> str:
    """``de MENUISERIE …``, ``d'ÉLECTRICITÉ …``: the names of a list behind their preposition."""
    told = liste(words)
    first = unicodedata.normalize("NFD", told)[:1].lower()
    return f"d'{told}" if first in "aeiouy" and first else f"de {told}"


def liste(words: tuple[str, ...] | list[str], most: int = 3) -> str:
    """``A, B et C``; the first ones and how many more there are."""
    if len(words) > most + 1:
        return f"{', '.join(words[:most])} et {len(words) - most} autres"
    return " et ".join(filter(None, (", ".join(words[:-1]), *words[-1:])))
