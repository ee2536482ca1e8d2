"""What a message of cycle de vie must hold, and what in it contradicts the rest.

Presence and coherence that the official file does not see (:data:`AVEUGLES`), and what it does see
(:data:`COUVERTES`): the latter is for who makes a message, and for those about a flux, not judged by it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice

from edi.cdv import cards, tables
from edi.cdv.tables import SIREN_LISTE, StatutCdv
from edi.identifiers import siren_key_is_right
from edi.model import Cdv, Finding, Place

Lieu = Callable[[str], Place]
Regle = Callable[[Cdv, Lieu], Iterator[Finding]]

MOST_FINDINGS = 50  # of one message; a hostile one could make any number

_NUMERO = re.compile(r"[A-Za-z0-9+\-_/]+(?: [A-Za-z0-9+\-_/]+)*")
_SANS_ADRESSE = frozenset({"WK", "DFH"})


def nowhere(mdt: str) -> Place:
    """The place of a datum in a message that has no bytes yet: its number alone."""
    return Place("", None, mdt.partition("[")[0])


def check(cdv: Cdv, lieu: Lieu = nowhere, covered: bool = True) -> tuple[Finding, ...]:
    """All that is wrong with a message; without ``covered``, only what the official rules do not see.

    ``lieu`` tells where a datum stands: ``MDT-8``, ``MDT-113[2]`` for the second motif.
    """
    rules = AVEUGLES + (COUVERTES if covered or tables.is_of_flux(cdv) else ())
    return tuple(islice((finding for rule in rules for finding in rule(cdv, lieu)), MOST_FINDINGS))


def _words(statut: StatutCdv) -> str:
    return f"{statut.code} ({statut.libelle})"


def _find_absent(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    objet, invoice = cdv.objet, cdv.objet.statut not in tables.STATUTS_FLUX
    flux = tables.is_of_flux(cdv)
    wanted: tuple[tuple[str, object, str], ...] = (
        ("MDT-4", cdv.id, "l'identifiant du message"),
        ("MDT-8", cdv.cree_le, "l'instant où le message a été créé"),
        ("MDT-21", cdv.expediteur and cdv.expediteur.role, "l'expéditeur et son rôle"),
        ("MDT-40", cdv.auteur and cdv.auteur.role, "l'auteur du statut et son rôle"),
        ("MDT-59", cdv.destinataires, "un destinataire"),
        ("MDT-77", cdv.phase, "la phase du statut, 305 ou 23"),
        ("MDT-78", cdv.pose_le, "l'instant où le statut a été donné"),
        ("MDT-87", objet.id, "le numéro de la facture, ou le nom du fichier ou du flux"),
        ("MDT-91", objet.type or not (invoice or flux), "le type de la facture (BT-3)"),
        ("MDT-95", objet.recu_le, "l'instant où l'objet a été reçu"),
        ("MDT-100", objet.date or not invoice, "la date de la facture (BT-2)"),
        ("MDT-105", objet.statut, "le statut"),
        ("MDT-129", (objet.vendeur and objet.vendeur.identifiant) or not invoice, "le SIREN du vendeur"),
    )
    for mdt, value, words in wanted:
        if not value:
            yield cards.ABSENT.at(lieu(mdt), quoi=words)


def _find_unsaid(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    objet = cdv.objet
    wanted = (
        ("MDT-97", objet.nature, "la nature de l'objet, par exemple einvoicingF2"),
        ("MDT-106", objet.libelle, "le libellé du statut"),
        ("MDT-132", objet.vendeur is None or objet.vendeur.role, "le rôle SE du vendeur"),
    )
    for mdt, value, words in wanted:
        if not value:
            yield cards.CONSEILLE.at(lieu(mdt), quoi=words)


def _find_phase(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    statut = tables.statut_of(cdv)
    if statut is None:
        return
    words = _words(statut)
    if cdv.phase and cdv.phase != statut.phase:
        yield cards.PHASE.at(lieu("MDT-77"), cdv.phase, statut.phase, libelle=words)
    if cdv.objet.code_1373 not in ("", statut.code_1373):
        expected = statut.code_1373 or "aucun code"
        yield cards.CODE_1373.at(lieu("MDT-88"), cdv.objet.code_1373, expected, libelle=words)


def _find_author(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    statut, author = tables.statut_of(cdv), cdv.auteur
    if author is None:
        return
    # Chorus Pro signs what it says; the copy for the PPF names all platforms.
    signed = tables.is_for_ppf(cdv) or author.identifiant == tables.CHORUS_PRO
    if cdv.phase == tables.TRANSMISSION and author.identifiant and not signed:
        yield cards.AUTEUR_NOMME.at(lieu("MDT-38"), author.identifiant)
    if statut and author.role and author.role not in statut.auteurs:
        expected = _enumerate(statut.auteurs)
        yield cards.AUTEUR.at(lieu("MDT-40"), author.role, expected, libelle=_words(statut))
    if tables.is_for_ppf(cdv) and not (cdv.expediteur and cdv.expediteur.identifiant):
        yield cards.ANONYME.at(lieu("MDT-19"), expected="un identifiant de liste 0238")


def _find_ranks(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    ranks = [motif.rang for motif in cdv.objet.motifs if motif.rang is not None]
    expected = list(range(1, len(ranks) + 1))
    if ranks != expected:
        yield cards.RANGS.at(lieu("MDT-124-2"), _join(ranks), _join(expected))


def _find_identity(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    seller, objet = cdv.objet.vendeur, cdv.objet
    if seller is not None and seller.schema == SIREN_LISTE and not siren_key_is_right(seller.identifiant):
        yield cards.SIREN.at(lieu("MDT-129"), seller.identifiant, "neuf chiffres dont une clé exacte")
    invoice = objet.statut not in tables.STATUTS_FLUX
    if invoice and objet.id and not _NUMERO.fullmatch(objet.id):
        expected = "lettres sans accent, chiffres et + - _ /"
        yield cards.NUMERO.at(lieu("MDT-87"), objet.id, expected)


def _find_unexplained(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    for rank, motif in enumerate(cdv.objet.motifs, 1):
        if motif.code == "AUTRE" and not any(motif.notes):
            yield cards.SANS_NOTE.at(lieu(f"MDT-126[{rank}]"))


def _find_unknown(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    known_statuts = {*tables.STATUTS, *tables.STATUTS_FLUX, *tables.AUTRES_STATUTS}
    told = [("MDT-105", cdv.objet.statut, known_statuts, "statut")]
    told += [("MDT-77", cdv.phase, set(tables.PHASES), "phase")]
    if not tables.is_of_flux(cdv):
        told += [("MDT-91", cdv.objet.type, set(tables.TYPES), "type de facture")]
    parties = [cdv.expediteur, cdv.auteur]
    told += [
        (mdt, partie.role, set(tables.ROLES), "rôle")
        for mdt, partie in zip(("MDT-21", "MDT-40"), parties, strict=True)
        if partie is not None
    ]
    for rank, partie in enumerate(cdv.destinataires, 1):
        told.append((f"MDT-59[{rank}]", partie.role, set(tables.ROLES), "rôle"))
    for rank, motif in enumerate(cdv.objet.motifs, 1):
        told.append((f"MDT-113[{rank}]", motif.code, set(tables.MOTIFS), "motif"))
        told.append((f"MDT-121[{rank}]", motif.action, set(tables.ACTIONS), "action demandée"))
        for below, donnee in enumerate(motif.donnees, 1):
            told.append((f"MDT-207[{rank}][{below}]", donnee.type, set(tables.DONNEES), "type de donnée"))
    for mdt, code, known, quoi in told:
        if code and code not in known:
            yield cards.CODE_INCONNU.at(lieu(mdt), code, quoi=quoi)


# -- what the official file sees too ----------------------------------------------------------------------


def _find_motifs(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    statut = tables.statut_of(cdv)
    if statut is None:
        return
    legal = statut.legal_motifs(tables.is_from_chorus_pro(cdv))
    expected = ", ".join(legal) or "aucun motif"
    for rank, motif in enumerate(cdv.objet.motifs, 1):
        if motif.code in tables.MOTIFS and motif.code not in legal:
            place = lieu(f"MDT-113[{rank}]")
            yield cards.MOTIF_INTERDIT.at(place, motif.code, expected, libelle=_words(statut))
    if statut.motif_exige and not any(motif.code for motif in cdv.objet.motifs):
        yield cards.MOTIF_ABSENT.at(lieu("MDT-113"), "", expected, libelle=_words(statut))


def _find_amounts(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    if cdv.objet.statut != "212":
        return
    cashed = [donnee for motif in cdv.objet.motifs for donnee in motif.donnees if donnee.type == "MEN"]
    if not cashed or any(donnee.montant is None or donnee.taux is None for donnee in cashed):
        yield cards.ENCAISSEMENT.at(lieu("MDT-207"))


def _find_addresses(cdv: Cdv, lieu: Lieu) -> Iterator[Finding]:
    for rank, partie in enumerate(cdv.destinataires, 1):
        if partie.role not in _SANS_ADRESSE and not partie.adresse:
            yield cards.SANS_ADRESSE.at(lieu(f"MDT-73[{rank}]"), partie.nom or partie.identifiant)


AVEUGLES: tuple[Regle, ...] = (
    _find_absent,
    _find_unsaid,
    _find_phase,
    _find_author,
    _find_ranks,
    _find_identity,
    _find_unexplained,
    _find_unknown,
)
COUVERTES: tuple[Regle, ...] = (_find_motifs, _find_amounts, _find_addresses)


def _join(ranks: list[int]) -> str:
    return ", ".join(map(str, ranks[:20]))


def _enumerate(roles: frozenset[str]) -> str:
    return ", ".join(f"{role} ({tables.ROLES[role]})" for role in tables.ROLES if role in roles)
