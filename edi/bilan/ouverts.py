"""What is not over when a run ends: since when, until when, who acts. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from edi.bilan.calcul import Deposant
from edi.bilan.chiffres import Ouvert
from edi.model import Emission, Flux, FluxStatut, Reception
from edi.retries import EMISSION as DELAI_EMISSION
from edi.retries import deadline

RECEPTION, EMISSION = "RECEPTION", "EMISSION"
_EN_ATTENTE, _EN_RECEPTION = "edi flux list --en-attente", "edi flux list --en-reception"
_COUNTED = re.compile(r" \(\d+ en attente\)$")  # says how many invoices of one flux wait: told otherwise
_NOT_YET = {
    FluxStatut.RECU: "pas encore jugé",
    FluxStatut.EN_COURS: "en cours de jugement",
}


class _Attente(NamedTuple):
    """One thing that is not over."""

    appli: str
    quoi: str
    raison: str
    qui: str
    commande: str
    depuis: datetime
    sujet: str
    factures: int = 0
    essai: datetime | None = None
    jusqu: datetime | None = None
    abandonne: bool = False
    regle: str = ""


def find_open(
    flux_list: Iterable[Flux],
    decidees: Mapping[int, int],
    receptions: Iterable[Reception],
    emissions: Iterable[Emission],
    deposants: Mapping[str, Deposant],
    regles: Mapping[str, str],
) -> tuple[Ouvert, ...]:
    """All that is not over, folded by reason.

    ``decidees``: invoices of each flux that are decided; ``regles``: the codes of the rules that are held to
    be wrong, by what the incident of a flux begins with that waits for one.
    """
    found = [_flux(flux, decidees.get(flux.id, 0), regles) for flux in flux_list if flux.statut.en_cours]
    found += [_reception(one) for one in receptions]
    found += [_emission(one) for one in emissions]
    groups: dict[tuple[object, ...], list[_Attente]] = defaultdict(list)
    for one in found:
        groups[one.quoi, one.raison, one.qui, one.abandonne].append(one)
    folded = [_fold(some, deposants) for some in groups.values()]
    return tuple(sorted(folded, key=lambda one: (not one.abandonne, one.depuis, one.raison)))


def _flux(flux: Flux, decidees: int, regles: Mapping[str, str]) -> _Attente:
    held = flux.statut is FluxStatut.EN_ATTENTE
    stuck = held and flux.prochain_essai is None
    regle = next((code for start, code in regles.items() if held and flux.incident.startswith(start)), "")
    return _Attente(
        appli=flux.appli,
        quoi=flux.statut.name,
        raison=(_COUNTED.sub("", flux.incident) if held else "") or _NOT_YET.get(flux.statut, "en attente"),
        qui="l'exploitant" if stuck or regle else "la plateforme",
        commande=_EN_ATTENTE,
        depuis=flux.recu_le,
        sujet=flux.reference,
        factures=max((flux.recues or 0) - decidees, 0),
        essai=flux.prochain_essai,
        jusqu=deadline(flux.statut, flux.recu_le),
        abandonne=stuck,
        regle=regle,
    )


def _reception(one: Reception) -> _Attente:
    return _Attente(
        one.appli,
        RECEPTION,
        one.attend.libelle,
        "le déposant",
        _EN_RECEPTION,
        one.vu_le,
        one.nom,
        jusqu=one.echeance,
    )


def _emission(one: Emission) -> _Attente:
    until = one.cree_le + DELAI_EMISSION.duree
    why = "établie, pas encore partie"
    return _Attente(
        one.appli, EMISSION, why, DELAI_EMISSION.qui, "edi queue", one.cree_le, one.nom, jusqu=until
    )


def _fold(some: Sequence[_Attente], deposants: Mapping[str, Deposant]) -> Ouvert:
    oldest = min(some, key=lambda one: one.depuis)
    return Ouvert(
        deposants=_names({one.appli for one in some}, deposants),
        quoi=oldest.quoi,
        combien=len(some),
        factures=sum(one.factures for one in some),
        depuis=oldest.depuis,
        raison=oldest.raison,
        qui=oldest.qui,
        commande=oldest.commande,
        essai=min((one.essai for one in some if one.essai), default=None),
        jusqu=min((one.jusqu for one in some if one.jusqu), default=None),
        sujet=oldest.sujet,
        abandonne=oldest.abandonne,
        regle=oldest.regle,
    )


def _names(applis: Collection[str], deposants: Mapping[str, Deposant]) -> tuple[str, ...]:
    return tuple(sorted(deposants[appli].nom if appli in deposants else appli for appli in applis))
