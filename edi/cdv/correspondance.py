"""Our statuts of an invoice and those of the reform: ``schemas/cdv.toml``, and what operators set instead."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType

from edi.cdv import tables
from edi.cdv.building import CHORUS_PRO, PLATEFORME
from edi.cdv.tables import MATRICULE_LISTE, StatutCdv
from edi.model import FactureStatut, PartieCdv

_BY_ID = {statut.id_statut: statut for statut in FactureStatut}
_TRANSMISSION = frozenset(_BY_ID[id_statut] for id_statut in ("01", "02", "03", "37"))
_GIVEN = tuple(f"{number:02d}" for number in range(3, 12))  # by destinataires: 03 to 11
_APART = frozenset({"212", "501"})  # they tell amounts, or a file
_NOTHING: Mapping[str, str] = MappingProxyType({})


def _codes() -> dict[FactureStatut, str]:
    return {FactureStatut[row.statut]: row.code for row in tables.CORRESPONDANCES}


def _lus() -> dict[str, FactureStatut | None]:
    return {code: FactureStatut[name] if name else None for code, name in tables.LUS.items()}


@dataclass(frozen=True, slots=True)
class Reforme:
    """How this platform speaks the cycle de vie of the reform. Made by :func:`make_reforme`."""

    codes: Mapping[FactureStatut, str]  # '': no message tells it
    motifs: Mapping[FactureStatut, str]  # where nobody named one
    lus: Mapping[str, FactureStatut | None]  # what a destinataire says; None: noted, nothing changes
    suffixe: str = "_STATUTS"  # after the SIREN, in the address of a fournisseur
    matricule: str = ""  # ours, of four digits; '' for none
    nom: str = ""
    ppf: str = ""  # application code of the PPF; '': it gets no copy

    @property
    def is_chorus_pro(self) -> bool:
        """Motifs of the public sector are then legal, and messages are signed."""
        return self.matricule == tables.CHORUS_PRO

    @property
    def expediteur(self) -> PartieCdv:
        """Who sends our messages."""
        return CHORUS_PRO if self.is_chorus_pro else PLATEFORME

    @property
    def plateforme(self) -> PartieCdv:
        """Who we are towards the PPF."""
        return PartieCdv(
            "WK", self.matricule, MATRICULE_LISTE, CHORUS_PRO.nom if self.is_chorus_pro else self.nom
        )

    def legal_motifs(self, code: str) -> tuple[str, ...]:
        """The motifs that a statut of the reform may bear when we send it."""
        return tables.STATUTS[code].legal_motifs(self.is_chorus_pro)


def make_reforme(
    codes: Mapping[str, str] = _NOTHING,
    motifs: Mapping[str, str] = _NOTHING,
    lus: Mapping[str, str] = _NOTHING,
    *,
    suffixe: str = "_STATUTS",
    matricule: str = "",
    nom: str = "",
    ppf: str = "",
) -> Reforme:
    """The tables with what an operator sets instead, by IdStatut.

    Raises ValueError: key, value, what is legal.
    """
    wanted = {**_codes(), **{_statut("codes", key): code for key, code in codes.items()}}
    for statut, code in wanted.items():
        if code and code not in _tellable(statut):
            raise ValueError(_refuse("codes", statut.id_statut, code, _tellable(statut)))
    b2g = matricule == tables.CHORUS_PRO
    given = {
        FactureStatut[row.statut]: row.motif_b2g if b2g and row.motif_b2g else row.motif
        for row in tables.CORRESPONDANCES
    }
    given |= {_statut("motifs", key): motif for key, motif in motifs.items()}
    for statut, motif in given.items():
        row = tables.STATUTS.get(wanted[statut])
        legal = row.legal_motifs(b2g) if row else ()
        chosen = statut.id_statut in motifs
        if chosen and motif not in legal:
            raise ValueError(_refuse("motifs", statut.id_statut, motif, legal))
        if row and motif not in legal and row.motif_exige and not _tells_findings(row):
            raise ValueError(_missing(statut, row, legal))
    read = _lus()
    for code, name in lus.items():
        if code not in tables.STATUTS:
            raise ValueError(_refuse("lus", code, code, tuple(tables.STATUTS)))
        if name and name not in _GIVEN:
            raise ValueError(_refuse("lus", code, name, _GIVEN))
        read[code] = _BY_ID[name] if name else None
    return Reforme(wanted, given, read, suffixe, matricule, nom, ppf)


def _tells_findings(row: StatutCdv) -> bool:
    """Our own rejection: its motifs are those of what was found."""
    return row.phase == tables.TRANSMISSION


def _tellable(statut: FactureStatut) -> tuple[str, ...]:
    """The codes that could tell a statut: what platforms say of the transmission, what the parties do."""
    phase = tables.TRANSMISSION if statut in _TRANSMISSION else tables.TRAITEMENT
    return tuple(code for code, row in tables.STATUTS.items() if row.phase == phase and code not in _APART)


def _statut(cle: str, id_statut: str) -> FactureStatut:
    if id_statut not in _BY_ID:
        raise ValueError(_refuse(cle, id_statut, id_statut, tuple(_BY_ID)))
    return _BY_ID[id_statut]


def _refuse(cle: str, key: str, value: str, legal: Sequence[str]) -> str:
    near = get_close_matches(value, legal, n=1)
    hint = f" ; vouliez-vous « {near[0]} » ?" if near else ""
    told = ", ".join(legal) or "aucune"
    return f"la clé « cycle_de_vie.{cle}.{key} » a la valeur « {value} »{hint} ; valeurs légales : {told}"


def _missing(statut: FactureStatut, row: StatutCdv, legal: tuple[str, ...]) -> str:
    key, told = statut.id_statut, ", ".join(legal)
    return (
        f"la clé « cycle_de_vie.codes.{key} » vaut « {row.code} », qui exige un motif : donnez-en un par "
        f"défaut dans « cycle_de_vie.motifs.{key} » ; valeurs légales : {told}"
    )


REFORME = make_reforme()
