"""What the doctor says: one line for each thing it looked at."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from typing import NamedTuple


class Etat(Enum):
    """How a thing stands. FAUTE: something cannot work; ATTENTION: it works, somebody should look."""

    OK = "ok"
    ATTENTION = "attention"
    FAUTE = "faute"


class Avis(NamedTuple):
    """One line, in French."""

    domaine: str
    sujet: str
    etat: Etat
    trouve: str
    remede: str = ""


def tell_room(octets: int) -> str:
    """``12,3 Go``; binary, as the limits of the configuration are."""
    return f"{octets / 1024**3:.1f} Go".replace(".", ",")


def tell_age(age: timedelta) -> str:
    """``3 jours``, ``2 h``, ``12 min``: the largest unit that fits."""
    minutes = int(age.total_seconds() // 60)
    if minutes >= 2 * 24 * 60:
        return f"{minutes // (24 * 60)} jours"
    return f"{minutes // 60} h" if minutes >= 120 else f"{minutes} min"
