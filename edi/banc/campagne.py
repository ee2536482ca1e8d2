"""The whole bench: one measure after the other, rounds in turn, so that noise weighs on all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

from edi.banc import latence, naif
from edi.banc.chaines import judge_only, parse_only
from edi.banc.espace import Banc, make_espace
from edi.banc.jeux import JEUX, Jeu
from edi.banc.machine import describe
from edi.banc.mesures import Entier, Lignes, Plan, Resultats, Tour, mean_parts, middle
from edi.banc.naif import Naif
from edi.banc.sonde import Sonde
from edi.judge import Demande
from edi.validators.schematron.confiance import Confiance

Told = Callable[[str, int, int], None]  # what is being measured, which step it is, of how many


@dataclass
class Campagne:
    """One run of the bench in a folder that is thrown away."""

    dossier: Path
    plan: Plan
    told: Told = lambda quoi, rang, sur: None
    rang: int = 0
    _lots: dict[str, list[Tour]] = field(default_factory=dict)

    @property
    def steps(self) -> int:
        """How many steps it has."""
        plan = self.plan
        kinds = len(JEUX) * (plan.tours + bool(plan.contre))
        return 1 + kinds + len(plan.pairs) + (plan.tours + 1) * len(plan.travailleurs) + len(plan.lignes) + 1

    def run(self) -> Resultats:
        """Measure everything. Raises Ecarte when something does not do what it should."""
        began = time.perf_counter()
        self._tell("machine et espace de travail")
        machine = describe(self.dossier)
        banc = Banc(make_espace(self.dossier / "espace"))
        entiers = self._measure_lots(banc)
        lignes = self._measure_lines(banc)
        travailleurs = self._measure_workers(banc)
        pairs = self._measure_peers(banc)
        self._tell("latence d'une facture, edi serve au repos")
        latences = latence.measure(banc.espace, banc.numero, self.plan.latences)
        banc.espace.engine.dispose()
        return Resultats(
            machine,
            self.plan,
            entiers,
            pairs,
            travailleurs,
            lignes,
            latences,
            time.perf_counter() - began,
        )

    def _tell(self, quoi: str) -> None:
        self.rang += 1
        self.told(quoi, self.rang, self.steps)

    # -- whole lots, in one process -----------------------------------------------------------------------

    def _measure_lots(self, banc: Banc) -> tuple[Entier, ...]:
        with banc.at_work():
            confiance = banc.app.pipeline.feuilles.current()
            for tour in range(self.plan.tours):
                for jeu in JEUX:
                    self._tell(f"{jeu.libelle} : lot entier, tour {tour + 1}")
                    self._lots.setdefault(jeu.nom, []).append(self._measure_lot(banc, jeu, confiance))
            return tuple(self._sum_up(banc, jeu, confiance) for jeu in JEUX)

    def _measure_lot(self, banc: Banc, jeu: Jeu, confiance: Confiance) -> Tour:
        """Each time documents that nothing has seen yet: what is remembered of one must not help the other.

        The watch takes time itself, so that it goes with a lot of its own.
        """
        whole, other, watched = (banc.make(jeu.nom, self.plan.nombre) for _ in range(3))
        total = banc.pass_through(whole)
        alone = judge_only(other.fichiers, _ask(banc, confiance))
        floor = parse_only(other.fichiers)
        sonde = Sonde()
        banc.pass_through(watched, sonde)
        return Tour(total, alone, floor, sonde.durees)

    def _sum_up(self, banc: Banc, jeu: Jeu, confiance: Confiance) -> Entier:
        rounds, many = self._lots[jeu.nom], self.plan.nombre
        depot = banc.make(jeu.nom, 1)
        return Entier(
            jeu.nom,
            jeu.libelle,
            many,
            depot.octets,
            middle([one.total for one in rounds]).over(many),
            mean_parts([one.etapes for one in rounds], many),
            middle([one.jugement for one in rounds]).over(many),
            middle([one.plancher for one in rounds]).over(many),
            self._ask_saxon(banc, jeu, confiance),
            median(one.part_du_jugement for one in rounds),
        )

    def _ask_saxon(self, banc: Banc, jeu: Jeu, confiance: Confiance) -> float:
        """Seconds of processor that one document costs more when Saxon judges it too; its sheets are warm."""
        if not self.plan.contre:
            return 0.0
        self._tell(f"{jeu.libelle} : contre-épreuve")
        alone, both = (_ask(banc, replace(confiance, echantillon=part)) for part in (0.0, 1.0))
        fichiers = banc.make(jeu.nom, self.plan.contre).fichiers
        judge_only(fichiers[:1], both)
        taken = [judge_only([one], both).processeur - judge_only([one], alone).processeur for one in fichiers]
        return max(0.0, median(taken))

    # -- lines, workers, peers ----------------------------------------------------------------------------

    def _measure_lines(self, banc: Banc) -> tuple[Lignes, ...]:
        found = []
        with banc.at_work():
            for lignes in self.plan.lignes:
                self._tell(f"une facture UBL de {lignes} lignes")
                rounds = [banc.make("ubl", 1, lignes) for _ in range(self.plan.tours)]
                total = middle([banc.pass_through(depot) for depot in rounds])
                found.append(Lignes(lignes, rounds[0].octets, total))
        return tuple(found)

    def _measure_workers(self, banc: Banc) -> dict[int, float]:
        """Seconds of one invoice; each number of workers has its turn in each round."""
        found: dict[int, float] = {}
        for many in self.plan.travailleurs:
            self._tell(f"travailleurs : {many}, démarrage")
            with banc.at_work(many):
                found[many] = median(self._measure_turns(banc, many))
        return found

    def _measure_turns(self, banc: Banc, travailleurs: int) -> Iterator[float]:
        for tour in range(self.plan.tours):
            self._tell(f"travailleurs : {travailleurs}, tour {tour + 1}")
            depot = banc.make("ubl", self.plan.nombre)
            yield banc.pass_through(depot).secondes / depot.factures

    def _measure_peers(self, banc: Banc) -> dict[str, Naif]:
        found = {}
        for jeu, many in self.plan.pairs.items():
            self._tell(f"{jeu} : par factur-x et Saxon")
            found[jeu] = naif.measure(banc.make(jeu, many + 1), banc.espace.today())
        return found


def _ask(banc: Banc, confiance: Confiance) -> Demande:
    settings = banc.espace.settings
    return Demande(
        "", banc.espace.today(), settings.as_politique(), settings.as_limites(), confiance=confiance
    )
