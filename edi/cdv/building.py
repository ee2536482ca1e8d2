"""Messages of cycle de vie as we make them: one invoice, file or flux, one statut, and its motifs.

The table decides of phase, code 1373, labels and legal motifs; whoever asks for a pair that it does not
know gets :class:`CdvIllegal` and no message. Of what is made here ``coherence`` has nothing to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from edi.cdv import cards, coherence, tables
from edi.cdv.tables import ADRESSE_LISTE, MATRICULE_LISTE, SIREN_LISTE, Nature, StatutCdv
from edi.model import Cdv, DonneeCdv, Finding, MotifCdv, ObjetCdv, PartieCdv

# Characters that XML 1.0 cannot hold; a note may quote some.
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_SPACES = re.compile("[ \t\r\n]+")
_REGULATED = "REGULATED"
_OF_THE_INVOICE = {cards.SIREN.code, cards.NUMERO.code}


class CdvIllegal(ValueError):
    """A message that must not be made or written; ``findings`` say why. A fault of who asks for it."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("; ".join(f"{finding.code} {finding.message}" for finding in findings))
        self.findings = tuple(findings)


class FactureVisee(NamedTuple):
    """The invoice that a message speaks of, by what finds it again: number, seller and date."""

    numero: str  # BT-1
    type: str  # BT-3
    date: date  # BT-2
    siren: str  # of the seller
    recue_le: datetime  # MDT-95, local


class Raison(NamedTuple):
    """Why a statut is given."""

    code: str  # a motif; '' where only values are told
    note: str = ""
    action: str = ""
    donnees: tuple[DonneeCdv, ...] = ()


class Signature(NamedTuple):
    """Who says a statut to whom, and when; instants are local."""

    auteur: PartieCdv
    destinataires: tuple[PartieCdv, ...]
    pose_le: datetime
    cree_le: datetime
    expediteur: PartieCdv = PartieCdv("WK")


PLATEFORME = PartieCdv("WK")  # anonymous, as all platforms but Chorus Pro are between themselves
CHORUS_PRO = PartieCdv("WK", tables.CHORUS_PRO, MATRICULE_LISTE, "CHORUS PRO")


def make_party(role: str, siren: str, nom: str, adresse: str = "") -> PartieCdv:
    """A party known by its SIREN. ``adresse`` is its electronic one, of list 0225."""
    return PartieCdv(role, siren, SIREN_LISTE, _clean(nom), adresse, ADRESSE_LISTE if adresse else "")


def make_cashing(montants: Iterable[DonneeCdv]) -> tuple[Raison, ...]:
    """What a 212 tells: one entry that holds the amounts cashed, each with its rate."""
    return (Raison("", donnees=tuple(montants)),)


def build_facture(
    statut: str,
    facture: FactureVisee,
    signature: Signature,
    raisons: Sequence[Raison] = (),
    processus: str = _REGULATED,
) -> Cdv:
    """The message that tells a statut (200 to 228) of an invoice. Raises CdvIllegal."""
    row = _row(tables.STATUTS, statut)
    objet = _object(row, facture.numero, tables.FACTURE, facture.recue_le, raisons)
    objet = replace(
        objet,
        type=facture.type,
        date=facture.date,
        vendeur=PartieCdv("SE", facture.siren, SIREN_LISTE),
    )
    suffix = f"#{facture.type}_{facture.date:%Y%m%d}"
    return _seal(_message(row, objet, signature, tables.FACTURE, processus, suffix))


def build_fichier(nom: str, recu_le: datetime, signature: Signature, raisons: Sequence[Raison]) -> Cdv:
    """The 501 of one file of a flux, named by its file name: it has no number that could be relied on."""
    row = _row(tables.STATUTS, "501")
    objet = _object(row, nom, tables.FACTURE, recu_le, raisons)
    return _seal(_message(row, objet, signature, tables.FACTURE, _REGULATED))


def build_flux(
    statut: str, id_flux: str, recu_le: datetime, signature: Signature, raisons: Sequence[Raison] = ()
) -> Cdv:
    """The 500 or 501 of a whole flux. Raises CdvIllegal."""
    row = _row(tables.STATUTS_FLUX, statut)
    objet = replace(_object(row, id_flux, tables.FLUX, recu_le, raisons), type=tables.FLUX.type)
    return _seal(_message(row, objet, signature, tables.FLUX, _REGULATED))


def copy_for_ppf(cdv: Cdv, plateforme: PartieCdv, id: str) -> Cdv:
    """The copy of a message for the PPF, which bears no processus and names the platform that sends it.

    ``id`` (MDT-4) is the name of the flux that carries it. Raises CdvIllegal for a statut that the PPF does
    not get.
    """
    row = tables.statut_of(cdv)
    if row is None or row.ppf == "non":
        raise CdvIllegal([_unknown(cdv.objet.statut)])
    return _seal(
        replace(
            cdv,
            id=id,
            processus="",
            profil=tables.PROFIL_PPF,
            expediteur=plateforme,
            auteur=plateforme if row.phase == tables.TRANSMISSION else cdv.auteur,
            destinataires=(PartieCdv("DFH", tables.PPF, MATRICULE_LISTE, tables.NOM_PPF),),
        )
    )


def check_legal(cdv: Cdv) -> None:
    """Raises CdvIllegal when there is anything to say of a message: what we emit must be beyond reproach.

    Except of the invoice itself, where its number or its seller are what they are; the PPF would refuse them.
    """
    findings = list(coherence.check(cdv))
    if not tables.is_for_ppf(cdv):
        findings = [finding for finding in findings if finding.code not in _OF_THE_INVOICE]
    if tables.statut_of(cdv) is None:
        findings.append(_unknown(cdv.objet.statut))
    if cdv.processus not in tables.PROCESSUS and not tables.is_for_ppf(cdv):
        findings.append(_unknown(cdv.processus))
    if findings:
        raise CdvIllegal(findings)


def _row(table: Mapping[str, StatutCdv], statut: str) -> StatutCdv:
    if statut not in table:
        raise CdvIllegal([_unknown(statut)])
    return table[statut]


def _unknown(code: str) -> Finding:
    return cards.CODE_INCONNU.at(value=code, quoi="il ne peut pas être émis ici")


def _object(
    row: StatutCdv, id: str, nature: Nature, recu_le: datetime, raisons: Sequence[Raison]
) -> ObjetCdv:
    return ObjetCdv(
        id=_clean(id),
        statut=row.code,
        libelle=row.libelle,
        code_1373=row.code_1373,
        nature=nature.reference,
        recu_le=recu_le,
        motifs=tuple(_motif(rank, raison) for rank, raison in enumerate(raisons, 1)),
    )


def _motif(rank: int, raison: Raison) -> MotifCdv:
    note = _ILLEGAL.sub("\ufffd", raison.note).strip()
    return MotifCdv(
        rang=rank,
        code=raison.code,
        libelle=tables.MOTIFS.get(raison.code, ""),
        action=raison.action,
        action_libelle=tables.ACTIONS.get(raison.action, ""),
        notes=(note,) if note else (),
        donnees=tuple(_datum(donnee) for donnee in raison.donnees),
    )


def _datum(donnee: DonneeCdv) -> DonneeCdv:
    return replace(donnee, nom=_clean(donnee.nom), lieu=_clean(donnee.lieu), valeur=_clean(donnee.valeur))


def _message(
    row: StatutCdv, objet: ObjetCdv, signature: Signature, nature: Nature, processus: str, suffix: str = ""
) -> Cdv:
    return Cdv(
        id=f"{objet.id}_{row.code}_{signature.pose_le:%Y%m%d%H%M%S}{suffix}",
        nom=f"CDV-{row.code}",
        processus=processus,
        profil=nature.profil,
        cree_le=signature.cree_le,
        expediteur=signature.expediteur,
        auteur=signature.auteur,
        destinataires=signature.destinataires,
        phase=row.phase,
        pose_le=signature.pose_le,
        objet=objet,
    )


def _seal(cdv: Cdv) -> Cdv:
    check_legal(cdv)
    return cdv


def _clean(text: str) -> str:
    """A text on one line that XML can hold, as a reader will give it back."""
    return _SPACES.sub(" ", _ILLEGAL.sub("\ufffd", text)).strip()
