"""What operators keep from being judged for a while, through the API."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy import Connection

from edi.console.api.gestes import Raison, RaisonEtDuree, act, who_asks
from edi.console.api.problemes import declare
from edi.console.api.reponses.retenues import RetenueDite
from edi.console.api.valeurs import Appli, Numero
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.model.retenues import Retenue
from edi.store import retenues

router = APIRouter(tags=["retenues"])

_PASSEES = 50  # that have ended
_FLUX = 20  # told of those that one holds


@router.get("/retenues", responses=declare(401, 403, 422, 429), dependencies=[needs(Droit.VOIR_PLATEFORME)])
def list_retenues(
    ici: Ici, passees: Annotated[bool, Query(description="Les 50 dernières qui ont pris fin.")] = False
) -> list[RetenueDite]:
    """Ce qui est retenu en ce moment, le premier terme d'abord ; ou ce qui l'a été."""
    now = ici.console.now()
    with ici.reading() as conn:
        if passees:
            found = retenues.past(conn, ici.portee, now, _PASSEES)
        else:
            found = retenues.current(conn, ici.portee, now)
        return [_tell(ici, conn, one) for one in found]


@act(router, "/deposants/{appli}/retenue")
def hold_deposant(ici: Ici, appli: Appli, pourquoi: RaisonEtDuree) -> RetenueDite:
    """Retient tout ce qu'un déposant dépose désormais, jusqu'au terme ou à la levée."""
    ici.known(ici.deposants.get(appli))
    duree = timedelta(hours=pourquoi.heures)
    return tell_one(ici, ici.console.gestes.hold_deposant(appli, pourquoi.raison, duree, who_asks(ici)))


@act(router, "/retenues/{retenue_id}/levee")
def release(ici: Ici, retenue_id: Numero, pourquoi: Raison) -> RetenueDite:
    """Lève une retenue avant son terme : ce qui attendait est jugé au prochain passage."""
    with ici.reading() as conn:
        ici.known(retenues.find(conn, retenue_id))
    ici.console.gestes.release(retenue_id, pourquoi.raison, who_asks(ici))
    with ici.reading() as conn:
        return _tell(ici, conn, ici.known(retenues.find(conn, retenue_id)))


def tell_one(ici: Visite, one: Retenue) -> RetenueDite:
    """One that has just been set."""
    with ici.reading() as conn:
        return _tell(ici, conn, one)


def _tell(ici: Visite, conn: Connection, one: Retenue) -> RetenueDite:
    held = retenues.held_by(conn, one, _FLUX) if one.holds(ici.console.now()) else []
    return RetenueDite.of(one, [number for number, _ in held])
