"""One look: the picture, what is wrong in it, what is to be told of that, and the telling.

What is told is fixed in the transaction that changes the alerts, one telling a channel, and sent after it: at
least once, under one key. A channel that fails is told in the log and tried again, later each time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection, Engine

from edi.alertes import courriel, crochet
from edi.alertes.controles import Reglages
from edi.alertes.courriel import NotTold
from edi.alertes.lettre import addressed, key_of, write_contenu, write_courriel
from edi.alertes.observation import Observation
from edi.alertes.surveillances import find_signs
from edi.alertes.vie import Nouvelle, step
from edi.model import Alerte, Alertes, Courriel, Crochet
from edi.retries import later
from edi.spool import Spool, SpoolBusy
from edi.store import alertes as store
from edi.store import annonces, decomptes
from edi.store.annonces import Annonce

log = structlog.get_logger()

_KEPT = timedelta(days=90)  # what was told


@dataclass
class Veille:
    """Looking after one workspace."""

    base: Engine
    spool: Spool
    root: Path  # where relative paths of secrets start
    reglages: Alertes
    observation: Observation
    plateforme: str
    fuseau: ZoneInfo
    now: Callable[[], datetime]
    halted: Callable[[], bool] = lambda: False
    besides: Callable[[], None] = lambda: None  # what is looked at too, and may book mails to déposants
    _swept: datetime | None = field(default=None)

    def look(self) -> list[Nouvelle]:
        """One look, and the telling of all that is due; nothing while another process looks."""
        try:
            with self.spool.alone_at_watch():
                news = self._judge()
                try:
                    self.besides()
                finally:
                    self.send()
        except SpoolBusy:
            return []
        return news

    def _judge(self) -> list[Nouvelle]:
        at = self.now()
        with self.base.begin() as conn:
            tableau = self.observation.take(conn, at)
            signs = find_signs(tableau, Reglages(self.reglages.bornes, self.observation.seuils))
            pas = step(store.current(conn), signs, at, self.reglages.rythme)
            store.forget(conn, pas.oubliees)
            kept = {alerte.cle: store.save(conn, alerte) for alerte in pas.gardees}
            news = [Nouvelle(one.nature, kept[one.alerte.cle]) for one in pas.nouvelles]
            if news:
                self.book(conn, news, at)
            self._sweep(conn, at)
        for one in news:
            log.warning("alert", nature=one.nature.name, alerte=one.alerte.id, key=one.alerte.cle)
        return news

    def book(self, conn: Connection, news: Sequence[Nouvelle], at: datetime) -> None:
        """Fix what is told through each channel."""
        contenu = write_contenu(news, self.plateforme, at)
        for canal in self.reglages.canaux:
            annonces.book(conn, key_of(canal.nom, contenu), canal.nom, contenu, at)

    def book_mail(self, conn: Connection, appli: str, contenu: str, at: datetime) -> None:
        """Fix what a déposant is told by mail."""
        for canal in self.reglages.deposants:
            if canal.pour == appli:
                annonces.book(conn, key_of(canal.nom, contenu), canal.nom, contenu, at)

    def send(self) -> dict[str, str]:
        """Tell all that is due; by channel that does not take it, why."""
        failures: dict[str, str] = {}
        for canal in (*self.reglages.canaux, *self.reglages.deposants):
            with self.base.begin() as conn:
                due = annonces.pending(conn, [canal.nom], self.now())
            for annonce in due:
                if self.halted():
                    return failures
                why = self._tell(annonce, canal)
                if why:  # those behind it keep their order, and their tries
                    failures[canal.nom] = why
                    break
        return failures

    def _tell(self, annonce: Annonce, canal: Courriel | Crochet) -> str:
        """One try; '' when it was taken, else why not."""
        tries = annonce.essais + 1
        with self.base.begin() as conn:
            if not annonces.begin(conn, annonce, later(self.now(), tries, annonce.cle)):
                return ""
        try:
            self._hand_over(annonce, canal)
        except NotTold as error:
            log.error("alert_not_told", channel=canal.nom, tries=tries, why=str(error))
            with self.base.begin() as conn:
                annonces.fail(conn, annonce, str(error))
            return str(error)
        with self.base.begin() as conn:
            annonces.confirm(conn, annonce, self.now())
        return ""

    def _hand_over(self, annonce: Annonce, canal: Courriel | Crochet) -> None:
        """Raises NotTold."""
        if isinstance(canal, Crochet):
            crochet.post(annonce.contenu, annonce.cle, canal, self.root, self.now())
            return
        to = addressed(annonce.contenu, canal)
        mail = write_courriel(annonce.contenu, annonce.cle, to, annonce.cree_le, self.fuseau)
        for refused in courriel.send(mail, to, self.root):
            log.error("alert_recipient_refused", channel=canal.nom, recipient=refused)

    def _sweep(self, conn: Connection, at: datetime) -> None:
        """Now and then, forget what nothing is measured on any more."""
        if self._swept is not None and abs(at - self._swept) < timedelta(hours=1):
            return
        self._swept = at
        annonces.forget(conn, at - _KEPT)
        decomptes.forget(conn, at - 2 * self.observation.seuils.periode)


def acknowledged(alerte: Alerte, at: datetime) -> bool:
    """Whether somebody looks after an alert at this instant."""
    return alerte.acquittee_jusqu is not None and at < alerte.acquittee_jusqu
