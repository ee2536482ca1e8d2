"""Templates, and how values are written on pages: dates, amounts, ages, as French readers expect them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edi import __version__
from edi.console import signes
from edi.console.droits import DROITS, Droit
from edi.model import Role
from edi.model.plateforme import Allure

_TEMPLATES = Path(__file__).resolve().parent / "templates"
_FINE = "\u202f"  # between thousands, before a unit
_JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_MOIS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()


def make_environment(zone: ZoneInfo, static: Path) -> Environment:
    """The templates of the console; whatever they are given is escaped, and what is missing is a fault."""
    env = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def show_instant(at: datetime | None) -> str:
        return "" if at is None else f"{at.astimezone(zone):%d/%m/%Y %H:%M}"

    def show_iso(at: datetime) -> str:
        return at.astimezone(zone).isoformat(timespec="seconds")

    filters: dict[str, Callable[..., str]] = {
        "instant": show_instant,
        "iso": show_iso,
        "heure": lambda at: f"{at.astimezone(zone):%H:%M}",
        "jour": lambda day: "" if day is None else f"{day:%d/%m/%Y}",
        "jour_long": lambda at: tell_day(at.astimezone(zone).date()),
        "duree": tell_duration,
        "montant": show_amount,
        "nombre": show_number,
        "decimal": show_decimal,
        "nombre_bref": lambda value: show_number(round(value)) if value == round(value) else "",
        "jour_moyen": lambda rate: f"{rate:.1f}".replace(".", ",").removesuffix(",0"),
        "part": lambda rate: f"{rate:.1%}".replace(".", ",").replace("%", f"{_FINE}%"),
        "octets": show_size,
        "ton": signes.ton,
        "ton_mandat": signes.ton_mandat,
        "gravite": signes.gravite,
        "statut_bref": signes.brief,
        "capitalize_fr": lambda text: text[:1].upper() + text[1:],
    }
    env.filters |= filters
    env.filters |= {
        "libelles": lambda statuts: [(one.name, signes.brief(one)) for one in statuts],
        "partenaires": lambda known: [(code, f"{code} {nom}".strip()) for code, nom in sorted(known.items())],
        "deux": lambda words: [(word, word) for word in words],
    }
    versions = {p.name: hashlib.sha256(p.read_bytes()).hexdigest()[:10] for p in static.iterdir()}
    env.globals |= {
        "fichier": lambda name: f"/static/{name}?v={versions[name]}",
        "adresse": make_address,
        "version": __version__,
        "compte": count,
        "menu": menu,
        "Allure": Allure,
        "peut": lambda visiteur, nom: Droit[nom] in DROITS[visiteur.utilisateur.role],
    }
    return env


# What stands above every page: its word, where it leads, the right that it asks for.
_MENU = (
    ("Accueil", "/", None),
    ("Flux", "/flux", None),
    ("Rejets", "/rejets", None),
    ("Alertes", "/alertes", Droit.VOIR_PLATEFORME),
    ("Annuaire", "/annuaire", None),
    ("Mandats", "/mandats", None),
    ("Plateforme", "/plateforme", None),
    ("Déposer", "/deposer", Droit.DEPOSER),
    ("Comptes", "/comptes", Droit.GERER_COMPTES),
)


def menu(role: Role) -> list[tuple[str, str]]:
    """The entries of the menu that a role may follow."""
    return [(nom, lien) for nom, lien, droit in _MENU if droit is None or droit in DROITS[role]]


def make_address(path: str, values: Mapping[str, Any]) -> str:
    """A path with its query; what is empty is left out."""
    query = urlencode({key: value for key, value in values.items() if value not in ("", None)}, doseq=True)
    return f"{path}?{query}" if query else path


def tell_day(day: date) -> str:
    """« jeudi 26 novembre 2026 », « 1er » for the first."""
    number = "1er" if day.day == 1 else str(day.day)
    return f"{_JOURS[day.weekday()]} {number} {_MOIS[day.month - 1]} {day.year}"


def tell_duration(lapse: timedelta) -> str:
    """A lapse by its largest unit: « 40 s », « 12 min », « 3 h 05 », « 2 j »."""
    seconds = max(0, int(lapse.total_seconds()))
    if seconds < 60:
        return f"{seconds}{_FINE}s"
    if seconds < 3600:
        return f"{seconds // 60}{_FINE}min"
    if seconds < 86_400:
        return f"{seconds // 3600}{_FINE}h{_FINE}{seconds % 3600 // 60:02}"
    return f"{seconds // 86_400}{_FINE}j"


def show_number(value: int) -> str:
    """``1 234``."""
    return f"{value:,}".replace(",", _FINE)


def show_amount(value: Decimal | None, devise: str = "") -> str:
    """``1 234,50 €``; a currency of which nothing is known stays as it is written."""
    if value is None:
        return ""
    text = f"{value:,f}".replace(",", _FINE).replace(".", ",")
    return f"{text}\u00a0{'€' if devise == 'EUR' else devise}" if devise else text


def show_decimal(value: Decimal | None) -> str:
    """A quantity or a rate without zeros that say nothing: ``2,5``, ``20``."""
    if value is None:
        return ""
    text = show_amount(value)
    return text.rstrip("0").rstrip(",") if "," in text else text


def show_size(size: int) -> str:
    """Bytes in binary multiples, as limits are told: « 3,4 Mo »."""
    value = float(size)
    for unit in ("o", "Ko", "Mo"):
        if value < 1024:
            return f"{value:.0f}{_FINE}o" if unit == "o" else f"{value:.1f}{_FINE}{unit}".replace(".", ",")
        value /= 1024
    return f"{value:.1f}{_FINE}Go".replace(".", ",")


def count(number: int, singular: str, plural: str) -> str:
    """« 1 234 factures »; in French zero is singular."""
    return f"{show_number(number)} {singular if abs(number) < 2 else plural}"
