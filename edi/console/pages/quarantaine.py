"""Quarantined deposits: what was waited for in vain, and what operators make of it."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from edi.console.actes import Refus, author, refuse
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.model.gestes import GesteRefuse
from edi.store import quarantaines, recherches

router = APIRouter(prefix="/quarantaine", dependencies=[needs(Droit.VOIR_PLATEFORME)])
log = structlog.get_logger()

_PAGE = 50  # deposits
FAITS = {"abandon": "C'est noté : il n'est plus à traiter. Ses octets sont gardés comme ceux des autres."}


@router.get("")
def list_quarantined(ici: Ici, avant: Annotated[int, Query(ge=0)] = 0, fait: str = "") -> HTMLResponse:
    """Deposits that were never complete, the newest first."""
    return _show(ici, avant, fait=FAITS.get(fait, ""))


def _show(ici: Visite, avant: int = 0, *, fait: str = "", refus: Refus | None = None) -> HTMLResponse:
    with ici.reading() as conn:
        found = quarantaines.latest(conn, ici.portee, _PAGE + 1, avant)
    return ici.show(
        "quarantaine.html",
        refus.code if refus else 200,
        depots=found[:_PAGE],
        avant=avant,
        plus_anciens=len(found) > _PAGE,
        fait=fait,
        refus=refus,
    )


@router.post("/{flux_id}/reprise", dependencies=[needs(Droit.AGIR)])
def take_up(ici: Ici, flux_id: int, raison: Annotated[str, Form()] = "") -> Response:
    """Deposit it anew, as complete."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
    me = author(ici)
    try:
        new = ici.console.gestes.take_up(flux, raison, me.login)
    except GesteRefuse as error:
        return _show(ici, refus=refuse(f"depot-{flux_id}", error, raison=raison))
    log.info("quarantine_taken_up", flux=flux_id, new=new.id, user=me.id)
    return RedirectResponse(f"/flux/{new.id}?fait=repris", 303)


@router.post("/{flux_id}/abandon", dependencies=[needs(Droit.AGIR)])
def abandon(ici: Ici, flux_id: int, raison: Annotated[str, Form()] = "") -> Response:
    """Say that nothing more comes of it."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
    me = author(ici)
    try:
        ici.console.gestes.abandon(flux, raison, me.login)
    except GesteRefuse as error:
        return _show(ici, refus=refuse(f"depot-{flux_id}", error, raison=raison))
    log.info("quarantine_abandoned", flux=flux_id, user=me.id)
    return RedirectResponse("/quarantaine?fait=abandon", 303)
