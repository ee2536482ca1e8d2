"""Alerts: what is wrong now and who looks after it, what was; what a doubted rule is worth."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from edi.console.actes import DUREES, Refus, author, refuse
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.model import Gravite
from edi.model.gestes import GesteRefuse
from edi.store import alertes as store
from edi.store import disjoncteurs, nouvelles

router = APIRouter(prefix="/alertes", dependencies=[needs(Droit.VOIR_PLATEFORME)])
log = structlog.get_logger()

_PAGE = 50  # alerts that are over
FAITS = {
    "acquittee": "C'est noté : plus de rappel de cette alerte jusque-là ; sa fin sera dite quand même.",
    "juste": "C'est noté : ce que la règle retenait est jugé de nouveau, et rejeté si rien n'a changé.",
    "fautive": "C'est noté : ce que la règle seule refuse attend une autre version de son jeu.",
}


@router.get("")
def show_alertes(ici: Ici, avant: Annotated[int, Query(ge=0)] = 0, fait: str = "") -> HTMLResponse:
    """Current alerts, the most urgent first; those that are over, a page at a time."""
    return _show(ici, avant, fait=FAITS.get(fait, ""))


def _show(ici: Visite, avant: int = 0, *, fait: str = "", refus: Refus | None = None) -> HTMLResponse:
    with ici.reading() as conn:
        current = store.current(conn)
        past = store.past(conn, _PAGE + 1, avant)
        doubted = disjoncteurs.open_ones(conn)
        marque = nouvelles.mark(conn, ici.portee)
    current.sort(key=lambda one: (list(Gravite).index(one.gravite), one.id))
    shown = {
        *(f"alerte-{one.id}" for one in current if one.ouverte_le),
        *(f"regle-{one.id}" for one in doubted),
    }
    return ici.show(
        "alertes.html",
        refus.code if refus else 200,
        alertes=[one for one in current if one.ouverte_le],
        naissantes=[one for one in current if not one.ouverte_le],
        passees=past[:_PAGE],
        avant=avant,
        plus_anciennes=len(past) > _PAGE,
        regles=doubted,
        durees=DUREES,
        fait=fait,
        refus=refus,
        orphelin=refus is not None and refus.sujet not in shown,  # its form is not there any more
        marque=marque,
    )


@router.post("/{numero}/acquitte", dependencies=[needs(Droit.AGIR)])
def look_after(
    ici: Ici, numero: int, heures: Annotated[int, Form()] = 24, raison: Annotated[str, Form()] = ""
) -> Response:
    """Say that somebody looks after an alert, until when, and why."""
    me = author(ici)
    try:
        ici.console.gestes.look_after(numero, raison, timedelta(hours=heures), me.login)
    except GesteRefuse as error:
        return _show(ici, refus=refuse(f"alerte-{numero}", error, raison=raison, heures=str(heures)))
    log.info("alert_acknowledged", alerte=numero, user=me.id)
    return RedirectResponse("/alertes?fait=acquittee", 303)


@router.post("/regles/{numero}", dependencies=[needs(Droit.AGIR)])
def say_of_rule(
    ici: Ici, numero: int, avis: Annotated[str, Form()] = "", raison: Annotated[str, Form()] = ""
) -> Response:
    """Say what a doubted rule is worth."""
    me = author(ici)
    try:
        ici.console.gestes.say_of_rule(numero, avis, raison, me.login)
    except GesteRefuse as error:
        return _show(ici, refus=refuse(f"regle-{numero}", error, raison=raison, avis=avis))
    log.info("rule_worth_told", breaker=numero, opinion=avis, user=me.id)
    return RedirectResponse(f"/alertes?fait={avis}", 303)
