"""Déposants through the API: all of those that may be seen, and one."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, BackgroundTasks

from edi.console.api.problemes import declare
from edi.console.api.reponses.deposants import (
    AttenduDit,
    AttenduDuDeposant,
    CanalDit,
    DeposantDit,
    DeposantEntier,
)
from edi.console.api.reponses.plateforme import JourneeDite
from edi.console.api.valeurs import Appli, Curseur, Page, read_cursor, texte, write_cursor
from edi.console.pages.deposants import find_month, list_lines, see_channels, seen
from edi.console.visite import Ici
from edi.model import Portee
from edi.store import recherches

router = APIRouter(prefix="/deposants", tags=["déposants"])
ensemble = APIRouter(tags=["déposants"])

_PAGE = 50


@router.get("", responses=declare(401, 422, 429))
def list_deposants(
    ici: Ici,
    afterwards: BackgroundTasks,
    cherche: Annotated[str, texte("Code appli ou nom, en partie.")] = "",
    curseur: Curseur = "",
) -> Page[DeposantDit]:
    """Les déposants, par code : ce qu'ils ont envoyé, ce qui attend, un mois, leurs canaux."""
    found, begin = seen(ici, cherche), read_cursor(curseur)
    end = begin + _PAGE
    lines = list_lines(ici, found[begin:end], afterwards)
    suivant = write_cursor(end) if end < len(found) else None
    return Page(elements=[DeposantDit.of(one) for one in lines], suivant=suivant)


@ensemble.get("/attendus", responses=declare(401, 422, 429))
def list_attendus(ici: Ici) -> list[AttenduDuDeposant]:
    """Ce qui est attendu de chaque déposant, et si cela vient ; ses fenêtres passées : /deposants/{appli}."""
    with ici.reading() as conn:
        expected = ici.console.gestes.plateforme.attendus(conn, "")
    return [AttenduDuDeposant.of(one, deposant=one.appli) for one in expected if ici.sees(one.appli)]


@ensemble.get("/canaux", responses=declare(401, 422, 429))
def list_canaux(ici: Ici) -> list[CanalDit]:
    """Les canaux : les serveurs où Navette prend et dépose ; un fournisseur voit ceux qui le servent."""
    with ici.reading() as conn:
        return [CanalDit.of(one) for one in see_channels(ici, conn)]


@router.get("/{appli}", responses=declare(401, 404, 422, 429))
def show_deposant(ici: Ici, afterwards: BackgroundTasks, appli: Appli) -> DeposantEntier:
    """Un déposant : ce qui est convenu avec lui, ce qui est attendu de lui, ses volumes."""
    vu = ici.known({one.code: one for one in seen(ici)}.get(appli))
    (line,) = list_lines(ici, [vu], afterwards)
    portee = Portee(frozenset({appli}))
    month = find_month(ici, portee, afterwards)
    with ici.reading() as conn:
        expected = ici.console.gestes.plateforme.attendus(conn, appli)
        interfaces = recherches.interfaces(conn, portee)
    return DeposantEntier.of(
        line,
        reglages=dict(vu.reglages),
        attendus=[AttenduDit.of(one) for one in expected],
        interfaces=interfaces,
        journees=[JourneeDite.of(one) for one in month["journees"]],
    )
