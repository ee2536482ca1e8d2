"""Jobs of the night that people pause, and let go on."""

from __future__ import annotations

from typing import NamedTuple

from edi.espace import Espace
from edi.model import Echeance, EtatTache, Tache
from edi.model.gestes import GesteRefuse, read_reason
from edi.nuit import etats
from edi.store import journal, taches


class Reprise(NamedTuple):
    """A job that goes on: the due dates that came while it was paused."""

    tache: Tache
    passees: tuple[Echeance, ...]


def pause_night(espace: Espace, nom: str, raison: str, par: str) -> EtatTache:
    """Start no run of a job any more; the one that is under way goes on to its end. Raises GesteRefuse."""
    tache, raison = _find(espace, nom), read_reason(raison)
    with espace.engine.begin() as conn:
        known = taches.get(conn, nom)
        if known is not None and known.pause_le is not None:
            who = f" par {known.pause_par}" if known.pause_par else ""
            raise GesteRefuse(f"La tâche « {nom} » est déjà en pause{who} : reprenez-la d'abord.")
        etat = etats.pause(conn, tache, espace.now(), par, raison)
        journal.note_act(conn, "nuit-en-pause", nom, espace.now(), par=par, detail={"raison": raison})
    return etat


def resume_night(espace: Espace, nom: str, raison: str, par: str, *, rattraper: bool = False) -> Reprise:
    """Start runs of a job again. Raises GesteRefuse.

    The due dates of the pause count as settled, unless ``rattraper`` has one run make them all good.
    """
    tache, raison = _find(espace, nom), read_reason(raison)
    with espace.engine.begin() as conn:
        etat = taches.get(conn, nom)
        if etat is None or etat.pause_le is None:
            raise GesteRefuse(f"La tâche « {nom} » n'est pas en pause : il n'y a rien à reprendre.")
        passed = etats.resume(conn, tache, espace.now(), catch_up=rattraper)
        detail = {"rattraper": rattraper, "echeances": len(passed), "raison": raison}
        journal.note_act(conn, "nuit-reprise", nom, espace.now(), par=par, detail=detail)
    return Reprise(tache, passed)


def _find(espace: Espace, nom: str) -> Tache:
    known = espace.settings.taches
    if nom not in known:
        raise GesteRefuse(f"La tâche « {nom} » n'est pas déclarée : « edi nightly list » les énumère.")
    return known[nom]
