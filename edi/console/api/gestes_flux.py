"""What operators do to one flux: tried again, held, its answer sent once more, a quarantine settled."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter

from edi.console.api.flux import read_whole
from edi.console.api.gestes import Raison, RaisonEtDuree, act, who_asks
from edi.console.api.reponses.flux import FluxEntier, Renvoi
from edi.console.api.reponses.retenues import RetenueDite
from edi.console.api.retenues import tell_one
from edi.console.api.valeurs import Numero
from edi.console.visite import Ici, Visite
from edi.model import Flux
from edi.store import recherches

router = APIRouter(tags=["gestes"])


@act(router, "/flux/{flux_id}/relance")
def relaunch_flux(ici: Ici, flux_id: Numero, pourquoi: Raison) -> FluxEntier:
    """Relance un flux en attente : il sera jugé de nouveau au prochain passage."""
    flux = _find(ici, flux_id)
    ici.console.gestes.relaunch(flux, pourquoi.raison, who_asks(ici))
    return _tell(ici, flux)


@act(router, "/flux/{flux_id}/retenue")
def hold_flux(ici: Ici, flux_id: Numero, pourquoi: RaisonEtDuree) -> RetenueDite:
    """Retient un flux pas encore décidé : il n'est pas jugé avant le terme, ou la levée."""
    flux, duree = _find(ici, flux_id), timedelta(hours=pourquoi.heures)
    return tell_one(ici, ici.console.gestes.hold_flux(flux, pourquoi.raison, duree, who_asks(ici)))


@act(router, "/flux/{flux_id}/retours/{retour_id}/renvoi")
def send_again(ici: Ici, flux_id: Numero, retour_id: Numero, pourquoi: Raison) -> Renvoi:
    """Renvoie un flux retour déjà parti : les mêmes octets, sous le même nom."""
    with ici.reading() as conn:
        emission = ici.known(recherches.find_emission(conn, ici.portee, flux_id, retour_id))
    return Renvoi(vers=ici.console.gestes.send_again(emission, pourquoi.raison, who_asks(ici)))


@act(router, "/quarantaine/{flux_id}/reprise")
def take_up(ici: Ici, flux_id: Numero, pourquoi: Raison) -> FluxEntier:
    """Reprend un dépôt en quarantaine, tel qu'il est : le nouveau flux."""
    flux = _find(ici, flux_id)
    return _tell(ici, ici.console.gestes.take_up(flux, pourquoi.raison, who_asks(ici)))


@act(router, "/quarantaine/{flux_id}/abandon")
def abandon(ici: Ici, flux_id: Numero, pourquoi: Raison) -> FluxEntier:
    """Abandonne un dépôt en quarantaine : il n'est plus à traiter ; ses octets sont gardés."""
    flux = _find(ici, flux_id)
    ici.console.gestes.abandon(flux, pourquoi.raison, who_asks(ici))
    return _tell(ici, flux)


def _find(ici: Visite, flux_id: int) -> Flux:
    with ici.reading() as conn:
        return ici.known(recherches.find_flux(conn, ici.portee, flux_id))


def _tell(ici: Visite, flux: Flux) -> FluxEntier:
    with ici.reading() as conn:
        return read_whole(ici, conn, flux)
