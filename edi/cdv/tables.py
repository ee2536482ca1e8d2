"""Statuts, motifs, roles and actions of the cycle de vie of the reform, read from ``schemas/cdv.toml``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from edi.model import Cdv
from edi.resources import locate

TRANSMISSION = "305"  # phase of what platforms say
TRAITEMENT = "23"  # phase of what the parties say
SIREN_LISTE = "0002"
MATRICULE_LISTE = "0238"
ADRESSE_LISTE = "0225"


@dataclass(frozen=True, slots=True)
class StatutCdv:
    """One statut: its words, who may give it, to whom, and the motifs that are legal for it."""

    code: str
    libelle: str
    phase: str
    code_1373: str  # UNTDID 1373; '' when none is sent
    auteurs: frozenset[str]
    destinataires: frozenset[str]
    ppf: str  # "oui" | "si_tva_encaissement" | "non"
    motifs: tuple[str, ...]
    source: str  # S, I or U: see docs/normes.md
    motifs_b2g: tuple[str, ...] = ()  # more, when Chorus Pro sends the message
    motif_exige: bool = False

    def legal_motifs(self, chorus_pro: bool = False) -> tuple[str, ...]:
        """The motifs that this statut may bear; some only from Chorus Pro."""
        return self.motifs + (self.motifs_b2g if chorus_pro else ())


class Nature(NamedTuple):
    """What a kind of object is called in a message."""

    profil: str  # MDT-3
    reference: str  # MDT-97
    type: str  # MDT-91; '' for that of the invoice
    source: str


class CorrespondanceCdv(NamedTuple):
    """By which code of the reform a statut of ours is told; see ``schemas/cdv.toml``."""

    statut: str  # name of a FactureStatut
    code: str  # '' for none
    source: str
    motif: str = ""
    motif_b2g: str = ""


_DATA: dict[str, Any] = tomllib.loads(locate("schemas", "cdv.toml").read_text("utf-8"))


def _statuts(key: str) -> dict[str, StatutCdv]:
    sets, lists = ("auteurs", "destinataires"), ("motifs", "motifs_b2g")
    return {
        entry["code"]: StatutCdv(
            **{
                **entry,
                **{name: frozenset(entry[name]) for name in sets},
                **{name: tuple(entry.get(name, ())) for name in lists},
            }
        )
        for entry in _DATA[key]
    }


STATUTS: Mapping[str, StatutCdv] = _statuts("statut")
STATUTS_FLUX: Mapping[str, StatutCdv] = _statuts("statut_flux")
CORRESPONDANCES: tuple[CorrespondanceCdv, ...] = tuple(
    CorrespondanceCdv(**row) for row in _DATA["correspondance"]
)
LUS: Mapping[str, str] = _DATA["lu"]  # what a destinataire may say -> name of a FactureStatut, or ''
AUTRES_STATUTS: Mapping[str, str] = _DATA["autres_statuts"]
MOTIFS: Mapping[str, str] = _DATA["motif"]
ROLES: Mapping[str, str] = _DATA["role"]
PHASES: Mapping[str, str] = _DATA["phase"]
PROCESSUS: Mapping[str, str] = _DATA["processus"]
ACTIONS: Mapping[str, str] = _DATA["action"]
DONNEES: Mapping[str, str] = _DATA["donnee"]
TYPES: frozenset[str] = frozenset(_DATA["types"]["codes"])
FACTURE, FLUX = (Nature(**_DATA["nature"][name]) for name in ("facture", "flux"))
PROFIL_PPF: str = _DATA["ppf"]["profil"]
PPF: str = _DATA["ppf"]["matricule"]
NOM_PPF: str = _DATA["ppf"]["nom"]
CHORUS_PRO: str = _DATA["ppf"]["chorus_pro"]
_TOLERES = re.compile("|".join(_DATA["reception"]["toleres"]))


def is_of_flux(cdv: Cdv) -> bool:
    """Whether a message speaks of a flux, not of an invoice or of a file of one."""
    return FLUX.profil == cdv.profil or FLUX.reference == cdv.objet.nature


def is_for_ppf(cdv: Cdv) -> bool:
    """Whether a message is the copy for the PPF: one destinataire, and it is the PPF."""
    only = [(partie.schema, partie.identifiant) for partie in cdv.destinataires]
    return only == [(MATRICULE_LISTE, PPF)]


def is_from_chorus_pro(cdv: Cdv) -> bool:
    """Whether Chorus Pro sends a message: motifs of the public sector are then legal."""
    sender = cdv.expediteur
    return sender is not None and (sender.schema, sender.identifiant) == (MATRICULE_LISTE, CHORUS_PRO)


def statut_of(cdv: Cdv) -> StatutCdv | None:
    """The row of a message's statut; None when we know none for such an object."""
    return (STATUTS_FLUX if is_of_flux(cdv) else STATUTS).get(cdv.objet.statut)


def is_tolerated(rule: str) -> bool:
    """Whether a message that breaks this official rule is received all the same, with a warning."""
    return _TOLERES.match(rule) is not None
