"""What operators do to one flux, from its page."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated

import structlog
from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from edi.console.actes import author, refuse
from edi.console.droits import Droit, needs
from edi.console.pages.flux import show_one
from edi.console.visite import Ici, Visite
from edi.model.gestes import GesteRefuse
from edi.store import jugements_main, recherches

router = APIRouter(prefix="/flux/{flux_id}", dependencies=[needs(Droit.AGIR)])
log = structlog.get_logger()


@router.post("/retours/{emission_id}/renvoi")
def send_again(ici: Ici, flux_id: int, emission_id: int, raison: Annotated[str, Form()] = "") -> Response:
    """Send a return flow that has left once more."""
    with ici.reading() as conn:
        emission = ici.known(recherches.find_emission(conn, ici.portee, flux_id, emission_id))

    def act(login: str) -> object:
        return ici.console.gestes.send_again(emission, raison, login)

    return do(ici, flux_id, "renvoye", act, f"retour-{emission_id}", raison=raison)


@router.post("/relance")
def relaunch(ici: Ici, flux_id: int, raison: Annotated[str, Form()] = "") -> Response:
    """Try a held flux again at once."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))

    def act(login: str) -> object:
        return ici.console.gestes.relaunch(flux, raison, login)

    return do(ici, flux_id, "relance", act, "relance", raison=raison)


@router.post("/retenue")
def hold(
    ici: Ici, flux_id: int, heures: Annotated[int, Form()] = 24, raison: Annotated[str, Form()] = ""
) -> Response:
    """Keep a flux that is not decided from being judged for a while."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))

    def act(login: str) -> object:
        return ici.console.gestes.hold_flux(flux, raison, timedelta(hours=heures), login)

    return do(ici, flux_id, "retenu", act, "retenue", raison=raison, heures=str(heures))


@router.post("/jugements")
def propose(
    ici: Ici,
    flux_id: int,
    indecise: Annotated[int, Form()],
    issue: Annotated[str, Form()] = "",
    motif: Annotated[str, Form()] = "",
    raison: Annotated[str, Form()] = "",
) -> Response:
    """Propose what an undecided invoice is worth."""
    with ici.reading() as conn:
        ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        ici.known(next((o for o in jugements_main.undecided(conn, flux_id) if o.id == indecise), None))

    def act(login: str) -> object:
        return ici.console.gestes.propose(indecise, issue, motif, raison, login)

    sujet = f"indecise-{indecise}"
    return do(ici, flux_id, "propose", act, sujet, raison=raison, issue=issue, motif=motif)


def do(
    ici: Visite, flux_id: int, fait: str, act: Callable[[str], object], sujet: str, **saisie: str
) -> Response:
    """Have an act done on a flux that is known; the page of the flux says what came of it."""
    me = author(ici)
    try:
        act(me.login)
    except GesteRefuse as error:
        return show_one(ici, flux_id, refus=refuse(sujet, error, **saisie))
    log.info("flux_acted_on", flux=flux_id, act=fait, user=me.id)
    return RedirectResponse(f"/flux/{flux_id}?fait={fait}", 303)
