"""The annuaire through the API: structures and services to be searched, one structure, its history."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Query

from edi.annuaire.histoire import tell_history
from edi.annuaire.search import read_motif
from edi.console.api.problemes import declare
from edi.console.api.reponses.registre import (
    EtapeAnnuaire,
    Guerison,
    ServiceTrouve,
    StructureBreve,
    StructureEntiere,
)
from edi.console.api.valeurs import CurseurTexte, Page, read_place, texte, write_place
from edi.console.droits import Droit, needs
from edi.console.visite import Ici, Visite
from edi.model import SIRET, Identifiant
from edi.store import annuaire, repertoire
from edi.store.repertoire import Filtre

router = APIRouter(tags=["référentiel"])

_PAGE = 50
_REPONSES = declare(401, 404, 422, 429)
_ACTIVE = {"oui": True, "non": False}
Active = Annotated[Literal["", "oui", "non"], Query(description="Vide : toutes.")]
Exige = Annotated[
    Literal["", "service", "engagement", "service-ou-engagement", "rien", "travaux-seulement"],
    Query(description="Ce qu'une structure exige d'une facture ; vide : quoi que ce soit."),
]
Edi = Annotated[Literal["", "emet", "recoit"], Query(description="Vide : toutes.")]


def read_named(
    identifiant: Annotated[
        str, Path(pattern=r"^[^\x00-\x1f/]{1,100}$", description="SIRET, ou numéro d'un autre type.")
    ],
    type: Annotated[
        str, texte("1 SIRET, 2 UE hors France, 3 hors UE, 4 RIDET, 5 Tahiti…", vide=False)
    ] = SIRET,
) -> Identifiant:
    """The structure that an address names."""
    return Identifiant(type, identifiant)


Nomme = Annotated[Identifiant, Depends(read_named)]


@router.get("/annuaire", responses=_REPONSES)
def search_annuaire(
    ici: Ici,
    cherche: Annotated[
        str, texte("SIRET, SIREN, code postal ou mots du nom ; « * » tient lieu de tout ; vide : toutes.")
    ] = "",
    active: Active = "",
    exige: Exige = "",
    edi: Edi = "",
    curseur: CurseurTexte = "",
) -> Page[StructureBreve]:
    """Les structures de l'annuaire, par nom."""
    filtre = Filtre(_ACTIVE.get(active), exige, edi)
    with ici.reading() as conn:
        page = repertoire.list_structures(conn, read_motif(cherche), filtre, _PAGE, apres=read_place(curseur))
    last = page.lignes[-1].identifiant if page.apres else None
    return Page(
        elements=[StructureBreve.of(one) for one in page.lignes],
        suivant=write_place(f"{last.type}:{last.valeur}") if last else None,
    )


@router.get("/annuaire/services", responses=_REPONSES)
def search_services(
    ici: Ici,
    cherche: Annotated[
        str, texte("SIRET, code ou mots du nom ; « * » tient lieu de tout ; vide : tous.")
    ] = "",
    active: Active = "",
    curseur: CurseurTexte = "",
) -> Page[ServiceTrouve]:
    """Les services de l'annuaire, par code."""
    filtre, today = Filtre(_ACTIVE.get(active)), ici.console.now().date()
    with ici.reading() as conn:
        page = repertoire.list_services(conn, read_motif(cherche), filtre, _PAGE, apres=read_place(curseur))
    last = page.lignes[-1].service if page.apres else None
    return Page(
        elements=[ServiceTrouve.found(one, today) for one in page.lignes],
        suivant=write_place(f"{last.siret}:{last.code}") if last else None,
    )


@router.get("/annuaire/{identifiant}", responses=_REPONSES)
def show_structure(ici: Ici, nomme: Nomme) -> StructureEntiere:
    """Une structure, ses obligations et ses services."""
    return tell_structure(ici, nomme)


def tell_structure(ici: Visite, named: Identifiant) -> StructureEntiere:
    """All that is told of a structure. Raises HTTPException: there is none."""
    with ici.reading() as conn:
        structure = ici.known(annuaire.structures_named(conn, {named}).get(named))
        services = annuaire.services_of(conn, {named.valeur}).values() if named.type == SIRET else ()
        du = annuaire.annuaire_du(conn)
    return StructureEntiere.whole(structure, services, du, ici.console.now().date())


@router.get("/annuaire/{identifiant}/historique", responses=_REPONSES)
def list_history(ici: Ici, nomme: Nomme) -> list[EtapeAnnuaire]:
    """Ce que chaque import ou correction a changé d'une structure et de ses services, le dernier d'abord."""
    with ici.reading() as conn:
        ici.known(annuaire.structures_named(conn, {nomme}).get(nomme))
        found = tell_history(conn, nomme)
    named = ici.portee.est_entiere  # who corrected, and why, is for those who look after the platform
    return [EtapeAnnuaire.of(one, named) for one in found]


@router.get("/guerisons", responses=declare(401, 403, 422, 429), dependencies=[needs(Droit.AGIR)])
def count_cured(ici: Ici) -> Guerison:
    """Combien de factures rejetées l'annuaire et les mandats d'aujourd'hui laisseraient passer."""
    return Guerison(factures=ici.console.gestes.referentiel.count_cured())
