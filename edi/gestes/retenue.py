"""An operator's word: a flux, or all that a déposant deposits from now on, waits until an instant.

It ends by itself: what waits is tried again then, as if it had just come.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from edi.espace import Espace
from edi.model import TOUT, ErrorClass, Flux, FluxStatut
from edi.model.gestes import GesteRefuse, read_reason
from edi.model.retenues import Retenue, say_held
from edi.store import flux as flux_store
from edi.store import journal, retenues, suivis


def hold_flux(espace: Espace, flux: Flux, raison: str, duree: timedelta, par: str) -> Retenue:
    """Keep a flux that is not decided from being judged. Raises GesteRefuse."""
    raison, jusqu = read_reason(raison), _read_end(espace, duree)
    with espace.engine.begin() as conn:
        at = espace.now()
        if not retenues.lock_unclaimed(conn, flux):
            raise GesteRefuse(
                f"Le flux n° {flux.id} est décidé, ou en train de l'être : il n'est plus temps de le retenir."
            )
        if known := retenues.holding(conn, flux, at):
            raise GesteRefuse(f"Le flux n° {flux.id} est déjà retenu jusqu'au {_say(espace, known.jusqu)}.")
        one = retenues.set_one(conn, flux.appli, flux.id, raison, par, at, jusqu)
        if flux_store.get(conn, flux.id).statut is FluxStatut.EN_ATTENTE:  # else its next pass says so
            why = say_held(_say(espace, jusqu))
            flux_store.describe(
                conn, flux.id, incident=why, classe=ErrorClass.OPERATOR.name, prochain_essai=jusqu
            )
            suivis.touch_flux(conn, flux.id)
        _note(conn, "flux-retenu", flux.nom, one, at, flux.id)
    return one


def hold_deposant(espace: Espace, appli: str, raison: str, duree: timedelta, par: str) -> Retenue:
    """Keep all that a déposant deposits from now on from being judged. Raises GesteRefuse."""
    raison, jusqu = read_reason(raison), _read_end(espace, duree)
    if appli not in espace.settings.deposants:
        raise GesteRefuse(f"Aucun déposant ne porte le code « {appli} ».")
    with espace.engine.begin() as conn:
        at = espace.now()
        known = [one for one in retenues.current(conn, TOUT, at) if (one.appli, one.flux_id) == (appli, None)]
        if known:
            raise GesteRefuse(
                f"Les dépôts de {appli} sont déjà retenus jusqu'au {_say(espace, known[0].jusqu)}."
            )
        one = retenues.set_one(conn, appli, None, raison, par, at, jusqu)
        _note(conn, "deposant-retenu", appli, one, at, None)
    return one


def release(espace: Espace, numero: int, raison: str, par: str) -> int:
    """End what holds before its time; how many flux_list are tried again at once. Raises GesteRefuse."""
    raison = read_reason(raison)
    with espace.engine.begin() as conn:
        at = espace.now()
        one = retenues.find(conn, numero)
        if one is None or not retenues.end(conn, one, raison, par, at):
            raise GesteRefuse(f"Aucune retenue en cours ne porte le n° {numero} : elle a pris fin.")
        detail = {"retenue": one.id, "raison": raison}
        sujet = one.appli if one.flux_id is None else flux_store.get(conn, one.flux_id).nom
        journal.note_act(conn, "retenue-levee", sujet, at, par=par, detail=detail, flux_id=one.flux_id)
        return retenues.wake(conn, one, at)


def _read_end(espace: Espace, duree: timedelta) -> datetime:
    longest = timedelta(days=espace.settings.collecte.retenue_jours)
    if not timedelta() < duree <= longest:
        raise GesteRefuse(
            f"Une retenue a toujours une fin, {longest.days} jours au plus (« collecte.retenue_jours »)."
        )
    return espace.now() + duree


def _say(espace: Espace, at: datetime) -> str:
    return f"{at.astimezone(espace.settings.fuseau):%d/%m/%Y à %H:%M}"


def _note(conn: Connection, acte: str, sujet: str, one: Retenue, at: datetime, flux_id: int | None) -> None:
    detail = {"retenue": one.id, "raison": one.raison, "jusqu": one.jusqu.isoformat()}
    journal.note_act(conn, acte, sujet, at, par=one.par, detail=detail, flux_id=flux_id)
