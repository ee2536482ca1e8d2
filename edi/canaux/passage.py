"""One pass over the servers of partners: take what is there, put what is due. Each fails alone.

Called with everything that belongs to :mod:`edi.app`: the clock, the threads, the way to wait and to stop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from edi.canaux.journal import Journal
from edi.canaux.visite import Constat, look_around
from edi.inbound import look, pull, release
from edi.inbound.distant import Ennui, Halted, Place, Wanted, told
from edi.model import Deposant, ErrorClass, Releve, Serveur
from edi.outbound import signalements
from edi.outbound.dispatch import Confirm
from edi.outbound.emit import Make
from edi.outbound.envois import Build, carry
from edi.outbound.push import Poussee, push
from edi.outbound.signalements import Write
from edi.retries import later
from edi.sftp import HostKeyRefused, Remote, RemoteFailed, connect
from edi.spool import Spool, SpoolBusy
from edi.store import canaux

log = structlog.get_logger()

Task = Callable[[], None]


@dataclass
class Bilan:
    """What one pass came to."""

    prises: list[Releve] = field(default_factory=list)
    poussees: list[Poussee] = field(default_factory=list)
    ennuis: list[Ennui] = field(default_factory=list)

    @property
    def deposees(self) -> int:
        """How many files lie on servers since."""
        return sum(poussee.failure is None for poussee in self.poussees)

    def __iadd__(self, other: Bilan) -> Bilan:
        self.prises += other.prises
        self.poussees += other.poussees
        self.ennuis += other.ennuis
        return self


@dataclass(frozen=True)
class Canaux:
    """The servers of a workspace."""

    root: Path  # where relative paths of keys and secrets start
    serveurs: Sequence[Serveur]
    deposants: dict[str, Deposant]
    limite: int  # bytes past which a remote file is not fetched
    spool: Spool
    base: Engine
    give_ticket: Callable[[str], str]
    make: Make  # the bytes of a return flow
    confirm: Confirm  # it lies where it is fetched
    build: Build  # the reste of a flux, or how it stands
    write: Write  # what a déposant is told of what is expected of it
    now: Callable[[], datetime]
    pause: Callable[[float], None]  # seconds
    side_by_side: Callable[[Sequence[Task]], None]  # run tasks in threads, and wait for them all
    halted: Callable[[], bool] = lambda: False
    _told: set[Ennui] = field(default_factory=set)

    def recover(self) -> int:
        """Finish what an interruption left half-way, also of servers that are no longer configured."""
        journal, done = Journal(self.base), 0
        for nom in self.spool.pulled_servers():
            with suppress(SpoolBusy), self.spool.alone_with(nom):  # busy: another process is at work there
                done += pull.reconcile(self.spool, nom, journal)
        return done

    def call(self, serveurs: Iterable[Serveur], *, forced: bool = False, take: bool = True) -> Bilan:
        """One pass over some servers, side by side.

        ``forced``: also those that are stopped or must wait. ``take``: false to put only.
        """
        bilans = [(serveur, Bilan()) for serveur in serveurs]
        self.side_by_side([partial(self._call_one, s, bilan, forced, take) for s, bilan in bilans])
        total = Bilan()
        for _, bilan in bilans:
            total += bilan
        return total

    def is_due(self, serveur: Serveur) -> bool:
        """False for a channel that is stopped (until its pin is changed), or that waits after a failure."""
        with self.base.begin() as conn:
            canal = canaux.get(conn, serveur.nom)
        if canal.arrete:
            return canal.empreinte != serveur.empreinte
        return canal.prochain_essai is None or canal.prochain_essai <= self.now()

    def down(self, serveurs: Iterable[Serveur]) -> list[Ennui]:
        """Those that cannot be used at present, by their last call."""
        with self.base.begin() as conn:
            states = [canaux.get(conn, serveur.nom) for serveur in serveurs]
        remede = "Voir « edi serveur list »."
        return [
            Ennui(canal.serveur, "", "", ErrorClass.TRANSIENT, canal.incident, remede)
            for canal in states
            if canal.incident
        ]

    def check(self, serveur: Serveur) -> list[Constat]:
        """Call a server and look at its folders; nothing is taken nor put. A stopped channel is reopened.

        Raises RemoteFailed when it cannot be entered.
        """
        with connect(serveur, self.root) as remote:
            with self.base.begin() as conn:
                canaux.succeed(conn, serveur.nom, self.now())
            return look_around(remote, serveur)

    # -- one server ---------------------------------------------------------------------------------------

    def _call_one(self, serveur: Serveur, bilan: Bilan, forced: bool, take: bool) -> None:
        try:
            if not forced and not self.is_due(serveur):
                return
            with self.spool.alone_with(serveur.nom):
                self._work(serveur, bilan, take)
            with self.base.begin() as conn:
                canaux.succeed(conn, serveur.nom, self.now())
            self._put_down(serveur, bilan)
        except SpoolBusy:
            log.info("server_busy", serveur=serveur.nom)  # another process calls it just now
        except Halted:
            log.info("channel_halted", serveur=serveur.nom)
        except HostKeyRefused as refused:
            bilan.ennuis.append(told(serveur, "", "", refused))
            log.error("channel_stopped", serveur=serveur.nom, expected=refused.expected, found=refused.found)
            with self.base.begin() as conn:
                canaux.stop(conn, serveur.nom, str(refused), serveur.empreinte)
        except RemoteFailed as failure:
            bilan.ennuis.append(told(serveur, "", "", failure))
            self._put_off(serveur, str(failure))
        except OSError as error:  # our own disk: judging must go on, and the server keeps its files
            message = f"notre disque : {error.strerror or error}"
            remede = "Libérez de la place ou rétablissez le dossier ; les fichiers restent sur le serveur."
            bilan.ennuis.append(Ennui(serveur.nom, "", "", ErrorClass.ENGINE, message, remede))
            log.exception("channel_failed", serveur=serveur.nom)
            self._put_off(serveur, message)

    def _put_off(self, serveur: Serveur, incident: str) -> None:
        try:
            with self.base.begin() as conn:
                essais = canaux.get(conn, serveur.nom).essais + 1
                again = later(self.now(), essais, serveur.nom)
                canaux.fail(conn, serveur.nom, incident, again)
        except SQLAlchemyError:  # a full disk holds the database too
            log.exception("channel_state_not_recorded", serveur=serveur.nom)
        log.warning("channel_put_off", serveur=serveur.nom, why=incident)

    def _work(self, serveur: Serveur, bilan: Bilan, take: bool) -> None:
        with connect(serveur, self.root) as remote:
            if take:
                self._pull(remote, serveur, bilan)
            how = (self.now, self.halted)
            flows = push(remote, serveur, self.base, self.make, self.confirm, *how)
            files = carry(remote, serveur, self.base, self.build, *how)
            told = signalements.carry(remote, serveur, self.base, self.write, *how)
            for poussee in chain(flows, files, told):
                bilan.poussees.append(poussee)

    def _put_down(self, serveur: Serveur, bilan: Bilan) -> None:
        """Log what does not work, once for as long as it lasts."""
        for ennui in set(bilan.ennuis) - self._told:
            where = {"serveur": ennui.serveur, "appli": ennui.appli, "nom": ennui.nom}
            log.warning("remote_trouble", **where, error_class=ennui.error_class.name, why=ennui.message)
        self._told.difference_update({e for e in self._told if e.serveur == serveur.nom})
        self._told.update(bilan.ennuis)

    def _pull(self, remote: Remote, serveur: Serveur, bilan: Bilan) -> None:
        place = self._place(serveur)
        pull.reconcile(self.spool, serveur.nom, place.journal)
        release.settle(remote, place, place.journal.owed(serveur.nom), bilan.ennuis)
        wanted, ennuis = look.look(remote, place, self._writes_aside(), self.limite, self.pause)
        bilan.ennuis += ennuis
        if not ennuis:  # every folder was seen: a part of what is not wanted any more is of no use
            self.spool.keep_parts(serveur.nom, {one.key for one in wanted})
        self._take(remote, place, wanted, bilan)

    def _place(self, serveur: Serveur) -> Place:
        return Place(self.spool, Journal(self.base), serveur, self.give_ticket, self.now, self.halted)

    def _writes_aside(self) -> frozenset[str]:
        return frozenset(code for code, d in self.deposants.items() if d.readiness == "renommage")

    def _take(self, remote: Remote, place: Place, wanted: Sequence[Wanted], bilan: Bilan) -> None:
        """Take every wave, over several connections when there are several. Raises what stopped the first."""
        waves = deque(pull.waves(wanted))
        failures: list[RemoteFailed | OSError] = []

        def work(mine: Remote) -> None:
            while not failures:
                try:
                    wave = waves.popleft()
                except IndexError:
                    return
                try:
                    taken, ennuis = pull.take_wave(mine, place, wave)
                except (RemoteFailed, OSError) as error:
                    failures.append(error)
                else:
                    bilan.prises += taken
                    bilan.ennuis += ennuis

        def work_beside() -> None:
            try:
                other = connect(place.serveur, self.root)
            except RemoteFailed as failure:  # a server that allows one session only: the first one goes on
                log.info("no_second_connection", serveur=place.serveur.nom, why=str(failure))
                return
            with other:
                work(other)

        others = min(place.serveur.connexions, len(waves)) - 1
        self.side_by_side([lambda: work(remote), *[work_beside] * others])
        if failures:
            raise failures[0]
