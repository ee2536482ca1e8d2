"""The platform through the API: the figures of the first page, alerts, quarantine."""

from __future__ import annotations

from datetime import datetime, time
from typing import Annotated

from fastapi import APIRouter, BackgroundTasks, Query

from edi.console.api.problemes import declare
from edi.console.api.reponses.plateforme import (
    AlerteDite,
    Attendent,
    Bloquees,
    Conservation,
    JourneeDite,
    Plateforme,
    Quarantaine,
    Recus,
)
from edi.console.api.valeurs import Curseur, Page, cut, read_cursor
from edi.console.droits import Droit, needs
from edi.console.pages.accueil import ETAPES, find_month, gather
from edi.console.visite import Ici
from edi.store import accueil, alertes, mesures, quarantaines

router = APIRouter(tags=["plateforme"])

_PAGE = 50
_DERNIERES = 200  # alerts, over or not
_TOUT = [needs(Droit.VOIR_PLATEFORME)]


@router.get("/plateforme", responses=declare(401, 429))
def show_plateforme(ici: Ici, afterwards: BackgroundTasks) -> Plateforme:
    """Les chiffres de la page d'accueil. Ceux du mois et de la conservation datent de 30 s au plus."""
    now, portee = ici.console.now().astimezone(ici.console.fuseau), ici.portee
    midnight = datetime.combine(now.date(), time.min, ici.console.fuseau)
    with ici.reading() as conn:
        stages = gather(mesures.queues(conn, now, portee))
        received = accueil.received_since(conn, portee, midnight)
        opened = [a for a in alertes.current(conn) if a.ouverte_le] if portee.est_entiere else None
    month = find_month(ici, now.date(), afterwards)
    lost = month["conservation"]
    return Plateforme(
        vu_le=now,
        etapes=[
            Attendent(etape=code, nombre=one.nombre, depuis=one.depuis)
            for (code, *_), one in zip(ETAPES, stages, strict=True)
        ],
        recus=[Recus(statut=statut.name, nombre=many) for statut, many in received.items()],
        bloquees=[
            Bloquees(nature=nature, acteur=acteur, **one._asdict())
            for nature, acteur, found in month["bloques"]
            for one in found
        ],
        conservation=Conservation(flux_perdus=lost[0], factures_perdues=lost[1]) if lost else None,
        alertes=None if opened is None else len(opened),
        journees=[JourneeDite.of(one) for one in month["journees"]],
    )


@router.get("/alertes", responses=declare(401, 403, 422, 429), dependencies=_TOUT)
def list_alertes(
    ici: Ici, toutes: Annotated[bool, Query(description="Les 200 dernières, réglées comprises.")] = False
) -> list[AlerteDite]:
    """Les alertes en cours, la plus ancienne d'abord ; ou les dernières, la plus récente d'abord."""
    with ici.reading() as conn:
        found = alertes.latest(conn, _DERNIERES) if toutes else alertes.current(conn)
    return [AlerteDite.of(one) for one in found]


@router.get("/alertes/passees", responses=declare(401, 403, 422, 429), dependencies=_TOUT)
def list_past(ici: Ici, curseur: Curseur = "") -> Page[AlerteDite]:
    """Les alertes réglées, la plus récente d'abord."""
    with ici.reading() as conn:
        found = alertes.past(conn, _PAGE + 1, read_cursor(curseur))
    return cut(found, _PAGE, AlerteDite.of, lambda one: one.id)


@router.get("/quarantaine", responses=declare(401, 422, 429))
def list_quarantaine(ici: Ici, curseur: Curseur = "") -> Page[Quarantaine]:
    """Les dépôts jamais complets, le plus récent d'abord, et ce qui en a été fait."""
    with ici.reading() as conn:
        found = quarantaines.latest(conn, ici.portee, _PAGE + 1, read_cursor(curseur))
    named = ici.portee.est_entiere  # who decided, and why, is for those who look after the platform
    return cut(found, _PAGE, lambda one: Quarantaine.of(one, named), lambda one: one.id)
