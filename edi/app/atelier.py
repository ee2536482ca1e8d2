"""A workspace at work for one pass: what is complete is taken, judged and answered, then it ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field

import structlog

from edi import assemblage
from edi.app.compagnons import at_work, side_by_side
from edi.audit import EN_COURS, Ecart, audit
from edi.canaux import Bilan
from edi.espace import Espace, real_now
from edi.gestes.depot import tidy_interrupted
from edi.inbound.distant import Ennui
from edi.journal.racines import seal_days
from edi.lisezmoi import tell_all
from edi.model import Etape, Flux, Passage, Serveur
from edi.outbound.envois import is_due
from edi.pipeline import Listen
from edi.presence import Reparation
from edi.releve.service import Releves
from edi.retention.service import Retention
from edi.spool import Entry
from edi.store import alertes as alertes_store
from edi.store import ecritures, livraisons
from edi.store import flux as flux_store
from edi.store.database import reading
from edi.wiring import process_name, tickets

log = structlog.get_logger()


@dataclass
class Atelier:
    """The parts of a workspace, and one pass. Several may work on one: none treats what another claimed."""

    espace: Espace
    listen: Listen = lambda flux, done: None
    settled: Callable[[Flux], None] = lambda flux: None  # told every flux that was taken as far as it goes
    staged: Callable[[Etape], None] = lambda etape: None  # told each step that begins
    passed: Callable[[Passage], None] = lambda passage: None  # told every run of the night that it made
    mended: Callable[[Reparation], None] = lambda what: None  # told what an interruption had left behind
    alarm: Callable[[Ecart], None] = lambda what: None  # told what should agree and does not
    wake: threading.Event = field(default_factory=threading.Event)  # set it to end a wait early
    name: str = field(default_factory=process_name)
    ennuis: list[Ennui] = field(default_factory=list)  # what did not work on servers
    _give_ticket: Callable[[str], str] = field(default_factory=tickets)
    _halted: threading.Event = field(default_factory=threading.Event)  # the servers are left as they are

    def __post_init__(self) -> None:
        espace = self.espace
        self.pipeline = assemblage.make_pipeline(espace, self.name, self.listen)
        self.presence = assemblage.make_presence(espace, self.name)
        self.collecte = assemblage.make_collecte(espace, self.pipeline.receive, self._give_ticket)
        self.releves = Releves(espace, self.name)
        self.essais = assemblage.make_essais(espace, self.pipeline, self.releves, self._give_ticket)
        self.canaux = assemblage.make_canaux(
            espace, self.pipeline, self._give_ticket, side_by_side, self._pause, self._halted.is_set
        )
        self.veille = assemblage.make_veille(espace, self._halted.is_set)

    # -- one pass -----------------------------------------------------------------------------------------

    def run_once(self) -> list[Flux]:
        """Collect, process, emit: everything that is complete now, and everything left by an interruption."""
        with closing(self.pipeline.engine), at_work(self.presence):
            return self._run_once()

    def _run_once(self) -> list[Flux]:
        self.recover()
        self.prove(complet=False)
        self.staged(Etape.COLLECTE)
        self.pull()
        self.retry_held()
        done = self.drain()
        for rank in range(self.espace.settings.collecte.observations):
            if rank:  # two looks at one file are always a step apart, whatever else was taken between them
                time.sleep(self.espace.settings.collecte.pas)
            self.collect()
            self.staged(Etape.TRAITEMENT)
            done += self.drain()
            self.essais.turn()
            if not (self.collecte.moving or self.essais.moving):
                break
        if self.retry_held():  # what waited for a flux that has been decided meanwhile
            done += self.drain()
        self.staged(Etape.EMISSION)
        self._hand_out()
        self.pipeline.feuilles.flush(force=True)
        return list({flux.id: flux for flux in done}.values())

    def _hand_out(self) -> list[Ennui]:
        """Let leave what is booked, and what follows from that; what did not work."""
        self.pipeline.sortie.emit()
        ennuis: list[Ennui] = []
        while True:
            bilan = self.push()
            ennuis += bilan.ennuis
            if not bilan.deposees:
                return ennuis
            self.pipeline.sortie.emit()  # what lies on a server now is told to others

    def call_once(self, serveurs: Sequence[Serveur] | None, *, forced: bool) -> Bilan:
        """Call some servers, of all by default, and judge nothing."""
        with at_work(self.presence):
            self.recover()
            return self.pull(serveurs, forced=forced)

    def pull(self, serveurs: Sequence[Serveur] | None = None, *, forced: bool = False) -> Bilan:
        """One call of some servers, of all by default."""
        bilan = self.canaux.call(self.canaux.serveurs if serveurs is None else serveurs, forced=forced)
        self.ennuis += bilan.ennuis
        return bilan

    def push(self) -> Bilan:
        """Call again the servers that something has just become ready for."""
        at = self.espace.now()
        with self.espace.engine.begin() as conn:
            owed = {s.nom for s in self.canaux.serveurs if livraisons.pending(conn, s.served, at)}
        ready = [s for s in self.canaux.serveurs if s.nom in owed or is_due(self.espace.engine, s, at)]
        bilan = self.canaux.call(ready, take=False)
        self.ennuis += bilan.ennuis
        return bilan

    def _pause(self, seconds: float) -> None:
        self._halted.wait(seconds)

    def leads(self) -> bool:
        """Whether it is for us to go on judging."""
        return True

    def recover(self, *, idle: bool = False) -> None:
        """Put spool and database in order after an interruption; what was mended is told.

        ``idle``: the interruption may have been ours, and we are at nothing now.
        """
        for what in self.presence.reconcile(real_now(), idle=idle):
            log.info("mended", what=what.quoi, subject=what.sujet)
            self.mended(what)
        Retention(self.espace).finish()
        if self.presence.alone:  # else another process may be just about to do it
            self.collecte.recover()
        self.canaux.recover()
        tidy_interrupted(self.espace)
        tell_all(self.espace, process=self.name)

    def prove(self, *, complet: bool) -> None:
        """Close the days that have ended, audit spool and database, and shout about what does not agree.

        All that there ever was is looked at once a day, when a day was closed, and when it is ``complet``; in
        between, what came since.
        """
        espace = self.espace
        closed = seal_days(espace.engine, espace.spool, espace.settings.fuseau, espace.now(), self.name)
        with reading(espace.engine) as conn:
            root = None if complet or closed else ecritures.last_root(conn)
        depuis = {} if root is None else root.reperes
        found = audit(espace.engine, espace.spool, real_now(), complet=complet, depuis=depuis).ecarts
        with self.espace.engine.begin() as conn:
            regles = EN_COURS if depuis else None
            alertes_store.record_audit(conn, found, self.espace.now(), complet=complet, regles=regles)
        for ecart in found:
            log.error(
                "audit_mismatch",
                rule=ecart.regle,
                subject=ecart.sujet,
                found=ecart.constat,
                remedy=ecart.remede,
            )
            self.alarm(ecart)

    def retry_held(self, applis: Collection[str] | None = None) -> int:
        """Put the held flux_list, of some partners or of all, whose time has come back into ``incoming``."""
        with reading(self.espace.engine) as conn:
            due = flux_store.due(conn, self.espace.now())
        if not due:
            return 0
        back = 0
        for entry in self.espace.spool.entries("hold"):
            if entry.ticket in due and _is_of(entry, applis):
                with suppress(FileNotFoundError):  # an operator, or another process, relaunched it meanwhile
                    self.espace.spool.move(entry, "incoming")
                    back += 1
        return back

    def collect(self, applis: Collection[str] | None = None) -> int:
        """Take what is complete in every ``in``, or in those of some; how many flux_list were taken."""
        return self.collecte.collect(applis)

    def drain(
        self, meanwhile: Callable[[], object] = lambda: None, applis: Collection[str] | None = None
    ) -> list[Flux]:
        """Process ``incoming``, of some partners or of all, until nothing is left that is ours to take.

        New flux_list come first. ``meanwhile`` is called after each.
        """
        done: list[Flux] = []
        refused: set[str] = set()  # claimed by other processes

        def left() -> list[Entry]:
            entries = self.espace.spool.entries("incoming")
            return [entry for entry in entries if entry.ticket not in refused and _is_of(entry, applis)]

        while entries := left():
            with reading(self.espace.engine) as conn:
                retried = flux_store.tried(conn, [entry.ticket for entry in entries])
            new = [entry for entry in entries if entry.ticket not in retried]
            again = [entry for entry in entries if entry.ticket in retried]
            for entry in (*new, *again[:1]):  # one of them a round: neither kind starves the other
                if not self.leads():
                    return done
                flux = self.pipeline.process(entry)
                if flux is None:
                    refused.add(entry.ticket)
                    continue
                done.append(flux)
                self.settled(flux)
                meanwhile()
        self.pipeline.feuilles.flush(force=True)
        return done


def _is_of(entry: Entry, applis: Collection[str] | None) -> bool:
    return applis is None or entry.appli in applis
