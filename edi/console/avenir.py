"""What may still become of an invoice, as the tables of transitions say: who may say what. Pure."""

from __future__ import annotations

from typing import NamedTuple

from edi.lifecycle.statuts import FACTURE_TRANSITIONS, FINAL
from edi.model import FactureStatut
from edi.outbound.suites import suite_facture


class Avenir(NamedTuple):
    """The statuts that somebody may still give an invoice."""

    par: str
    statuts: tuple[FactureStatut, ...]


def foresee(statut: FactureStatut | None) -> list[Avenir]:
    """Who may still change the statut of an invoice, and to which; nobody where its life is over."""
    if statut in FINAL:  # what is said later is logged, and shows no more
        return []
    found: dict[str, list[FactureStatut]] = {}
    for one in sorted(FACTURE_TRANSITIONS[statut] - {statut}, key=lambda each: each.id_statut):
        found.setdefault(suite_facture(one).emetteur, []).append(one)
    return [Avenir(par, tuple(statuts)) for par, statuts in found.items()]
