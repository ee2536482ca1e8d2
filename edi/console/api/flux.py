"""Flux through the API: the list with the filters of its page, one of them, its parts, its files."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import FileResponse, Response
from sqlalchemy import Connection

from edi.console.api.problemes import declare
from edi.console.api.reponses.constats import Constat
from edi.console.api.reponses.factures import FactureBreve
from edi.console.api.reponses.flux import EtapeDite, FluxBref, FluxEntier, Retour
from edi.console.api.valeurs import (
    Curseur,
    Numero,
    Page,
    read_cursor,
    refuse_cursor,
    slice_of,
    texte,
    write_cursor,
)
from edi.console.lot import of_family
from edi.console.pages import flux as pages
from edi.console.visite import Ici, Visite
from edi.model import FactureDeposee, Finding, Flux, FluxStatut
from edi.store import depots_manuels, emissions, factures, livraisons, packs, recherches, retenues
from edi.store import flux as flux_store
from edi.store.etats import read_etat
from edi.store.recherches import Filtre

router = APIRouter(prefix="/flux", tags=["flux"])

_PAGE, _FACTURES, _CONSTATS = 50, 100, 500
_PREMIER, _DERNIER = date(2000, 1, 1), date(2999, 12, 31)  # days beyond them ask for the same
NomStatut = Enum("NomStatut", {name: name for name in FluxStatut.__members__})  # type: ignore[misc]
Famille = Literal["", "acceptees", "rejetees", "attente"]
Jour = Annotated[date, Query(description="Jour de réception, compris : 2026-11-26.")]
_REPONSES = declare(401, 404, 422, 429)
_BINAIRE = {"schema": {"type": "string", "format": "binary"}}


def octets(genre: str) -> dict[int | str, dict[str, Any]]:
    """How routes announce a file."""
    return {200: {"content": {genre: _BINAIRE}, "description": "Les octets du fichier."}}


def read_filter(
    ici: Ici,
    deposant: Annotated[str, texte("Code appli.")] = "",
    statut: Annotated[tuple[NomStatut, ...], Query(description="Répétable.")] = (),
    interface: Annotated[str, texte("Interface : « FSO1100A ».")] = "",
    code: Annotated[str, texte("Code d'un constat.")] = "",
    du: Jour = _PREMIER,
    au: Jour = _DERNIER,
    cherche: Annotated[
        str, texte("Identifiant de flux, début de nom de fichier, numéro de facture, SIRET, engagement.")
    ] = "",
) -> Filtre:
    """The filter of the list, as that of the page."""
    return Filtre(
        appli=deposant.strip().upper(),
        statuts=tuple(FluxStatut[one.name] for one in statut),
        interface=interface.strip().upper(),
        code=code.strip(),
        depuis=_midnight(ici, du) if du > _PREMIER else None,
        avant=_midnight(ici, au + timedelta(days=1)) if au < _DERNIER else None,
        texte=cherche.strip(),
    )


def _midnight(ici: Visite, day: date) -> datetime:
    return datetime.combine(max(_PREMIER, min(day, _DERNIER)), time.min, ici.console.fuseau)


@router.get("", responses=declare(401, 404, 422, 429))
def list_flux(
    ici: Ici, filtre: Annotated[Filtre, Depends(read_filter)], curseur: Curseur = ""
) -> Page[FluxBref]:
    """Les flux, le plus récent d'abord : mêmes filtres et même recherche que la page « Flux »."""
    beside = read_cursor(curseur)
    with ici.reading() as conn:
        if curseur and recherches.find_flux(conn, ici.portee, beside) is None:
            raise refuse_cursor()
        page = recherches.list_flux(conn, ici.portee, filtre, _PAGE, avant=beside)
        causes = recherches.causes(conn, [one.id for one in page.lignes])
    return Page(
        elements=[FluxBref.of(one, causes.get(one.id)) for one in page.lignes],
        suivant=write_cursor(page.lignes[-1].id) if page.plus_anciens else None,
    )


@router.get("/{flux_id}", responses=_REPONSES)
def show_flux(ici: Ici, flux_id: Numero) -> FluxEntier:
    """Un flux : son statut, son bilan, qui doit agir, les règles qui l'ont jugé."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        return read_whole(ici, conn, flux)


def read_whole(ici: Visite, conn: Connection, flux: Flux) -> FluxEntier:
    """All that is told of a flux that may be seen; who holds it is for those who look after the platform."""
    held = ici.portee.est_entiere and flux.statut.en_cours
    return FluxEntier.whole(
        read_etat(conn, flux.id),
        recherches.causes(conn, [flux.id]).get(flux.id),
        packs.sets_of_flux(conn, flux.id),
        retenues.holding(conn, flux, ici.console.now()) if held else None,
        depots_manuels.of_flux(conn, flux),
    )


@router.get("/{flux_id}/historique", responses=_REPONSES)
def list_history(ici: Ici, flux_id: Numero) -> list[EtapeDite]:
    """Les statuts d'un flux, du plus ancien au plus récent."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        return [EtapeDite.of(one) for one in flux_store.history(conn, flux.id)]


@router.get("/{flux_id}/factures", responses=_REPONSES)
def list_factures(
    ici: Ici,
    flux_id: Numero,
    famille: Annotated[Famille, Query(description="Vide : toutes.")] = "",
    curseur: Curseur = "",
) -> Page[FactureBreve]:
    """Les factures d'un flux, dans son ordre."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        found = of_family(factures.of_flux(conn, flux.id), famille)
    return slice_of(found, curseur, _FACTURES, FactureBreve.of)


@router.get("/{flux_id}/constats", responses=_REPONSES)
def list_findings(ici: Ici, flux_id: Numero, curseur: Curseur = "") -> Page[Constat]:
    """Tout ce qui a été trouvé dans un flux, ses fichiers et ses factures."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        found = factures.findings_of(conn, flux.id)

    def show(one: tuple[FactureDeposee | None, str, Finding]) -> Constat:
        facture, fichier, finding = one
        return Constat.of(finding, fichier, facture.id if facture else None)

    return slice_of(found, curseur, _CONSTATS, show)


@router.get("/{flux_id}/retours", responses=_REPONSES)
def list_retours(ici: Ici, flux_id: Numero) -> list[Retour]:
    """Les flux retour d'un flux, dans l'ordre où ils ont été réservés."""
    with ici.reading() as conn:
        flux = ici.known(recherches.find_flux(conn, ici.portee, flux_id))
        sent = livraisons.of_flux(conn, flux.id)
        told = emissions.of_flux(conn, flux.id)
    return [Retour.of(one, sent.get(one.id)) for one in told if ici.sees(one.appli)]


@router.get(
    "/{flux_id}/original",
    response_class=FileResponse,
    responses=_REPONSES | octets("application/octet-stream"),
)
def give_original(ici: Ici, flux_id: Numero) -> Response:
    """Les octets déposés, tels quels."""
    return pages.give_original(ici, flux_id)


@router.get(
    "/{flux_id}/retours/{retour_id}",
    response_class=Response,
    responses=_REPONSES | declare(409) | octets("application/xml"),
)
def give_retour(ici: Ici, flux_id: Numero, retour_id: Numero) -> Response:
    """Les octets d'un flux retour, refaits à l'identique ; 409 s'ils ne peuvent plus l'être."""
    return pages.give_retour(ici, flux_id, retour_id)
