"""Rules through the API: the packs, the catalogue of codes, what a rule that is doubted is worth."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path

from edi.console.api.gestes import Raison, act, who_asks
from edi.console.api.problemes import declare
from edi.console.api.reponses.regles import JeuDit, RegleDite, RegleEnDoute, VersionEntiere
from edi.console.api.valeurs import Curseur, Numero, Page, slice_of, texte
from edi.console.droits import Droit, needs
from edi.console.pages.regles import find_version, of_origin, search
from edi.console.visite import Ici
from edi.store import disjoncteurs

router = APIRouter(prefix="/regles", tags=["règles"])

_PAGE = 100  # rules
_TOUT = [needs(Droit.VOIR_PLATEFORME)]
Nomme = Annotated[str, Path(pattern=r"^[^\x00-\x1f/]{1,100}$", description="Tel que le dit /regles.")]


class Avis(Raison):
    """Ce que vaut une règle mise en doute."""

    avis: Literal["juste", "fautive"]


@router.get("", responses=declare(401, 403, 422, 429), dependencies=_TOUT)
def list_jeux(ici: Ici) -> list[JeuDit]:
    """Les jeux de règles et leurs versions."""
    return [JeuDit.of(one) for one in ici.console.gestes.plateforme.jeux()]


@router.get("/catalogue", responses=declare(401, 422, 429))
def list_rules(
    ici: Ici,
    cherche: Annotated[str, texte("Code, ou mots ; vide : toutes.")] = "",
    origine: Annotated[str, texte("« Navette », ou l'id d'un jeu ; vide : toutes.")] = "",
    curseur: Curseur = "",
) -> Page[RegleDite]:
    """Les règles où chaque mot se trouve, celles dont c'est le code d'abord."""
    found = of_origin(search(ici.console.gestes.plateforme.catalogue(), cherche), origine)
    return slice_of(found, curseur, _PAGE, RegleDite.of)


@router.get("/doutes", responses=declare(401, 403, 422, 429), dependencies=_TOUT)
def list_doubted(ici: Ici) -> list[RegleEnDoute]:
    """Les règles mises en doute, la plus ancienne d'abord."""
    with ici.reading() as conn:
        return [RegleEnDoute.of(one) for one in disjoncteurs.open_ones(conn)]


@act(router, "/doutes/{doute_id}/avis")
def say_of_rule(ici: Ici, doute_id: Numero, dit: Avis) -> RegleEnDoute:
    """Dit ce que vaut une règle mise en doute : juste, ce qu'elle refuse l'est ; fautive, cela attend."""
    with ici.reading() as conn:
        ici.known(disjoncteurs.find(conn, doute_id))
    said = ici.console.gestes.say_of_rule(doute_id, dit.avis, dit.raison, who_asks(ici))
    with ici.reading() as conn:
        (told,) = disjoncteurs.latest(conn, [said.regle]).values()
    return RegleEnDoute.of(told)


@router.get("/{jeu}/{version}", responses=declare(401, 403, 404, 422, 429), dependencies=_TOUT)
def show_version(ici: Ici, jeu: Nomme, version: Nomme) -> VersionEntiere:
    """Une version d'un jeu, à côté de celle en vigueur : ses règles, les verdicts qu'elle changerait."""
    found = find_version(ici, jeu, version)
    return VersionEntiere.whole(found.vue, found.difference, found.comparaison)
