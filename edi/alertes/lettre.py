"""What is told, in words: the JSON fixed when news are booked, and the mail made of it. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from zoneinfo import ZoneInfo

from edi.alertes.vie import Nature, Nouvelle
from edi.model import Courriel, Gravite

_TITRES = {
    Nature.OUVERTE.name: "Ce qui ne va pas",
    Nature.RAPPEL.name: "Rappel : personne ne s'en occupe encore",
    Nature.ECHUE.name: "Rappel : le temps demandé est écoulé",
    Nature.RESOLUE.name: "C'est réglé",
}
_SUBJECT = 120  # characters


def write_contenu(nouvelles: Sequence[Nouvelle], plateforme: str, at: datetime) -> str:
    """The news of one look as JSON, the most urgent first; equal news give equal bytes."""
    ordered = sorted(nouvelles, key=lambda one: (one.nature is Nature.RESOLUE, _rank(one), one.alerte.id))
    told = {
        "plateforme": plateforme,
        "instant": at.isoformat(),
        "alertes": [_as_json(one) for one in ordered],
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def _rank(one: Nouvelle) -> int:
    return list(Gravite).index(one.alerte.gravite)


def _as_json(one: Nouvelle) -> dict[str, Any]:
    alerte = one.alerte
    return {
        "nature": one.nature.name,
        "numero": alerte.id,
        "cle": alerte.cle,
        "regle": alerte.regle,
        "gravite": alerte.gravite.name,
        "qui": alerte.qui.value,
        "phrase": alerte.phrase,
        "remede": alerte.remede,
        "depuis": alerte.depuis.isoformat(),
        "acquittee_par": alerte.acquittee_par,
    }


def key_of(canal: str, contenu: str) -> str:
    """What makes one telling known again, however often it is tried."""
    return hashlib.sha256(f"{canal}\n{contenu}".encode()).hexdigest()[:32]


def write_courriel(
    contenu: str, cle: str, courriel: Courriel, cree_le: datetime, zone: ZoneInfo
) -> EmailMessage:
    """One mail for what was booked: all that one look has to tell, or what is written already.

    That is told under ``courriel``: ``sujet``, ``texte``, and ``html`` where there is one.
    """
    told = json.loads(contenu)
    written = told.get("courriel", {})
    mail = EmailMessage(policy=SMTP)
    mail["Subject"] = _one_line(f"[{told['plateforme']}] {written['sujet']}") if written else _subject(told)
    mail["From"], mail["To"] = courriel.de, ", ".join(courriel.a)
    mail["Date"] = format_datetime(cree_le)
    mail["Message-ID"] = f"<{cle}@{courriel.de.partition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(written["texte"] if written else _body(told, zone))
    if "html" in written:
        mail.add_alternative(written["html"], subtype="html")
    return mail


def addressed(contenu: str, courriel: Courriel) -> Courriel:
    """The mail server, with whoever this is meant for: those it names, or else the usual ones."""
    named = json.loads(contenu).get("courriel", {}).get("a")
    return replace(courriel, a=tuple(named)) if named else courriel


def _subject(told: Mapping[str, Any]) -> str:
    wrong = [one for one in told["alertes"] if one["nature"] != Nature.RESOLUE.name]
    name = f"[{told['plateforme']}]"
    if not told["alertes"]:
        return f"{name} Essai des alertes"
    if not wrong:
        over = len(told["alertes"])
        return _one_line(f"{name} Réglé : {told['alertes'][0]['phrase'] if over == 1 else f'{over} alertes'}")
    urgent = any(one["gravite"] == Gravite.CRITIQUE.name for one in wrong)
    head = "URGENT : " if urgent else ""
    what = wrong[0]["phrase"] if len(wrong) == 1 else f"{len(wrong)} alertes, dont : {wrong[0]['phrase']}"
    return _one_line(f"{name} {head}{what}")


def _one_line(text: str) -> str:
    """Fit for a header: some sentences quote what a server said."""
    return " ".join(text.split())[:_SUBJECT]


def _body(told: Mapping[str, Any], zone: ZoneInfo) -> str:
    lines = ["Bonjour,", ""]
    if not told["alertes"]:
        lines += ["Ceci est un essai : les alertes de la plateforme arrivent bien jusqu'ici.", ""]
    for nature, title in _TITRES.items():
        some = [one for one in told["alertes"] if one["nature"] == nature]
        if some:
            lines += [title, "-" * len(title), ""]
            for one in some:
                lines += [*_paragraph(one, zone), ""]
    if any(one["nature"] != Nature.RESOLUE.name for one in told["alertes"]):
        lines += [
            "Sans rappel pendant un jour : edi alertes acquitte NUMÉRO --raison « pourquoi »",
            "",
        ]
    lines += [f"-- \n{told['plateforme']}, envoi automatique"]
    return "\n".join(lines) + "\n"


def _paragraph(one: Mapping[str, Any], zone: ZoneInfo) -> list[str]:
    since = datetime.fromisoformat(one["depuis"]).astimezone(zone)
    lines = [f"Alerte n° {one['numero']} ({'urgente' if one['gravite'] == 'CRITIQUE' else 'à suivre'})"]
    lines += [f"  {one['phrase']}", f"  Depuis le {since:%d/%m/%Y à %H:%M}."]
    if one["nature"] == Nature.RESOLUE.name:
        return lines
    if one["nature"] == Nature.ECHUE.name:
        lines.append(f"  {one['acquittee_par']} s'en occupait.")
    return [*lines, f"  À faire par {one['qui']} : {one['remede']}"]
