"""French wording of the values that sentences quote: dates, amounts, sizes, parties, lists."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from edi.model import Partie

PARIS = ZoneInfo("Europe/Paris")  # a day is a French day, whatever clock recorded the instant
MO = 1024**2  # what the portal calls a Mo

_SHOWN = 200  # characters of a foreign value that a sentence may quote
_INVISIBLE = {
    " ": "l'espace",
    "\u00a0": "l'espace insécable",
    "\t": "la tabulation",
    "\n": "le saut de ligne",
}


def day(when: date) -> str:
    """``dd/mm/yyyy``; an aware instant is first brought to Paris."""
    if isinstance(when, datetime) and when.tzinfo is not None:
        when = when.astimezone(PARIS)
    return f"{when:%d/%m}/{when.year:04d}"


def shown(text: str) -> str:
    """A foreign value fit to be quoted: one line, nothing invisible, not endless."""
    line = "".join(char if char.isprintable() or char == "\u00a0" else "\ufffd" for char in text)
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 1]}…"


def characters(text: str) -> str:
    """The different characters of ``text``, each named so that it can be seen."""
    names = []
    for char in dict.fromkeys(text):
        plain = f"« {char} »" if char.isprintable() else f"U+{ord(char):04X}"
        names.append(_INVISIBLE.get(char, plain))
    return enumerate_all(names[:8])


def enumerate_all(items: Sequence[str], last: str = "et") -> str:
    """``a, b et c``."""
    return f" {last} ".join(filter(None, (", ".join(items[:-1]), *items[-1:])))


def plain(amount: Decimal) -> str:
    """An amount as documents write it: ``120.00``; an absurd one keeps its exponent."""
    if not amount.is_finite() or abs(amount.adjusted()) > 40:
        return str(amount)
    text = f"{amount:f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals.ljust(2, '0')}"


def euros(amount: Decimal) -> str:
    """An amount as sentences write it: ``1 200,00`` (with no-break spaces)."""
    whole, dot, decimals = plain(amount).partition(".")
    if not dot or not whole.lstrip("-").isdigit():
        return plain(amount)
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}".replace(",", "\u00a0") + f",{decimals}"


def size(octets: int) -> str:
    """``10,5 Mo``; three decimals where fewer would hide that a limit is passed; octets below 0,1 Mo."""
    if octets < MO // 10:
        return f"{octets:,} octets".replace(",", "\u00a0")
    in_mo = Decimal(octets) / MO
    text = f"{in_mo:.1f}" if in_mo == round(in_mo, 1) else f"{in_mo:.3f}"
    return text.removesuffix(".0").replace(".", ",") + " Mo"


def party(partie: Partie) -> str:
    """``ACME (SIRET 12345678200051)``, or the one of both that is known."""
    if not partie.identifiant.valeur:
        return partie.nom or "non désigné"
    return f"{partie.nom} ({partie.identifiant})" if partie.nom else str(partie.identifiant)
