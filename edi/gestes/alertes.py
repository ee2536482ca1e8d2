"""What people say of alerts: that they look after one, what a rule that is doubted is worth."""

from __future__ import annotations

from datetime import timedelta

from edi.alertes.vie import acknowledge
from edi.disjoncteur import give_opinion
from edi.espace import Espace
from edi.model import Alerte
from edi.model.gestes import GesteRefuse, read_reason
from edi.store import alertes as store
from edi.store import disjoncteurs, journal
from edi.store.disjoncteurs import FAUTIVE, JUSTE, Declenchement

LONGEST = timedelta(days=7)  # that nobody is reminded of an alert


def look_after(espace: Espace, numero: int, raison: str, duree: timedelta, par: str) -> Alerte:
    """Acknowledge an alert: nobody is reminded of it for a while. Raises GesteRefuse."""
    raison = read_reason(raison)
    if not timedelta() < duree <= LONGEST:
        raise GesteRefuse(f"Une alerte s'acquitte pour {LONGEST.days} jours au plus : choisissez une durée.")
    with espace.engine.begin() as conn:
        alerte = next((one for one in store.current(conn) if one.id == numero), None)
        if alerte is None:
            raise GesteRefuse(f"Aucune alerte en cours ne porte le n° {numero} : elle est réglée.")
        until = espace.now() + duree
        detail = {"regle": alerte.regle, "alerte": numero, "jusqu": until.isoformat(), "raison": raison}
        journal.note_act(conn, "alerte-acquittee", alerte.cle, espace.now(), par=par, detail=detail)
        return store.save(conn, acknowledge(alerte, par, until, raison))


def say_of_rule(espace: Espace, numero: int, avis: str, raison: str, par: str) -> Declenchement:
    """Say what a doubted rule is worth: JUSTE, or FAUTIVE; what it holds is judged again soon.

    ``numero``: of the breaker that has tripped. Raises GesteRefuse.
    """
    raison = read_reason(raison)
    if avis not in (JUSTE, FAUTIVE):
        raise GesteRefuse("Dites ce que vaut la règle : elle est juste, ou son jeu est fautif.")
    with espace.engine.begin() as conn:
        found = disjoncteurs.find(conn, numero)
        if found is None or not give_opinion(conn, found, avis, par, espace.now(), raison):
            raise GesteRefuse("Quelqu'un vient d'en décider autrement : relisez l'état de la règle.")
        return found
