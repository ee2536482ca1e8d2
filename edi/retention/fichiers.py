"""Files that can be made again, or that nobody needs: trials, relevés, restes, signalements, quarantine.

Return flows and ``statut/<flux>.json`` are never removed. A file goes when
it is old by what it says itself, or by our own records (never by its mtime), and when all that it tells of
is decided, answered and delivered. The restes of a déposant that has a server are left to whoever puts them
there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

import structlog

from edi.espace import Espace
from edi.model import Deposant
from edi.store import flux as flux_store
from edi.store import journal, retentions

log = structlog.get_logger()

ESSAIS, STATUT, OUT, QUARANTAINE, RAPPORTS = "statut/test", "statut", "out", "quarantaine", "rapports"
_CLASSES = {ESSAIS: "essais", STATUT: "releves", OUT: "restes"}  # the others bear the name of their folder
_RELEVE = re.compile(r"releve-(\d{4}-\d{2}-\d{2})\.(csv|json|json\.sig)")
_SIGNALEMENT = re.compile(r"signalement-(\d{4}-\d{2}-\d{2})-[a-z-]+\.(json|txt)")
_RESTE = re.compile(r"RESTE_(.+)\.zip")


class Ancien(NamedTuple):
    """A file that may go."""

    appli: str
    dossier: str
    nom: str
    depuis: date  # the day it was made, or the day it tells of
    octets: int

    @property
    def classe(self) -> str:
        """Its class, by code."""
        return "signalements" if is_signalement(self.nom) else _CLASSES.get(self.dossier, self.dossier)


@dataclass(frozen=True)
class Fichiers:
    """The files of a workspace that are kept no longer."""

    espace: Espace
    par: str = ""  # who asks for it; '': Navette by itself

    def old(self) -> list[Ancien]:
        """Every file that may go now, each déposant in its turn."""
        found: list[Ancien] = []
        for appli, deposant in sorted(self.espace.settings.deposants.items()):
            try:
                found += self._of(deposant)
            except OSError:  # one missing or closed folder must not keep the others
                log.exception("retention_folder_unreadable", appli=appli)
        return [*found, *self._rapports()]

    def _rapports(self) -> Iterator[Ancien]:
        jours, spool = self.espace.settings.retention.rapports_jours, self.espace.spool
        for nom in spool.reports() if jours else ():
            if (jour := _date(nom[:10])) is not None and jour < self._before(jours):
                yield Ancien("", RAPPORTS, nom, jour, spool.report_file(nom).stat().st_size)

    def prune(self) -> list[Ancien]:
        """Remove them; those that went."""
        return self._remove(self.old(), self._withdraw)

    def old_in_quarantine(self) -> list[Ancien]:
        """Every file of ``queue/quarantaine`` that may go now, whose bytes lie in the store too."""
        jours = self.espace.settings.retention.quarantaine_jours
        if not jours:
            return []
        spool, found = self.espace.spool, []
        for entry in spool.entries("quarantaine"):
            with self.espace.engine.begin() as conn:
                flux = flux_store.find_by_ticket(conn, entry.ticket)
                over = flux is not None and retentions.may_leave_quarantine(conn, flux.id)
            if flux is None or not over or not spool.has(flux.sha256):
                continue
            made = flux.recu_le.astimezone(self.espace.settings.fuseau).date()
            if made < self._before(jours):
                found.append(Ancien(entry.appli, QUARANTAINE, entry.ticket, made, entry.path.stat().st_size))
        return found

    def prune_quarantine(self) -> list[Ancien]:
        """Remove them; those that went."""
        return self._remove(self.old_in_quarantine(), self._drop)

    def _remove(self, found: list[Ancien], act: Callable[[Ancien], None]) -> list[Ancien]:
        gone = []
        for ancien in found:
            try:
                act(ancien)
            except OSError:
                log.exception("not_pruned", appli=ancien.appli, nom=ancien.nom)
            else:
                gone.append(ancien)
        if gone:
            log.info("pruned", files=len(gone))
            with self.espace.engine.begin() as conn:
                detail = {"fichiers": len(gone)}
                journal.note_act(
                    conn, "nettoyage", "[retention]", self.espace.now(), par=self.par, detail=detail
                )
        return gone

    def _withdraw(self, ancien: Ancien) -> None:
        if ancien.dossier == RAPPORTS:
            self.espace.spool.forget_report(ancien.nom)
            return
        self.espace.spool.withdraw(ancien.appli, ancien.nom, ancien.dossier)

    def _drop(self, ancien: Ancien) -> None:
        with self.espace.engine.begin() as conn:
            flux = flux_store.find_by_ticket(conn, ancien.nom)
        entries = (e for e in self.espace.spool.entries("quarantaine") if e.ticket == ancien.nom)
        if flux is not None and (entry := next(entries, None)) is not None:
            self.espace.spool.drop(entry, flux.sha256)

    def _of(self, deposant: Deposant) -> Iterator[Ancien]:
        kept = self.espace.settings.retention
        if kept.essais_jours:
            yield from self._essais(deposant.code, self._before(kept.essais_jours))
        if kept.releves_jours:
            yield from self._releves(deposant.code, self._before(kept.releves_jours))
        if kept.signalements_jours:
            yield from self._signalements(deposant.code, self._before(kept.signalements_jours))
        if kept.restes_jours and not deposant.pousse:
            yield from self._restes(deposant.code, self._before(kept.restes_jours))

    def _before(self, jours: int) -> date:
        return self.espace.today() - timedelta(days=jours)

    def _essais(self, appli: str, before: date) -> Iterator[Ancien]:
        """Both files of an answer, the one that dates it last: an interruption leaves nothing undated."""
        noms = self.espace.spool.listing(appli, ESSAIS)
        for nom in sorted(noms):
            if not nom.endswith(".json"):
                continue
            made = _judged_on(self.espace.spool.told(appli, f"test/{nom}"))
            if made is not None and made < before:
                if (text := f"{nom.removesuffix('.json')}.txt") in noms:
                    yield Ancien(appli, ESSAIS, text, made, noms[text][1])
                yield Ancien(appli, ESSAIS, nom, made, noms[nom][1])

    def _releves(self, appli: str, before: date) -> Iterator[Ancien]:
        over: dict[date, bool] = {}
        noms = self.espace.spool.listing(appli, STATUT)
        for nom in sorted(noms):
            if (jour := _day_of(nom)) is not None and jour < before:
                if jour not in over:
                    over[jour] = self._is_over(appli, jour)
                if over[jour]:
                    yield Ancien(appli, STATUT, nom, jour, noms[nom][1])

    def _signalements(self, appli: str, before: date) -> Iterator[Ancien]:
        """Both files of what has ended, the one that says so last."""
        noms = self.espace.spool.listing(appli, STATUT)
        for nom in sorted(noms):
            found = _SIGNALEMENT.fullmatch(nom)
            if found is None or found[2] != "json" or not _has_ended(self.espace.spool.told(appli, nom)):
                continue
            if (jour := _date(found[1])) is not None and jour < before:
                if (text := f"{nom.removesuffix('json')}txt") in noms:
                    yield Ancien(appli, STATUT, text, jour, noms[text][1])
                yield Ancien(appli, STATUT, nom, jour, noms[nom][1])

    def _restes(self, appli: str, before: date) -> Iterator[Ancien]:
        noms = self.espace.spool.listing(appli, OUT)
        for nom in sorted(noms):
            if found := _RESTE.fullmatch(nom):
                with self.espace.engine.begin() as conn:
                    put = retentions.reste_put(conn, appli, found[1])
                if put is not None and (made := put.astimezone(self.espace.settings.fuseau).date()) < before:
                    yield Ancien(appli, OUT, nom, made, noms[nom][1])

    def _is_over(self, appli: str, jour: date) -> bool:
        zone = self.espace.settings.fuseau
        start, end = (datetime.combine(day, time(), zone) for day in (jour, jour + timedelta(days=1)))
        with self.espace.engine.begin() as conn:
            return retentions.is_over(conn, appli, start, end)


def _judged_on(data: bytes | None) -> date | None:
    """The day of an answer of ours; None for what is none."""
    try:
        return datetime.fromisoformat(json.loads(data or b"")["juge_le"]).date()
    except (ValueError, TypeError, KeyError):
        return None


def is_releve(nom: str) -> bool:
    """Is that the name of a relevé?"""
    return _RELEVE.fullmatch(nom) is not None


def is_signalement(nom: str) -> bool:
    """Is that the name of something that was told about an expected deposit?"""
    return _SIGNALEMENT.fullmatch(nom) is not None


def _has_ended(data: bytes | None) -> bool:
    try:
        return bool(json.loads(data or b"")["fin_le"])
    except (ValueError, TypeError, KeyError):
        return False


def is_reste(nom: str) -> bool:
    """Is that the name of the reste of a lot?"""
    return _RESTE.fullmatch(nom) is not None


def _day_of(nom: str) -> date | None:
    """The day of a relevé; None for any other file."""
    found = _RELEVE.fullmatch(nom)
    return _date(found[1]) if found else None


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
