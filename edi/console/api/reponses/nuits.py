"""Jobs of the night."""

from __future__ import annotations

from datetime import date, time
from typing import Self

from pydantic import Field

from edi.console.api.reponses.plateforme import PassageDit
from edi.console.api.valeurs import Instant, Valeur
from edi.model.plateforme import NuitVue


class Pause(Valeur):
    """Une tâche en pause."""

    le: Instant
    par: str
    raison: str


class Prochaine(Valeur):
    """Une échéance à venir."""

    jour: date
    ouvre: Instant
    ferme: Instant
    note: str = Field(description="Ce qu'il y a à en dire : un changement d'heure…")


class NuitDite(Valeur):
    """Une tâche de nuit, et où elle en est."""

    nom: str
    deposants: list[str]
    debut: time = Field(description="Heure d'ouverture, dans son fuseau.")
    fin: time
    fuseau: str
    jours: str
    allure: str = Field(description="bon, route, attente, mauvais, neutre.")
    etat: str = Field(description="Où elle en est, en une phrase.")
    pause: Pause | None
    dernier: PassageDit | None
    prochaines: list[Prochaine]

    @classmethod
    def of(cls, one: NuitVue) -> Self:
        tache, etat = one.tache, one.etat
        paused = etat.pause_le and Pause(le=etat.pause_le, par=etat.pause_par, raison=etat.pause_raison)
        return cls(
            nom=tache.nom,
            deposants=[*tache.deposants],
            debut=tache.debut,
            fin=tache.fin,
            fuseau=tache.fuseau.key,
            jours=one.jours,
            allure=one.allure.value,
            etat=one.dit,
            pause=paused or None,
            dernier=PassageDit.of(one.dernier) if one.dernier else None,
            prochaines=[
                Prochaine(jour=due.jour, ouvre=due.ouvre, ferme=due.ferme, note=note)
                for due, note in one.prochaines
            ],
        )
