"""How each step of a run is done, and what of it is counted and told."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from sqlalchemy import Engine

from edi.inbound.distant import Ennui
from edi.model import Constat, ErrorClass, Etape, Flux, Passage, Tache
from edi.nuit.passages import Faire
from edi.nuit.releves import make_owed
from edi.releve.service import Releves
from edi.store import emissions


class Ouvrage(Protocol):
    """The application, as far as the nights need it."""

    def take_in(self, applis: Collection[str]) -> tuple[int, Sequence[Ennui]]:
        """Take what these partners have deposited, here and on servers; how much, and what did not work."""

    def treat(self, applis: Collection[str]) -> Sequence[Flux]:
        """Take their flux_list as far as they go."""

    def hand_out(self, applis: Collection[str]) -> tuple[int, Sequence[Ennui]]:
        """Let leave what is booked; how much of theirs should have left and did not, what did not work."""


def make_steps(base: Engine, ouvrage: Ouvrage, releves: Releves) -> Mapping[Etape, Faire]:
    """Every step but the report, which the run makes of the others."""

    def collect(tache: Tache, passage: Passage) -> Constat:
        pris, ennuis = ouvrage.take_in(tache.deposants)
        return Constat({"dépôts pris": pris}, _told(ennuis))

    def process(tache: Tache, passage: Passage) -> Constat:
        return count_flux({flux.id: flux for flux in ouvrage.treat(tache.deposants)}.values())

    def emit(tache: Tache, passage: Passage) -> Constat:
        restent, ennuis = ouvrage.hand_out(tache.deposants)
        with base.begin() as conn:
            parties = emissions.count_emitted(conn, tache.deposants, passage.debut or passage.echeance)
        told = _told(ennuis)
        if restent:
            told += (f"{restent} réponse(s) n'ont pas pu partir : voir « edi queue » et logs/edi.jsonl",)
        return Constat({"réponses parties": parties}, told)

    def tell(tache: Tache, passage: Passage) -> Constat:
        return make_owed(releves, tache)

    return {Etape.COLLECTE: collect, Etape.TRAITEMENT: process, Etape.EMISSION: emit, Etape.RELEVE: tell}


def count_flux(some: Collection[Flux]) -> Constat:
    """What became of flux_list; those that only an operator, or we, can mend are told one by one."""
    comptes = {
        "flux traités": len(some),
        "factures acceptées": sum(flux.acceptees for flux in some if flux.rappel_de is None),
        "factures rejetées": sum(flux.rejetees for flux in some if flux.rappel_de is None),
        "flux en attente": sum(flux.statut.en_cours for flux in some),
    }
    ours = [f for f in some if f.statut.en_cours and f.classe not in (None, ErrorClass.TRANSIENT)]
    return Constat(comptes, tuple(f"flux n° {f.id} ({f.appli}) : {f.incident}" for f in ours))


def told_at_night(taches: Collection[Tache]) -> frozenset[str]:
    """The partners whose relevés jobs of the night make."""
    return frozenset(appli for t in taches if Etape.RELEVE in t.etapes for appli in t.deposants)


def _told(ennuis: Sequence[Ennui]) -> tuple[str, ...]:
    return tuple(f"{one.serveur} {one.appli}".strip() + f" : {one.message}" for one in ennuis)
