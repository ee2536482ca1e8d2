"""Jobs of the night through the API: how each stands, pausing one and letting it go on; alerts seen to."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import Field

from edi.console.api.gestes import Raison, RaisonEtDuree, act, who_asks
from edi.console.api.problemes import declare
from edi.console.api.reponses.nuits import NuitDite
from edi.console.api.reponses.plateforme import AlerteDite
from edi.console.api.valeurs import Numero
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.store import alertes

router = APIRouter(tags=["plateforme"])

Nom = Annotated[str, Path(pattern=r"^\w[^\x00-\x1f/]{0,99}$", description="Nom d'une tâche de nuit.")]


class Reprise(Raison):
    """Comment une tâche reprend."""

    rattraper: bool = Field(False, description="Un passage rattrape les échéances de la pause.")


@router.get("/nuits", responses=declare(401, 403, 422, 429), dependencies=[needs(Droit.VOIR_PLATEFORME)])
def list_nuits(ici: Ici) -> list[NuitDite]:
    """Les tâches de nuit : où en est chacune, son dernier passage, les prochains."""
    with ici.reading() as conn:
        return [NuitDite.of(one) for one in ici.console.gestes.plateforme.nuits(conn)]


@act(router, "/nuits/{nom}/pause")
def pause(ici: Ici, nom: Nom, pourquoi: Raison) -> NuitDite:
    """Met une tâche de nuit en pause : le passage en cours va à son terme, aucun autre ne commence."""
    _find(ici, nom)
    ici.console.gestes.plateforme.pause_nuit(nom, pourquoi.raison, who_asks(ici))
    return _find(ici, nom)


@act(router, "/nuits/{nom}/reprise")
def resume(ici: Ici, nom: Nom, comment: Reprise) -> NuitDite:
    """Reprend une tâche de nuit."""
    _find(ici, nom)
    ici.console.gestes.plateforme.reprend_nuit(nom, comment.raison, who_asks(ici), comment.rattraper)
    return _find(ici, nom)


@act(router, "/alertes/{alerte_id}/acquittement")
def look_after(ici: Ici, alerte_id: Numero, pourquoi: RaisonEtDuree) -> AlerteDite:
    """S'occupe d'une alerte en cours : plus de rappel jusque-là ; sept jours au plus."""
    with ici.reading() as conn:
        ici.known(next((one for one in alertes.current(conn) if one.id == alerte_id), None))
    duree = timedelta(hours=pourquoi.heures)
    return AlerteDite.of(ici.console.gestes.look_after(alerte_id, pourquoi.raison, duree, who_asks(ici)))


def _find(ici: Visite, nom: str) -> NuitDite:
    with ici.reading() as conn:
        known = {one.tache.nom: one for one in ici.console.gestes.plateforme.nuits(conn)}
    return NuitDite.of(ici.known(known.get(nom)))
