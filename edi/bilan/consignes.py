"""What a run asks people to do, most urgent first: the top of its report. Pure; French."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from edi.bilan import appels, attentes, exploitation
from edi.bilan.chiffres import Bilan
from edi.bilan.mots import combien
from edi.bilan.ordres import Consigne, Qui


def find_consignes(bilan: Bilan, zone: ZoneInfo) -> tuple[Consigne, ...]:
    """What is to be done, most urgent first; nothing when there is nothing."""
    found = [
        *exploitation.find_mismatch(bilan),
        *exploitation.find_failed_steps(bilan),
        *attentes.find_abandoned(bilan, zone),
        *exploitation.find_doubts(bilan),
        *exploitation.find_alarms(bilan, urgent=True),
        *appels.tell_calls(bilan),
        *attentes.find_incomplete(bilan, zone),
        *exploitation.find_alarms(bilan, urgent=False),
        *attentes.find_waiting(bilan, zone),
        *appels.tell_others(bilan),
    ]
    return tuple(sorted(found, key=lambda one: one.qui is Qui.PERSONNE))


def headline(bilan: Bilan, consignes: tuple[Consigne, ...]) -> str:
    """The one sentence that somebody in a hurry reads."""
    todo = [one for one in consignes if one.qui is not Qui.PERSONNE]
    if todo:
        return combien(len(todo), "chose à faire", "choses à faire")
    compte = bilan.compte
    if not any(compte) and not bilan.flux:
        return "Rien à faire : rien n'a été déposé"
    if compte.acceptees and not compte.rejetees and not compte.en_attente:
        return "Rien à faire : tout a été accepté"
    return "Rien à faire de votre côté"
