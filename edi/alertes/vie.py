"""The life of alerts: opened once, told once, reminded, acknowledged for a while, over. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from enum import Enum
from typing import NamedTuple

from edi.model import Alerte, Rythme, Signe


class Nature(Enum):
    """What is told of an alert."""

    OUVERTE = "nouvelle"
    RAPPEL = "rappel"
    ECHUE = "acquittement échu"
    RESOLUE = "résolue"


class Nouvelle(NamedTuple):
    """Something to tell."""

    nature: Nature
    alerte: Alerte


class Pas(NamedTuple):
    """What one look changes: alerts to record as they are now, alerts to forget, news to tell."""

    gardees: tuple[Alerte, ...]
    oubliees: tuple[Alerte, ...]
    nouvelles: tuple[Nouvelle, ...]


def step(connues: Iterable[Alerte], signes: Iterable[Signe], at: datetime, rythme: Rythme) -> Pas:
    """One look: ``connues`` are the alerts that are not over, ``signes`` what holds at ``at``."""
    known = {alerte.cle: alerte for alerte in connues}
    signs = {signe.cle: signe for signe in signes}
    gardees, oubliees, nouvelles = [], [], []
    for cle in [*signs, *(cle for cle in known if cle not in signs)]:
        alerte, signe = known.get(cle), signs.get(cle)
        if signe is not None:
            seen, nature = _meet(alerte, signe, at, rythme)
        elif alerte is not None and alerte.ouverte_le is None:
            oubliees.append(alerte)  # gone before it was worth telling
            continue
        else:
            seen, nature = _miss(known[cle], at, rythme)
        gardees.append(seen)
        if nature is not None:
            nouvelles.append(Nouvelle(nature, seen))
    return Pas(tuple(gardees), tuple(oubliees), tuple(nouvelles))


def _meet(alerte: Alerte | None, signe: Signe, at: datetime, rythme: Rythme) -> tuple[Alerte, Nature | None]:
    """The condition holds."""
    if alerte is None:
        alerte = Alerte(*signe, apparue_le=at, vue_le=at)
    words = signe._asdict() | {"depuis": min(alerte.depuis, signe.depuis)}
    alerte = replace(alerte, **words, vue_le=at, absente_depuis=None)
    if alerte.ouverte_le is None:
        if at - alerte.apparue_le < rythme.tenue:
            return alerte, None
        return replace(alerte, ouverte_le=at, dite_le=at), Nature.OUVERTE
    if alerte.acquittee_jusqu is not None:
        if at < alerte.acquittee_jusqu:
            return alerte, None
        return replace(alerte, acquittee_jusqu=None, dite_le=at), Nature.ECHUE
    if alerte.dite_le is None or at - alerte.dite_le >= rythme.rappel:
        return replace(alerte, dite_le=at), Nature.RAPPEL
    return alerte, None


def _miss(alerte: Alerte, at: datetime, rythme: Rythme) -> tuple[Alerte, Nature | None]:
    """The condition, once told, does not hold at this look."""
    since = alerte.absente_depuis or at
    if at - since < rythme.retombee:
        return replace(alerte, absente_depuis=since), None
    return replace(alerte, absente_depuis=since, resolue_le=at, dite_le=at), Nature.RESOLUE


def acknowledge(alerte: Alerte, par: str, jusqu: datetime, raison: str = "") -> Alerte:
    """Somebody looks after it: nobody is reminded until then; its end is told all the same."""
    return replace(alerte, acquittee_par=par, acquittee_jusqu=jusqu, acquittee_raison=raison)
