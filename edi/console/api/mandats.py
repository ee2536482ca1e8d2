"""What is done to mandats through the API: given, sent to be signed, signed, revoked."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter
from pydantic import Field

from edi.annuaire.mandats import read_mandant
from edi.console.api.gestes import Court, Demande, Phrase, act, who_asks
from edi.console.api.registre import tell_mandat
from edi.console.api.reponses.registre import MandatEntier
from edi.console.api.valeurs import Numero
from edi.console.droits import Droit
from edi.console.visite import Ici, Visite
from edi.model import ActeMandat
from edi.model.mandats import DemandeMandat, Souscription
from edi.store import liste_mandats

router = APIRouter(prefix="/mandats", tags=["référentiel"])


class Mandat(Demande):
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


@act(router, "")
def give(ici: Ici, voulu: Mandat) -> MandatEntier:
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
