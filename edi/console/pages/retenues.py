"""What operators keep from being judged for a while: what holds now, and how it ends earlier."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from edi.console.actes import DUREES, Refus, author, refuse
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.model.gestes import GesteRefuse
from edi.store import retenues

router = APIRouter(prefix="/retenues", dependencies=[needs(Droit.VOIR_PLATEFORME)])
log = structlog.get_logger()

_PASSEES = 50  # that have ended
_FLUX = 20  # shown of those that one holds
FAITS = {
    "retenu": "C'est fait : ce que ce déposant dépose désormais attend, et repart de lui-même au terme.",
    "levee": "C'est fait : ce qui était retenu est jugé au prochain passage.",
}


@router.get("")
def list_retenues(ici: Ici, fait: str = "") -> HTMLResponse:
    """What holds now, the first to end first; what has ended."""
    return _show(ici, fait=FAITS.get(fait, ""))


def _show(ici: Visite, *, fait: str = "", refus: Refus | None = None) -> HTMLResponse:
    now = ici.console.now()
    with ici.reading() as conn:
        current = retenues.current(conn, ici.portee, now)
        held = {one.id: retenues.held_by(conn, one, _FLUX + 1) for one in current}
        past = retenues.past(conn, ici.portee, now, _PASSEES)
    return ici.show(
        "retenues.html",
        refus.code if refus else 200,
        retenues=current,
        retenus=held,
        montres=_FLUX,
        passees=past,
        deposants={
            code: nom
            for code, nom in ici.deposants.items()
            if not any(one.appli == code and one.flux_id is None for one in current)
        },
        durees=DUREES,
        fait=fait,
        refus=refus,
    )


@router.post("", dependencies=[needs(Droit.AGIR)])
def hold(
    ici: Ici,
    deposant: Annotated[str, Form()] = "",
    heures: Annotated[int, Form()] = 24,
    raison: Annotated[str, Form()] = "",
) -> Response:
    """Keep all that a déposant deposits from now on from being judged."""
    me = author(ici)
    try:
        one = ici.console.gestes.hold_deposant(deposant, raison, timedelta(hours=heures), me.login)
    except GesteRefuse as error:
        again = refuse("poser", error, raison=raison, heures=str(heures), deposant=deposant)
        return _show(ici, refus=again)
    log.info("sender_held", appli=one.appli, user=me.id)
    return RedirectResponse("/retenues?fait=retenu", 303)


@router.post("/{numero}/levee", dependencies=[needs(Droit.AGIR)])
def release(ici: Ici, numero: int, raison: Annotated[str, Form()] = "") -> Response:
    """End one before its time."""
    me = author(ici)
    try:
        ici.console.gestes.release(numero, raison, me.login)
    except GesteRefuse as error:
        return _show(ici, refus=refuse(f"retenue-{numero}", error, raison=raison))
    log.info("hold_ended", retenue=numero, user=me.id)
    return RedirectResponse("/retenues?fait=levee", 303)
