"""Making the runs that are due: claimed, step by step, each step recorded, each due date once.

What is due is decided by :mod:`edi.nuit.echeances`; who asks, a wake-up or a person, does not matter. A run
that was interrupted is taken up at the step that it had begun: every step may be done again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog
from sqlalchemy import Connection, Engine

from edi.bilan.chiffres import Entete
from edi.bilan.tenue import Tenue
from edi.model import Constat, Du, Echeance, Etape, EtapeFaite, EtatTache, Genre, Issue, Passage, Tache
from edi.nuit.echeances import first_cover, overrun, what_is_due, window_on
from edi.nuit.rapport import Rapport, issue_of, make_rapport, write_line
from edi.store import passages, taches

log = structlog.get_logger()

Faire = Callable[[Tache, Passage], Constat]


class Tour(NamedTuple):
    """What came of asking for the runs that are due."""

    faits: tuple[Passage, ...] = ()
    ailleurs: tuple[Passage, ...] = ()  # under way, in another process


@dataclass
class Nuit:
    """The jobs of a workspace, and how each step is done."""

    base: Engine
    taches: Mapping[str, Tache]
    faire: Mapping[Etape, Faire]  # of each step but the report
    process: str
    now: Callable[[], datetime]
    tenue: Tenue
    begun: Callable[[Etape], None] = lambda etape: None  # told each step that begins
    _told: set[int] = field(default_factory=set)  # runs of others that we have been turned away by

    def is_due(self, noms: Collection[str]) -> bool:
        """Is there anything to do? Asked before anything is claimed."""
        with self.base.begin() as conn:
            return any(self._todo(conn, tache) for tache in self._chosen(noms))

    def run_due(self, noms: Collection[str] = (), *, asked: bool = False) -> Tour:
        """Make every run that is due, of some jobs or of all.

        ``asked``: by somebody, so that a run which another process is at counts as a double start.
        """
        faits: list[Passage] = []
        ailleurs: list[Passage] = []
        for tache in self._chosen(noms):
            while taken := self._take(tache, asked, ailleurs):
                faits.append(self._carry_out(tache, *taken))
        return Tour(tuple(faits), tuple(ailleurs))

    def run_now(self, nom: str) -> Tour:
        """Make a run of a job by hand, whatever is due; its due dates stay as they are."""
        tache, now = self.taches[nom], self.now()
        ailleurs: list[Passage] = []
        with self.base.begin() as conn:
            taches.know(conn, nom, first_cover(tache, now))
            held = self._claim(conn, tache, True, ailleurs)
            if held is None:
                return Tour((), tuple(ailleurs))
            today = now.astimezone(tache.fuseau).date()
            by_hand = Echeance(today, now, now + timedelta(days=1))
            passage = passages.begin(conn, nom, by_hand, Genre.MANUEL, self.process, now)
        return Tour((self._carry_out(tache, held, passage),))

    # -- claiming -----------------------------------------------------------------------------------------

    def _chosen(self, noms: Collection[str]) -> list[Tache]:
        return [tache for nom, tache in self.taches.items() if not noms or nom in noms]

    def _todo(self, conn: Connection, tache: Tache) -> tuple[Du | None, Passage | None] | None:
        """What is due of a job, and the run without an end; None when there is nothing to do."""
        etat = taches.know(conn, tache.nom, first_cover(tache, self.now()))
        if etat.pause_le is not None:
            return None
        du, begun = what_is_due(tache, etat.couverte, self.now()), passages.under_way(conn, tache.nom)
        return None if du is None and begun is None else (du, begun)

    def _take(self, tache: Tache, asked: bool, ailleurs: list[Passage]) -> tuple[EtatTache, Passage] | None:
        """Claim a job and begin, or take up, the run that is due; None when there is nothing for us to do."""
        with self.base.begin() as conn:
            if self._todo(conn, tache) is None:
                return None
            held = self._claim(conn, tache, asked, ailleurs)
            if held is None:
                return None
            todo = self._todo(conn, tache)  # once more, now that nobody else can do it meanwhile
            if todo is None:
                taches.release(conn, held)
                return None
            du, begun = todo
            if du is not None:
                return held, self._begin(conn, tache, du, begun)
            assert begun is not None  # there is something to do
            return held, passages.take_up(conn, begun.id, self.process)

    def _claim(
        self, conn: Connection, tache: Tache, asked: bool, ailleurs: list[Passage]
    ) -> EtatTache | None:
        held = taches.claim(conn, tache.nom, self.process)
        begun = passages.under_way(conn, tache.nom)
        if held is None and begun is not None:
            ailleurs.append(begun)
            if asked and begun.id not in self._told:
                self._told.add(begun.id)
                passages.count_double(conn, begun.id)
                log.warning("double_start", tache=tache.nom, passage=begun.id, by=begun.processus)
        return held

    def _begin(self, conn: Connection, tache: Tache, du: Du, begun: Passage | None) -> Passage:
        at = self.now()
        passage = passages.begin(conn, tache.nom, du.echeance, du.genre, self.process, at)
        passages.record_unrun(conn, tache.nom, du.manquees, Issue.RATTRAPE, passage.id)
        if begun is not None:  # interrupted, and a later due date has come: one run is enough
            passages.give_up(conn, begun.id, passage.id, at)
        taches.settle(conn, tache.nom, du.echeance.jour)
        return passage

    # -- doing --------------------------------------------------------------------------------------------

    def _carry_out(self, tache: Tache, held: EtatTache, passage: Passage) -> Passage:
        """Do the steps that are not done yet, one after the other, whatever came of those before."""
        done = {step.etape for step in passage.etapes if step.fin is not None}
        try:
            for etape in tache.etapes:
                if etape not in done:
                    self._step(tache, held, passage, etape)
            return self._end(tache, held, passage)
        except taches.LostTache:  # we were thought dead: another process goes on with it
            log.warning("night_lost", tache=tache.nom, passage=passage.id)
            with self.base.begin() as conn:
                return passages.get(conn, passage.id)

    def _step(self, tache: Tache, held: EtatTache, passage: Passage, etape: Etape) -> None:
        began = self.now()
        self.begun(etape)
        with self.base.begin() as conn:
            taches.assert_held(conn, held)
            passages.begin_step(conn, passage.id, etape, began)
        found = self._do(tache, passage, etape)
        step = EtapeFaite(etape, began, self.now(), found.issue, found.comptes, found.incidents)
        with self.base.begin() as conn:
            taches.assert_held(conn, held)
            passages.end_step(conn, passage.id, step)

    def _do(self, tache: Tache, passage: Passage, etape: Etape) -> Constat:
        try:
            if etape is Etape.RAPPORT:
                return self._report(tache, passage)
            return self.faire[etape](tache, passage)
        # Whatever breaks in a step is told by its run and in the log, and the next steps go on: one fault
        # must not cost a night. Nothing is hidden: the run has faults, and the command's exit code says so.
        except Exception as error:
            log.exception("night_step_failed", tache=tache.nom, passage=passage.id, etape=etape.name)
            why = f"{type(error).__name__} : {str(error).partition(chr(10))[0]}"
            return Constat({}, (why,), echec=True)

    def _report(self, tache: Tache, passage: Passage) -> Constat:
        at = self.now()
        beyond, closed = self._overrun(tache, passage, at), _closed(tache, passage, at)
        with self.base.begin() as conn:
            earlier = [one.jour for one in passages.made_good_by(conn, passage.id)]
            known = passages.get(conn, passage.id)
            made = make_rapport(known, earlier, at, beyond, closed)
            passages.report(conn, passage.id, write_line(made, tache.fuseau))
            bilan = self.tenue.take(conn, tache, known, _entete(passage.id, made))
        self.tenue.put(tache, bilan)
        return Constat({})

    def _overrun(self, tache: Tache, passage: Passage, at: datetime) -> datetime | None:
        """The due date that came during a run; none for one by hand, nor for what it caught up itself."""
        return None if passage.genre is Genre.MANUEL else overrun(tache, passage.jour, at)

    def _end(self, tache: Tache, held: EtatTache, passage: Passage) -> Passage:
        at = self.now()
        with self.base.begin() as conn:
            taches.assert_held(conn, held)
            done = passages.get(conn, passage.id).etapes
            beyond = self._overrun(tache, passage, at)
            ended = passages.end(conn, passage.id, at, issue_of(done), beyond)
            taches.release(conn, held)
        if beyond is not None:
            log.warning("night_overruns", tache=tache.nom, passage=passage.id, next=beyond.isoformat())
        log.info("night_done", tache=tache.nom, passage=passage.id, issue=ended.issue.name)
        return ended


def _entete(passage_id: int, made: Rapport) -> Entete:
    return Entete(
        tache=made.tache,
        jour=made.jour,
        genre=made.genre,
        debut=made.debut,
        fin=made.fin,
        issue=made.issue,
        passage=passage_id,
        rattrapees=made.rattrapees,
        ferme=made.ferme,
        chevauche=made.chevauche,
    )


def _closed(tache: Tache, passage: Passage, at: datetime) -> datetime | None:
    """When the window of a run that was on time had closed; None when it still is open."""
    ferme = window_on(tache, passage.jour).ferme
    return ferme if passage.genre is Genre.PREVU and at > ferme else None
