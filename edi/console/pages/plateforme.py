"""The platform at a glance: what of its déposants, channels, rules and nights somebody must look at."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from edi.console.pages import deposants, nuits, regles
from edi.console.visite import Ici
from edi.model import FluxStatut
from edi.model.plateforme import Allure
from edi.store import mesures

router = APIRouter()
ROUTERS = (router, deposants.router, regles.router, nuits.router)


@router.get("/plateforme")
def show_plateforme(ici: Ici) -> Response:
    """How everything stands; suppliers have their own déposants instead."""
    if not ici.portee.est_entiere:
        return RedirectResponse("/deposants", 303)
    told = ici.console.gestes.plateforme
    with ici.reading() as conn:
        waiting = mesures.queues(conn, ici.console.now(), ici.portee)
        expected = told.attendus(conn, "")
        canaux, jobs = told.canaux(conn), told.nuits(conn)
    partners = told.deposants()
    held = [one for one in waiting if one.etape == FluxStatut.EN_ATTENTE.name]
    return ici.show(
        "plateforme.html",
        rubrique="/plateforme",
        deposants=partners,
        inactifs=[one for one in partners if not one.actif],
        retenus=held,
        manques=[one for one in expected if one.allure is Allure.MAUVAIS],
        attendus=expected,
        canaux=canaux,
        nuits=jobs,
        jeux=told.jeux(),
    )
