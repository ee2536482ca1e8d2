"""Annuaire: the search of structures and services, and what is known of one structure."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from edi.annuaire.histoire import tell_history
from edi.annuaire.obligations import tell_etat, tell_obligations
from edi.annuaire.search import read_motif
from edi.console.droits import Droit, may
from edi.console.visite import Ici, Visite
from edi.model import SIRET, Identifiant
from edi.store import annuaire as store
from edi.store import corrections, repertoire
from edi.store.repertoire import Filtre

router = APIRouter(prefix="/annuaire")

_PAGE = 50
_SERVICES = 100  # of one structure on its page
_ETAPES = 30  # of its history
_LONG = 200  # characters that anybody looks for
ETATS = (("oui", "Actives"), ("non", "Inactives"))
EXIGENCES = (
    ("service", "Un code service"),
    ("engagement", "Un n° d'engagement"),
    ("service-ou-engagement", "L'un ou l'autre"),
    ("rien", "Ni l'un ni l'autre"),
    ("travaux-seulement", "Marchés de travaux seulement"),
)
EDI = (("emet", "Émet des flux EDI"), ("recoit", "Reçoit par EDI"))
FAITS = {
    "corrige": "Correction enregistrée : elle vaut pour les flux jugés dès maintenant.",
    "relache": "Correction relâchée : l'annuaire la garde jusqu'au prochain import, qui fera foi.",
}


@router.get("")
def search_annuaire(
    ici: Ici,
    cherche: str = "",
    quoi: str = "structures",
    active: str = "",
    exige: str = "",
    edi: str = "",
    avant: Annotated[str, Query(max_length=_LONG)] = "",
    apres: Annotated[str, Query(max_length=_LONG)] = "",
) -> HTMLResponse:
    """The structures, or the services, that a pattern names; all of them without one."""
    services = quoi == "services"
    cherche = cherche.strip()[:_LONG]
    filtre = Filtre({"oui": True, "non": False}.get(active), exige, edi)
    look = repertoire.list_services if services else repertoire.list_structures
    with ici.reading() as conn:
        page: Any = look(conn, read_motif(cherche), filtre, _PAGE, avant=avant, apres=apres)
        du = store.annuaire_du(conn)
    demande = {"cherche": cherche, "quoi": "services" if services else "", "active": active}
    if not services:
        demande |= {"exige": exige, "edi": edi}
    return ici.show(
        "annuaire_liste.html",
        page=page,
        services=services,
        demande=demande,
        du=du,
        etats=ETATS,
        exigences=EXIGENCES,
        edis=EDI,
        obligations=tell_obligations,
        etat_service=tell_etat,
        jour=ici.console.now().date(),
    )


@router.get("/{identifiant}")
def show_structure(ici: Ici, identifiant: str, type: str = SIRET, fait: str = "") -> HTMLResponse:
    """A structure: what it asks for, its services, its history, what imports do not undo."""
    return structure_page(ici, Identifiant(type, identifiant), fait=fait)


def structure_page(
    ici: Visite, named: Identifiant, code: int = 200, *, fait: str = "", refus: str = ""
) -> HTMLResponse:
    """The page of a structure; ``refus`` says why something could not be done to it."""
    jour = ici.console.now().date()
    with ici.reading() as conn:
        structure = ici.known(store.structures_named(conn, {named}).get(named))
        services = list(store.services_of(conn, {named.valeur}).values()) if named.type == SIRET else []
        etapes = tell_history(conn, named)
        kept = corrections.standing(conn, jour, named) if ici.portee.est_entiere else []
        du = store.annuaire_du(conn)
    agit = may(ici, Droit.AGIR)
    return ici.show(
        "structure.html",
        code,
        structure=structure,
        obligations=tell_obligations(structure),
        services=services[:_SERVICES],
        nombre_services=len(services),
        etat_service=tell_etat,
        etapes=etapes[:_ETAPES],
        nombre_etapes=len(etapes),
        maintenues=kept,
        du=du,
        jour=jour,
        agit=agit,
        nomme=ici.portee.est_entiere,  # who corrected, and why, is for those who look after the platform
        fait=FAITS.get(fait, ""),
        refus=refus,
        gueries=ici.console.gestes.referentiel.count_cured() if agit and fait == "corrige" else None,
    )
