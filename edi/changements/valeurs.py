"""One difference between two invoices, and how its two sides are written."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

_FINE = "\u202f"  # between thousands, before a unit


class Changement(NamedTuple):
    """Something that is not the same in two invoices; '' where one of them says nothing of it."""

    sujet: str  # in French
    avant: str
    apres: str
    termes: tuple[str, ...] = ()  # BT and BG numbers of what it is about
    chemin: str = ""  # where it stands in the later one; of a line, the whole of it
    constats: tuple[int, ...] = ()  # numbers of the findings of the later one that are about it, from 1


def write(value: Decimal | None) -> str:
    """A number as French readers expect it, without zeros that say nothing: ``1 234,5``."""
    if value is None:
        return ""
    text = f"{value:,f}".replace(",", _FINE).replace(".", ",")
    return text.rstrip("0").rstrip(",") if "," in text else text


def write_price(value: Decimal | None) -> str:
    """A price with its cents, and whatever is finer: ``31,90``, ``0,4285``."""
    whole, _, cents = write(value).partition(",")
    return f"{whole},{cents.ljust(2, '0')}" if whole else ""


def write_amount(value: Decimal | None, devise: str) -> str:
    """An amount with its currency: ``1 234,50 €``."""
    if value is None:
        return ""
    text = f"{value:,f}".replace(",", _FINE).replace(".", ",")
    return f"{text}\u00a0{'€' if devise == 'EUR' else devise}".rstrip()


def write_rate(value: Decimal | None) -> str:
    """A percentage: ``5,5 %``."""
    return f"{write(value)}{_FINE}%" if value is not None else ""


def fold(text: str) -> str:
    """A text whose spaces and capitals say nothing."""
    return " ".join(text.split()).casefold()
