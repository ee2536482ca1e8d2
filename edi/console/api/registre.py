"""The registry through the API: structures and their services, mandats."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter

from edi.annuaire.search import search
from edi.console.api.problemes import declare
from edi.console.api.reponses.registre import MandatBref, MandatEntier, StructureBreve, StructureEntiere
from edi.console.api.valeurs import Curseur, Numero, Page, Siret, cut, read_cursor, texte, write_cursor
from edi.console.visite import Ici, Visite
from edi.model import SIRET, Identifiant, Mandat
from edi.store import annuaire, mandats

router = APIRouter(tags=["référentiel"])

_PAGE = 50
_REPONSES = declare(401, 404, 422, 429)


@router.get("/annuaire", responses=declare(401, 422, 429))
def search_annuaire(
    ici: Ici,
    cherche: Annotated[
        str, texte("SIRET, SIREN, code postal ou mots du nom ; « * » tient lieu de tout.", vide=False)
    ],
    curseur: Curseur = "",
) -> Page[StructureBreve]:
    """Les structures de l'annuaire, par nom."""
    begin = read_cursor(curseur)
    with ici.reading() as conn:
        found = search(conn, cherche, _PAGE, begin)
    end = begin + _PAGE
    return Page(
        elements=[StructureBreve.of(one) for one in found.structures],
        suivant=write_cursor(end) if end < found.total else None,
    )


@router.get("/annuaire/{siret}", responses=_REPONSES)
def show_structure(ici: Ici, siret: Siret) -> StructureEntiere:
    """Une structure, ses obligations et ses services."""
    key = Identifiant(SIRET, siret)
    with ici.reading() as conn:
        structure = ici.known(annuaire.structures_named(conn, [key]).get(key))
        services = annuaire.services_of(conn, [siret])
    return StructureEntiere.whole(structure, services.values())


@router.get("/mandats", responses=declare(401, 422, 429))
def list_mandats(
    ici: Ici,
    mandataire: Annotated[str, texte("Code appli du déposant.")] = "",
    mandant: Annotated[str, texte("SIRET, SIREN ou autre numéro du fournisseur.")] = "",
    curseur: Curseur = "",
) -> Page[MandatBref]:
    """Les mandats de facturation, dans l'ordre de leur saisie."""
    with ici.reading() as conn:
        found = mandats.mandats_after(
            conn,
            ici.portee,
            mandataire.strip().upper(),
            mandant.strip(),
            read_cursor(curseur),
            _PAGE + 1,
        )
    today = _today(ici)
    return cut(found, _PAGE, lambda one: MandatBref.of(one, today), lambda one: one.id)


@router.get("/mandats/{mandat_id}", responses=_REPONSES)
def show_mandat(ici: Ici, mandat_id: Numero) -> MandatEntier:
    """Un mandat et son historique."""
    with ici.reading() as conn:
        found = mandats.find_mandat(conn, mandat_id)
    return tell_mandat(ici, ici.known(found if found and ici.sees(found.mandataire) else None))


def tell_mandat(ici: Visite, mandat: Mandat) -> MandatEntier:
    """A mandat that may be seen, and its history."""
    with ici.reading() as conn:
        history = mandats.history(conn, mandat.id)
    return MandatEntier.whole(mandat, _today(ici), history)


def _today(ici: Visite) -> date:
    return ici.console.now().astimezone(ici.console.fuseau).date()
