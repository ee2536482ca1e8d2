"""``test/`` of each déposant: what is complete there is judged, answered in ``statut/test``, and removed.

It has no legal effect: no flux, no key, no return flow. A file under trial lies in ``spool/essai`` until its
answer is written, so that an interruption costs a second judgement and no answer.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog

from edi.essai.jugement import Jugement
from edi.inbound.octets import Octets
from edi.inbound.ready import Etat, Look, Stamp, Tracker, judge_folder
from edi.model import Attente, Deposant, Limites
from edi.outbound.essai import Reponse, write_essai, write_incomplet
from edi.spool import Entry, Spool, SpoolBusy

log = structlog.get_logger()

_LONGEST = 200  # bytes of a tested file's name that its answers bear
_TOLD = (Attente.TEMOIN, Attente.MANIFESTE, Attente.EMPREINTE, Attente.ARCHIVE, Attente.DOCUMENT)

# What is not judged but answered in its own way; None: it is to be judged.
Other = Callable[[Path, str, Deposant], Reponse | None]


@dataclass
class Essais:
    """The ``test/`` folders of a workspace."""

    spool: Spool
    deposants: Mapping[str, Deposant]
    limites: Limites
    observations: int
    pas: float  # seconds
    fuseau: ZoneInfo
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    give_ticket: Callable[[str], str]
    judge: Callable[[Path, str, Deposant], Jugement]
    other: Other = lambda path, nom, deposant: None
    moving: bool = False  # did the last turn leave something that the next one may answer?
    _trackers: dict[str, Tracker] = field(default_factory=dict)
    _octets: dict[str, Octets] = field(default_factory=dict)
    _told: set[tuple[str, str, Stamp]] = field(default_factory=set)

    def turn(self, busy: Callable[[], bool] = lambda: False) -> int:
        """Answer what is complete, one file after the other, until ``busy``; how many were answered.

        One process at a time; another one that is at it answers ours too.
        """
        self.moving, answered = False, 0
        try:
            with self.spool.alone_at_trials():
                for _, deposant in sorted(self.deposants.items()):
                    self._take_from(deposant)
                for entry in self.spool.trials():
                    if busy():
                        self.moving = True
                        break
                    answered += self._answer(entry)
        except SpoolBusy:
            return 0
        return answered

    def _take_from(self, deposant: Deposant) -> None:
        appli = deposant.code
        try:
            listing = {nom: Stamp(*stamp) for nom, stamp in self.spool.listing(appli, "test").items()}
        except OSError:  # one missing or closed folder must not keep the other déposants waiting
            log.exception("test_folder_unreadable", appli=appli)
            return
        tracker = self._trackers.setdefault(appli, Tracker(self.pas))
        octets = self._octets.setdefault(appli, Octets(self.spool, appli, self.limites, "test"))
        tracker.observe(listing, self.monotonic())
        octets.look_at(listing)
        etats = judge_folder(deposant, Look(listing, tracker.times, octets, self.observations))
        for nom, etat in etats.items():
            if etat.attend is None:
                self.spool.take_trial(appli, nom, self.give_ticket(appli), etat.temoin)
            elif etat.attend is Attente.MOUVEMENT:
                self.moving = True
            elif etat.attend in _TOLD and tracker.times(nom) >= self.observations:
                self._tell_incomplete(appli, nom, etat, listing[nom])

    def _tell_incomplete(self, appli: str, nom: str, etat: Etat, stamp: Stamp) -> None:
        """Say what a file that no longer changes lacks, once."""
        key = (appli, nom, stamp)
        if key not in self._told and etat.attend is not None:
            self._told.add(key)
            self._write(appli, nom, write_incomplet(nom, etat.attend, self._at()))

    def _answer(self, entry: Entry) -> bool:
        deposant = self.deposants.get(entry.appli)
        if deposant is None:  # no longer declared: nobody to answer
            return False
        reponse = self.other(entry.path, entry.nom, deposant)
        if reponse is None:
            lot, error = self.judge(entry.path, entry.nom, deposant)
            if error is not None:
                log.error("trial_failed", appli=entry.appli, ticket=entry.ticket, exc_info=error)
            reponse = write_essai(entry.nom, lot, self._at(), failed=error is not None)
        if not self._write(entry.appli, entry.nom, reponse):
            return False
        self.spool.drop_trial(entry)
        return True

    def _write(self, appli: str, nom: str, reponse: Reponse) -> bool:
        stem = os.fsdecode(os.fsencode(nom)[:_LONGEST])
        try:
            for suffix, data in (("json", reponse.json), ("txt", reponse.txt)):
                self.spool.tell_trial(appli, f"{stem}.{suffix}", data)
        except OSError:  # the folder is full or missing: the file stays under trial
            log.exception("trial_not_answered", appli=appli)
            return False
        return True

    def _at(self) -> datetime:
        return self.now().astimezone(self.fuseau)
