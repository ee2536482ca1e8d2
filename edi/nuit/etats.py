"""How the jobs of the night stand, and pausing them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from edi.model import Du, Echeance, EtatTache, Issue, Passage, Tache
from edi.nuit.echeances import due_between, first_cover, next_due, overrun, what_is_due
from edi.store import passages, processus, taches


class Situation(NamedTuple):
    """How one job stands at an instant."""

    tache: Tache
    etat: EtatTache
    en_cours: Passage | None  # a run without an end
    vivant: bool  # somebody is at it; else it was interrupted
    chevauche: datetime | None  # the due date that has come while it was under way
    dernier: Passage | None  # the last due date or run that has ended
    du: Du | None
    prochaine: Echeance | None


def look_at(conn: Connection, tache: Tache, now: datetime) -> Situation:
    """How a job stands; nothing is claimed nor written, even of one that was never seen."""
    etat = taches.get(conn, tache.nom) or EtatTache(tache.nom, first_cover(tache, now))
    begun = passages.under_way(conn, tache.nom)
    ended = [one for one in passages.latest(conn, tache.nom, 2) if one.issue is not Issue.EN_COURS]
    coming = next_due(tache, etat.couverte, now)
    return Situation(
        tache=tache,
        etat=etat,
        en_cours=begun,
        vivant=etat.proprietaire in {one.id for one in processus.all_present(conn)},
        chevauche=None if begun is None else overrun(tache, begun.jour, now),
        dernier=ended[0] if ended else None,
        du=None if etat.pause_le else what_is_due(tache, etat.couverte, now),
        prochaine=coming[0] if coming else None,
    )


def pause(conn: Connection, tache: Tache, now: datetime, par: str = "", raison: str = "") -> EtatTache:
    """Start no run of a job any more; what is under way goes on to its end. A job that is paused stays so."""
    etat = taches.know(conn, tache.nom, first_cover(tache, now))
    if etat.pause_le is None:
        taches.pause(conn, tache.nom, now, par, raison)
    return taches.know(conn, tache.nom, etat.couverte)


def resume(conn: Connection, tache: Tache, now: datetime, *, catch_up: bool) -> tuple[Echeance, ...]:
    """Start runs again; the due dates of the pause, which count as settled unless they are caught up."""
    etat = taches.know(conn, tache.nom, first_cover(tache, now))
    if etat.pause_le is None:
        return ()
    taches.pause(conn, tache.nom, None)
    passed = due_between(tache, etat.couverte, now)
    if passed and not catch_up:
        passages.record_unrun(conn, tache.nom, passed, Issue.SUSPENDU)
        taches.settle(conn, tache.nom, passed[-1].jour)
    return passed
