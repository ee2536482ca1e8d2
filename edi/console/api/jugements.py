"""Judging by hand through the API: what waits, what one person proposes, what another answers."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from edi.console.api.gestes import Court, Raison, act, who_asks
from edi.console.api.problemes import declare
from edi.console.api.reponses.jugements import IndeciseDite, JugementDit, MotifDit
from edi.console.api.valeurs import Numero
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.store import jugements_main, recherches

router = APIRouter(tags=["jugements à la main"])

_MONTRES = 100  # proposals
_TOUT = [needs(Droit.VOIR_PLATEFORME)]


class Proposition(Raison):
    """Ce que vaut une facture indécise."""

    indecise: int = Field(ge=1, le=2**31 - 1, description="Son « id » dans /flux/{flux_id}/indecises.")
    issue: Literal["acceptee", "rejetee"]
    motif: Court = Field("", description="D'un rejet : un code de /jugements/motifs.")


class Reponse(Raison):
    """Ce qu'un autre répond."""

    confirme: bool = Field(description="false : c'est refusé, la facture attend toujours.")


@router.get("/flux/{flux_id}/indecises", responses=declare(401, 403, 404, 422, 429), dependencies=_TOUT)
def list_undecided(ici: Ici, flux_id: Numero) -> list[IndeciseDite]:
    """Les factures d'un flux qui attendent, et ce qui les fait attendre."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        return [IndeciseDite.of(one) for one in jugements_main.undecided(conn, flux.id)]


@router.get("/jugements", responses=declare(401, 403, 422, 429), dependencies=_TOUT)
def list_proposals(ici: Ici) -> list[JugementDit]:
    """Les cent plus anciens jugements proposés qui attendent un autre que leur auteur."""
    with ici.reading() as conn:
        found = jugements_main.unanswered(conn, ici.portee, _MONTRES)
    return [JugementDit.of(one.jugement) for one in found]


@router.get("/jugements/motifs", responses=declare(401, 403, 422, 429), dependencies=_TOUT)
def list_motifs(ici: Ici) -> list[MotifDit]:
    """Les motifs qu'un rejet à la main peut porter."""
    return [MotifDit(code=code, libelle=word) for code, word in ici.console.gestes.motifs.items()]


@act(router, "/flux/{flux_id}/jugements")
def propose(ici: Ici, flux_id: Numero, voulu: Proposition) -> JugementDit:
    """Propose ce que vaut une facture indécise : un autre doit le confirmer."""
    with ici.reading() as conn:
        ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        ici.known(next((o for o in jugements_main.undecided(conn, flux_id) if o.id == voulu.indecise), None))
    asked = (voulu.indecise, voulu.issue, voulu.motif, voulu.raison)
    return JugementDit.of(ici.console.gestes.propose(*asked, who_asks(ici)))


@act(router, "/jugements/{jugement_id}/reponse", Droit.VALIDER)
def answer(ici: Ici, jugement_id: Numero, reponse: Reponse) -> JugementDit:
    """Confirme ou refuse ce qu'un autre a proposé : un jeton ne confirme pas ce qu'il propose."""
    _find(ici, jugement_id)
    ici.console.gestes.answer(jugement_id, reponse.confirme, reponse.raison, who_asks(ici))
    return _find(ici, jugement_id)


@act(router, "/jugements/{jugement_id}/retrait")
def withdraw(ici: Ici, jugement_id: Numero, pourquoi: Raison) -> JugementDit:
    """Retire ce qu'on a proposé."""
    _find(ici, jugement_id)
    ici.console.gestes.withdraw(jugement_id, pourquoi.raison, who_asks(ici))
    return _find(ici, jugement_id)


def _find(ici: Visite, jugement_id: int) -> JugementDit:
    with ici.reading() as conn:
        return JugementDit.of(ici.known(jugements_main.find(conn, jugement_id)))
