"""Taking deposits: folders are looked at, what is complete is taken, what is not is remembered and shown.

The folders are the truth. The table ``reception`` remembers since when each incomplete deposit is waited for,
so that a restart does not begin its wait anew, and so that any other process can show it. A deposit whose
deadline has passed is taken too and answered as such: the table says so, by its ticket, before the move.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Engine

from edi.inbound.display import escape_name
from edi.inbound.manifeste import is_manifest
from edi.inbound.octets import Octets
from edi.inbound.ready import Etat, Look, Stamp, Tracker, judge_folder
from edi.model import Attente, Deposant, Limites, Reception
from edi.spool import Entry, Spool
from edi.store import flux as flux_store
from edi.store import receptions

log = structlog.get_logger()


@dataclass(frozen=True)
class Rythme:
    """How often the folders are looked at, and how long a deposit is waited for."""

    observations: int  # identical ones before a file counts as still
    pas: float  # seconds between two observations that count
    attente_max: float  # seconds since a deposit changed for the last time


@dataclass
class Collecte:
    """The deposit folders of a workspace."""

    spool: Spool
    base: Engine
    deposants: Mapping[str, Deposant]
    limites: Limites
    rythme: Rythme
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    give_ticket: Callable[[str], str]
    taken: Callable[[Entry], object]  # told each deposit as soon as it is ours
    moving: bool = False  # did the last look see something that the next one may find complete?
    _folders: dict[str, _Folder] = field(default_factory=dict)

    def recover(self) -> None:
        """Take back the quarantines that were said and, for an interruption, never done."""
        queued = {entry.ticket for queue in ("incoming", "active") for entry in self.spool.entries(queue)}
        with self.base.begin() as conn:
            for ticket in receptions.unrecorded_tickets(conn):
                if ticket not in queued:
                    receptions.release(conn, ticket)

    def collect(self, applis: Collection[str] | None = None) -> int:
        """Take what is complete in every ``in``, or in those of some, and what was waited for too long.

        How many were taken.
        """
        self.moving = False
        wanted = sorted(self.deposants.keys() if applis is None else self.deposants.keys() & set(applis))
        return sum(self._collect_from(self.deposants[appli]) for appli in wanted)

    def _collect_from(self, deposant: Deposant) -> int:
        appli = deposant.code
        listing = self._list(appli)
        if listing is None:
            self._folders.pop(appli, None)  # observation starts again once the folder can be read again
            return 0
        folder = self._folders.get(appli)
        if folder is None:
            folder = self._folders[appli] = self._open_folder(appli)
        folder.tracker.observe(listing, self.monotonic())
        folder.octets.look_at(listing)
        etats = judge_folder(
            deposant, Look(listing, folder.tracker.times, folder.octets, self.rythme.observations)
        )
        at, patience = self.now(), timedelta(seconds=deposant.attente_max or self.rythme.attente_max)
        taken = {nom for nom, etat in etats.items() if etat.attend is None and self._take(appli, nom, etat)}

        def before(nom: str) -> Reception | None:
            return folder.known.get(escape_name(nom))

        seen = {
            nom: follow(before(nom), appli, nom, listing[nom], etat.attend, at, patience)
            for nom, etat in etats.items()
            if etat.attend is not None
        }
        self._save(folder, seen)
        late = [nom for nom, one in seen.items() if one.echeance is not None and at >= one.echeance]
        taken |= {nom for nom in late if self._end_wait(folder, nom, seen[nom])}
        if deposant.readiness == "manifeste":
            folder.taken |= taken
            self._consume_manifests(folder, appli, seen, listing.keys() - taken)
        self.moving |= any(one.attend is Attente.MOUVEMENT for one in seen.values())
        return len(taken)

    def _open_folder(self, appli: str) -> _Folder:
        with self.base.begin() as conn:
            known = {one.nom: one for one in receptions.waiting(conn, appli)}
        return _Folder(Tracker(self.rythme.pas), Octets(self.spool, appli, self.limites), known)

    def _list(self, appli: str) -> dict[str, Stamp] | None:
        try:
            return {nom: Stamp(*stamp) for nom, stamp in self.spool.listing(appli).items()}
        except OSError:  # one missing or closed folder must not keep the other déposants waiting
            log.exception("deposit_folder_unreadable", appli=appli)
            return None

    def _take(self, appli: str, nom: str, etat: Etat) -> bool:
        entry = self.spool.take(appli, nom, self.give_ticket(appli), etat.temoin)
        if entry is not None:
            self.taken(entry)
        return entry is not None

    def _save(self, folder: _Folder, seen: Mapping[str, Reception]) -> None:
        """Write down what changed since the last look; most looks write nothing."""
        current = {one.nom: one for one in seen.values()}
        changed = [one for nom, one in current.items() if folder.known.get(nom) != one]
        gone = [one for nom, one in folder.known.items() if nom not in current]
        if changed or gone:
            with self.base.begin() as conn:
                receptions.save(conn, changed, gone)
        folder.known = current

    def _end_wait(self, folder: _Folder, nom: str, one: Reception) -> bool:
        """The deadline has passed: a deposit is quarantined, anything else is told once. True when taken."""
        if not one.attend.ends_in_quarantine:
            if one.nom not in folder.told:
                folder.told.add(one.nom)
                log.warning("waited_in_vain", appli=one.appli, nom=one.nom, attend=one.attend.name)
            return False
        if folder.tracker.times(nom) < self.rythme.observations:
            self.moving = True  # seen only once since we started: its sender may be at it
            return False
        ticket = self.give_ticket(one.appli)
        with self.base.begin() as conn:
            receptions.quarantine(conn, one, ticket)
        folder.known.pop(one.nom)
        entry = self.spool.take(one.appli, nom, ticket)
        if entry is None:
            with self.base.begin() as conn:
                receptions.release(conn, ticket)
            folder.known[one.nom] = one
            return False
        self.taken(entry)
        log.warning(
            "deposit_quarantined", appli=one.appli, nom=one.nom, attend=one.attend.name, ticket=ticket
        )
        return True

    def _consume_manifests(
        self, folder: _Folder, appli: str, seen: Mapping[str, Reception], left: set[str]
    ) -> None:
        """Remove each manifest whose files have all been taken since it was first seen."""
        for nom, one in seen.items():
            if not is_manifest(nom) or one.attend not in (Attente.FICHIER, Attente.SUITE):
                continue
            listed = folder.octets.manifest(nom).keys()
            if listed & left:
                continue
            missing = {escape_name(name) for name in listed - folder.taken}
            if missing:
                with self.base.begin() as conn:
                    missing -= flux_store.received_since(conn, appli, missing, one.vu_le)
            if not missing:
                self.spool.consume(appli, nom)
                folder.taken -= listed


@dataclass
class _Folder:
    """What is remembered of one ``in`` from one look to the next."""

    tracker: Tracker
    octets: Octets
    known: dict[str, Reception]  # as the table has it, by shown name
    taken: set[str] = field(default_factory=set)  # announced by a manifest that is still there
    told: set[str] = field(default_factory=set)


def follow(
    before: Reception | None,
    appli: str,
    nom: str,
    stamp: Stamp,
    attend: Attente,
    at: datetime,
    patience: timedelta,
) -> Reception:
    """A file as it is seen now, knowing how it was seen before: its wait begins when it last changed.

    What moves has no deadline: as long as a sender goes on writing, it is given time.
    """
    shown = escape_name(nom)
    if before is None:
        before = Reception(appli, shown, *stamp, vu_le=at, change_le=at, attend=attend)
    changed = (before.inode, before.taille, before.mtime_ns) != stamp
    change_le = at if changed else before.change_le
    waits = attend not in (Attente.MOUVEMENT, Attente.SUITE)
    return Reception(
        appli,
        shown,
        *stamp,
        vu_le=before.vu_le,
        change_le=change_le,
        attend=attend,
        echeance=change_le + patience if waits else None,
    )
