"""One look at what is expected: what is wrong is told to its déposant, once, and what has come since.

What is told is a row, booked with its mail in one transaction; its files are written after it, and again
after an interruption: same names, same bytes. Operators are told by the alerts, later (``delai``).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine

from edi.attendus.changements import Changements, compare
from edi.attendus.jugement import Trouble
from edi.attendus.lettre import Auteur, write_files, write_mail
from edi.attendus.observation import Observation
from edi.inbound.display import escape_name
from edi.inbound.ready import is_candidate
from edi.model import Attendu, Attente, Deposant, EtatAttendu, NatureSignalement, Serveur, Signalement
from edi.spool import Spool
from edi.store import attendus as store
from edi.store import canaux, receptions, signalements
from edi.store.database import reading

log = structlog.get_logger()

_REMEMBERED = timedelta(days=200)

# What is told of something that is not there.
_MISSING = (NatureSignalement.RETARD, NatureSignalement.VOLUME_BAS, NatureSignalement.MONTANT_BAS)

Book = Callable[[Connection, str, str, datetime], None]  # a mail to a déposant: its code, the content, when


@dataclass
class Guet:
    """Looking after what is expected in one workspace."""

    base: Engine
    spool: Spool
    deposants: Mapping[str, Deposant]
    serveurs: Sequence[Serveur]
    auteur: Auteur
    observation: Observation
    book: Book
    writes: frozenset[str]  # déposants that can be written to
    now: Callable[[], datetime]

    def look(self) -> None:
        """Judge what is expected of everybody, and tell what is new."""
        at = self.now()
        with reading(self.base) as conn:  # nobody waits while we judge; nobody else tells meanwhile
            expected = store.current(conn, self.auteur.fuseau)
            judged = [o for o in expected if o.etat is EtatAttendu.CONFIRME and self._is_active(o.appli)]
            found = [(attendu, self._judge(conn, attendu, at)) for attendu in judged]
            orphans = self._orphans(conn, {attendu.id for attendu in judged})
        changed = [(attendu, changes) for attendu, changes in found if any(changes)]
        if changed or orphans:
            with self.base.begin() as conn:
                for attendu, changes in changed:
                    self._record(conn, attendu, changes, at)
                for one in orphans:
                    self._end(conn, one, at)
        self.observation.forget(at - _REMEMBERED)
        self.write()

    def _is_active(self, appli: str) -> bool:
        deposant = self.deposants.get(appli)
        return deposant is not None and deposant.raccordement_actif and deposant.emetteur_edi

    def _judge(self, conn: Connection, attendu: Attendu, at: datetime) -> Changements:
        vue, recus = self.observation.look_at(conn, attendu, at)
        first = min(
            (one.fenetre.echeance.jour for one in (vue.derniere, vue.courante) if one), default=at.date()
        )
        known = signalements.known(conn, attendu.id, first)
        changes = compare(vue, known, recus)
        new = tuple(one for one in changes.nouveaux if not self._may_be_ours(conn, attendu.appli, one))
        return changes._replace(nouveaux=new)

    def _may_be_ours(self, conn: Connection, appli: str, trouble: Trouble) -> bool:
        """Is something missing that may be there, and that we have not taken yet?"""
        if trouble.nature not in _MISSING:
            return False
        return self._is_out_of_sight(conn, appli, trouble.depuis) or self._is_arriving(conn, appli)

    def _is_out_of_sight(self, conn: Connection, appli: str, since: datetime) -> bool:
        """A server of its own has not answered since."""
        for serveur in self.serveurs:
            if any(dossier.appli == appli and dossier.entree for dossier in serveur.dossiers):
                canal = canaux.get(conn, serveur.nom)
                if canal.incident or canal.reussi_le is None or canal.reussi_le < since:
                    return True
        return False

    def _is_arriving(self, conn: Connection, appli: str) -> bool:
        """Does a file lie in its folder that is about to be taken?"""
        try:
            lying = {escape_name(nom) for nom in self.spool.listing(appli) if is_candidate(nom)}
        except OSError:  # told by whoever collects; we cannot see what it deposits
            return True
        known = receptions.waiting(conn, appli)
        return bool(lying - {one.nom for one in known if one.attend is not Attente.MOUVEMENT})

    def _record(self, conn: Connection, attendu: Attendu, changes: Changements, at: datetime) -> None:
        told = [self._tell(conn, attendu, trouble, at) for trouble in changes.nouveaux]
        told += [self._end(conn, one, at, fin) for one, fin in changes.regles]
        for one in changes.caducs:
            self._end(conn, one, at)
        if told and attendu.appli in self.writes:
            content = write_mail(told, self.deposants[attendu.appli], self.auteur)
            self.book(conn, attendu.appli, content, at)
        for one in told:
            log.warning(
                "deposant_told", appli=one.appli, jour=str(one.jour), nature=one.nature.name, end=one.fin
            )

    def _tell(self, conn: Connection, attendu: Attendu, trouble: Trouble, at: datetime) -> Signalement:
        mail = self.deposants[attendu.appli].courriel if attendu.appli in self.writes else ()
        return signalements.add(
            conn,
            Signalement(
                attendu.id,
                attendu.appli,
                trouble.jour,
                trouble.nature,
                trouble.phrase,
                trouble.depuis,
                at,
                mail,
                trouble.suivante,
                a_livrer=self.deposants[attendu.appli].statut_distant,
            ),
        )

    def _end(self, conn: Connection, one: Signalement, at: datetime, fin: str = "") -> Signalement:
        deposant = self.deposants.get(one.appli)
        remote = deposant is not None and deposant.statut_distant
        return signalements.end(conn, one, at, fin, a_livrer=remote)

    def _orphans(self, conn: Connection, judged: Collection[int]) -> list[Signalement]:
        """What was told of something that is expected no more."""
        return [one for one in signalements.open_ones(conn) if one.attendu_id not in judged]

    def write(self) -> None:
        """Write every file that does not say yet what holds."""
        with reading(self.base) as conn:
            waiting = signalements.unwritten(conn)
        for one in waiting:
            deposant = self.deposants.get(one.appli)
            if deposant is not None:
                self._write(one, deposant)

    def _write(self, one: Signalement, deposant: Deposant) -> None:
        try:
            for nom, data in write_files(one, deposant, self.auteur):
                self.spool.tell(one.appli, nom, data)
        except OSError:  # one full or missing folder must not keep the others waiting; tried at the next look
            log.exception("signalement_not_written", appli=one.appli)
            return
        with self.base.begin() as conn:
            signalements.confirm(conn, one)
