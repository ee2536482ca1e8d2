"""Giving, submitting, signing and revoking a mandat, by whoever asks for it."""

from __future__ import annotations

from edi.annuaire import mandats
from edi.espace import Espace
from edi.model import ActeMandat, Mandat, Saisie
from edi.model.gestes import GesteRefuse
from edi.model.mandats import DemandeMandat, Souscription


def give(espace: Espace, asked: Souscription, par: str) -> Mandat:
    """A new mandat. Raises GesteRefuse."""
    today = espace.today()
    du = asked.du or min(asked.signe_le or today, today)
    with espace.engine.begin() as conn:
        return mandats.give(
            conn,
            asked.mandant,
            asked.mandataire,
            du,
            Saisie(espace.now(), par),
            asked.signe_le,
            asked.signataire.strip(),
            soumis=asked.soumis,
        )


def act(espace: Espace, asked: DemandeMandat, par: str) -> Mandat:
    """The mandat after what was asked for was done to it. Raises GesteRefuse."""
    le, saisie, raison = asked.le or espace.today(), Saisie(espace.now(), par), asked.raison.strip()
    if asked.acte is ActeMandat.REVOQUE and not raison:
        raise GesteRefuse("dites pourquoi : la raison d'une révocation se lit dans l'histoire du mandat")
    with espace.engine.begin() as conn:
        if asked.acte is ActeMandat.SOUMIS:
            return mandats.submit(conn, asked.mandat_id, le, saisie)
        if asked.acte is ActeMandat.SIGNE:
            return mandats.sign(conn, asked.mandat_id, le, saisie, asked.signataire.strip())
        if asked.acte is ActeMandat.REVOQUE:
            return mandats.revoke(conn, asked.mandat_id, le, saisie, raison)
    raise GesteRefuse("un mandat ne se souscrit qu'une fois : révoquez-le et donnez-en un autre")
