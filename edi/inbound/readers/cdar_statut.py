"""A message of cycle de vie of the reform to a Retour: what a destinataire says of an invoice, or of a flux.

Nothing is judged here. A statut of the reform is brought to one of ours by ``schemas/cdv.toml``; its motifs
and notes become the comment, motif first, so that they can be told on in either format.
"""

from __future__ import annotations

from dataclasses import replace

from edi.cdv import tables
from edi.cdv.coherence import Lieu
from edi.cdv.correspondance import Reforme
from edi.model import (
    SIREN,
    SIRET,
    Cdv,
    Identifiant,
    MotifCdv,
    Partie,
    PartieCdv,
    Retour,
    StatutFluxRecu,
    StatutRecu,
)

_LISTES = {tables.SIREN_LISTE: SIREN, "0009": SIRET}  # of a party's number -> its type here
_FLUX = {"500": "90", "501": "93"}  # of a flux or file that we handed over -> IdStatut of CPPFluxStatuts
_DOUBLON = {"DOUBLON"}
_SEPARATION = " | "


def read(cdv: Cdv, lieu: Lieu, reforme: Reforme) -> Retour:
    """What a message says; ``lieu`` tells where its data stand."""
    objet = cdv.objet
    emetteur = cdv.auteur.identifiant if cdv.auteur else ""
    empty = Retour(id_flux="", emetteur=emetteur, recepteur="", produit_le=cdv.cree_le and cdv.cree_le.date())
    if objet.statut in _FLUX:
        return replace(empty, flux=(_read_flux(cdv, lieu),))
    return replace(empty, factures=(_read_facture(cdv, lieu, reforme),))


def _read_facture(cdv: Cdv, lieu: Lieu, reforme: Reforme) -> StatutRecu:
    objet, author = cdv.objet, cdv.auteur or PartieCdv()
    seller = objet.vendeur or PartieCdv()
    return StatutRecu(
        rang=1,
        fournisseur=Partie(
            Identifiant(_LISTES.get(seller.schema, seller.schema), seller.identifiant), seller.nom
        ),
        debiteur=Partie(
            Identifiant(_LISTES.get(author.schema, author.schema), author.identifiant), author.nom
        ),
        numero=objet.id,
        date=objet.date,
        id_statut=_ours(cdv, reforme),
        complement=_words(objet.statut) or objet.libelle,
        commentaire=_SEPARATION.join(filter(None, map(_explain, objet.motifs))),
        horodatage=cdv.pose_le,
        place=lieu("MDT-87"),
        place_statut=lieu("MDT-105"),
        cdv=objet.statut,
        admis=tuple(f"{code} {_words(code)}" for code, statut in sorted(reforme.lus.items()) if statut),
    )


def _ours(cdv: Cdv, reforme: Reforme) -> str:
    """IdStatut of the statut; '' for one that is only noted, its own code for one that may not be given."""
    code = cdv.objet.statut
    motifs = {motif.code for motif in cdv.objet.motifs}
    if code == "213" and motifs == _DOUBLON:  # of a second delivery: the first one stays as it is
        return ""
    if code in reforme.lus:
        statut = reforme.lus[code]
        return statut.id_statut if statut else ""
    return code if code in tables.STATUTS else ""


def _words(code: str) -> str:
    return tables.STATUTS[code].libelle if code in tables.STATUTS else ""


def _explain(motif: MotifCdv) -> str:
    """« JUSTIF_ABS Justificatif absent ou insuffisant : Il manque le bon de livraison. »"""
    label = tables.MOTIFS.get(motif.code, motif.libelle)
    head = " ".join(filter(None, (motif.code, label)))
    return " : ".join(filter(None, (head, " ".join(motif.notes))))


def _read_flux(cdv: Cdv, lieu: Lieu) -> StatutFluxRecu:
    objet = cdv.objet
    name = objet.id.removesuffix(".xml")
    return StatutFluxRecu(
        rang=1,
        id_flux=name.rpartition("_")[2],
        id_statut=_FLUX[objet.statut],
        complement=objet.libelle,
        commentaire=_SEPARATION.join(filter(None, map(_explain, objet.motifs))),
        horodatage=cdv.pose_le,
        place=lieu("MDT-87"),
    )
