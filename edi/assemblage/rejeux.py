"""Replays that pages ask for: one after the other, in a thread and by workers of their own.

The engine of the pipeline is not theirs: in process it serves one thread, and a lot that comes must not wait
for somebody's experiment. Workers are started for a replay and ended with it.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from datetime import datetime

import structlog

from edi.assemblage.rejeu import make_rejeu
from edi.engine import LocalWorkers
from edi.espace import Espace
from edi.gestes import rejeu as gestes
from edi.model import IssueRejeu, RejeuLance
from edi.store.rejets import Choix
from edi.store.rejeux import Nouveau
from edi.validators.schematron.packs import PackUnavailable
from edi.wiring import process_name

log = structlog.get_logger()

_TRAVAILLEURS = 1  # beside those of the pipeline


class Rejeux:
    """The replays of one console."""

    def __init__(self, espace: Espace) -> None:
        self._espace = espace
        self._name = process_name()
        self._halted = threading.Event()
        self._under_way: set[int] = set()
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="rejeu")

    def try_out(self, par: str, cible: str, adresse: str, choix: Choix) -> int:
        """Begin a dry run of the rejected invoices of a choice; its id. Raises GesteRefuse."""
        nouveau = Nouveau(par, cible, adresse, False, "", self._name)
        return self._begin(gestes.ask(self._espace, nouveau, choix, self.lives))

    def accept(self, essai: RejeuLance, par: str, raison: str) -> int:
        """Begin to judge again, and accept, what passed in a dry run; its id. Raises GesteRefuse."""
        nouveau = Nouveau(par, essai.cible, essai.adresse, True, raison, self._name)
        return self._begin(gestes.ask_to_accept(self._espace, essai.id, nouveau, self.lives))

    def lives(self, lance: RejeuLance) -> bool:
        """Is a replay under way: here, or as far as can be told in another process?"""
        if lance.fini_le is not None:
            return False
        if lance.processus == self._name:
            return lance.id in self._under_way
        now: datetime = self._espace.now()
        return now - lance.avance_le < gestes.SILENCE

    def close(self) -> None:
        """End after the flux that is under way; what remains of a replay is told as interrupted."""
        self._halted.set()
        self._threads.shutdown(cancel_futures=True)

    def _begin(self, lance: RejeuLance) -> int:
        self._under_way.add(lance.id)
        running = self._threads.submit(self._run, lance)
        running.add_done_callback(lambda done: self._ended(lance, done))
        return lance.id

    def _run(self, lance: RejeuLance) -> None:
        moteur = self._espace.settings.moteur
        try:
            with closing(LocalWorkers(_TRAVAILLEURS, moteur.delai, moteur.delai_par_mo)) as engine:
                rejeu = make_rejeu(self._espace, engine, lance.par, lance.raison)
                for _ in gestes.carry_out(self._espace, rejeu, lance, self._halted.is_set):
                    pass
        except PackUnavailable as error:
            why = f"un jeu de règles manque ou est altéré : {error}"
            gestes.give_up(self._espace, lance, IssueRejeu.ECHOUE, why)

    def _ended(self, lance: RejeuLance, done: Future[None]) -> None:
        self._under_way.discard(lance.id)
        if done.cancelled():
            gestes.give_up(self._espace, lance, IssueRejeu.INTERROMPU)
        elif error := done.exception():
            log.error("replay_failed", replay=lance.id, exc_info=error)
