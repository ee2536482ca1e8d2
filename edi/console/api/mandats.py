"""Mandats through the API: the list, one of them; given, sent to be signed, signed, revoked."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import Response
from pydantic import Field

from edi.annuaire.mandats import read_mandant
from edi.console.api.flux import octets
from edi.console.api.gestes import Court, Demande, Phrase, act, who_asks
from edi.console.api.problemes import declare
from edi.console.api.reponses.registre import MandatBref, MandatEntier
from edi.console.api.valeurs import Curseur, Numero, Page, read_cursor, texte, write_cursor
from edi.console.droits import Droit
from edi.console.pages import mandats as pages
from edi.console.visite import Ici, Visite
from edi.model import ActeMandat, Mandat
from edi.model.mandats import DemandeMandat, Souscription
from edi.store import liste_mandats, mandats, repertoire
from edi.store.liste_mandats import Filtre

router = APIRouter(prefix="/mandats", tags=["référentiel"])

_PAGE = 50
Etat = Annotated[
    Literal["", "SOUSCRIT", "EN_COURS_DE_VALIDATION", "ACTIF", "REVOQUE"],
    Query(description="Aujourd'hui ; vide : tous."),
]


def read_filter(
    mandataire: Annotated[str, texte("Code appli du déposant.")] = "",
    mandant: Annotated[str, texte("SIRET, SIREN ou autre numéro du fournisseur.")] = "",
    etat: Etat = "",
) -> Filtre:
    """The filter of the list, as that of the page."""
    return pages.read_filtre(mandataire, mandant, etat)


class MandatVoulu(Demande):
    """Un mandat à souscrire."""

    mandant: Court = Field(description="SIRET ou SIREN du fournisseur, ou TYPE:IDENTIFIANT.")
    mandataire: Court = Field(description="Code appli du déposant.")
    du: date | None = Field(None, description="null : aujourd'hui.")
    soumis: bool = Field(True, description="Envoyé à la signature ce jour-là.")
    signataire: Court = ""


class Jour(Demande):
    """Quand cela a été fait."""

    le: date | None = Field(None, description="null : aujourd'hui.")


class Signature(Jour):
    """Quand, et qui a signé pour le fournisseur."""

    signataire: Court = Field("", description="Vide : comme à la souscription.")


class Revocation(Jour):
    """Quand, et pourquoi : cela se lit dans l'histoire du mandat."""

    raison: Phrase


@router.get("", responses=declare(401, 422, 429))
def list_mandats(
    ici: Ici, filtre: Annotated[Filtre, Depends(read_filter)], curseur: Curseur = ""
) -> Page[MandatBref]:
    """Les mandats de facturation, le plus récent d'abord."""
    today, beside = _today(ici), read_cursor(curseur)
    with ici.reading() as conn:
        page = liste_mandats.list_mandats(conn, ici.portee, filtre, today, _PAGE, avant=beside)
        noms = repertoire.names_of(conn, [one.mandant for one in page.lignes])
    return Page(
        elements=[MandatBref.of(one, today, noms.get(one.mandant, "")) for one in page.lignes],
        suivant=write_cursor(page.lignes[-1].id) if page.plus_anciens else None,
    )


@router.get("/export", response_class=Response, responses=declare(401, 422, 429) | octets("text/csv"))
def export(ici: Ici, filtre: Annotated[Filtre, Depends(read_filter)]) -> Response:
    """Les mêmes, tous, en fichier CSV avec les colonnes du portail."""
    return pages.give_csv(ici, filtre)


@router.get("/{mandat_id}", responses=declare(401, 404, 422, 429))
def show_mandat(ici: Ici, mandat_id: Numero) -> MandatEntier:
    """Un mandat et son historique."""
    with ici.reading() as conn:
        found = liste_mandats.find_seen(conn, ici.portee, mandat_id)
    return tell_mandat(ici, ici.known(found))


def tell_mandat(ici: Visite, mandat: Mandat) -> MandatEntier:
    """A mandat that may be seen, and its history."""
    with ici.reading() as conn:
        history = mandats.history(conn, mandat.id)
        nom = repertoire.names_of(conn, [mandat.mandant]).get(mandat.mandant, "")
    return MandatEntier.whole(mandat, _today(ici), nom, history, ici.portee.est_entiere)


@act(router, "")
def give(ici: Ici, voulu: MandatVoulu) -> MandatEntier:
    """Souscrit un mandat, envoyé à la signature ou non."""
    ici.known(ici.deposants.get(voulu.mandataire))
    mandant = read_mandant(voulu.mandant)
    asked = Souscription(
        mandant, voulu.mandataire, voulu.du, soumis=voulu.soumis, signataire=voulu.signataire
    )
    return tell_mandat(ici, ici.console.gestes.referentiel.give_mandat(asked, who_asks(ici)))


@act(router, "/{mandat_id}/envoi")
def submit(ici: Ici, mandat_id: Numero, quand: Jour) -> MandatEntier:
    """Envoie un mandat à la signature."""
    return _act(ici, DemandeMandat(mandat_id, ActeMandat.SOUMIS, quand.le))


@act(router, "/{mandat_id}/signature", Droit.VALIDER)
def sign(ici: Ici, mandat_id: Numero, quand: Signature) -> MandatEntier:
    """Enregistre la signature du fournisseur."""
    return _act(ici, DemandeMandat(mandat_id, ActeMandat.SIGNE, quand.le, quand.signataire))


@act(router, "/{mandat_id}/revocation")
def revoke(ici: Ici, mandat_id: Numero, quand: Revocation) -> MandatEntier:
    """Révoque un mandat à partir d'un jour."""
    return _act(ici, DemandeMandat(mandat_id, ActeMandat.REVOQUE, quand.le, raison=quand.raison))


def _act(ici: Visite, asked: DemandeMandat) -> MandatEntier:
    with ici.reading() as conn:
        ici.known(liste_mandats.find_seen(conn, ici.portee, asked.mandat_id))
    return tell_mandat(ici, ici.console.gestes.referentiel.act_on_mandat(asked, who_asks(ici)))


def _today(ici: Visite) -> date:
    return ici.console.now().astimezone(ici.console.fuseau).date()
