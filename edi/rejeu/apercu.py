"""How many rejected invoices the registry of today would let pass, without opening a document."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection

from edi.model import CleFacture, Deposant, Facture, Limites, Politique, Verdict
from edi.rejeu.jugement import see_world
from edi.store import rejets
from edi.validators.catalogue import DOUBLON_RULES, REGISTRY_RULES
from edi.validators.doublon import unicity_key
from edi.validators.rules import Context, run

_OF_REGISTRY = frozenset(rule.card.code for rule in REGISTRY_RULES)
_CHORUS = "A"  # first letter of a cadre of Chorus Pro: A1 to A25
_MANY = 2_000  # rejected invoices that are worth a look after each import


def count_cured(
    conn: Connection,
    politique: Politique,
    limites: Limites,
    deposants: Mapping[str, Deposant],
    jour: date,
) -> int:
    """How many would pass on ``jour`` of those that the registry alone had rejected.

    Of the oldest few thousand; a lower bound, for what only the document tells is taken at its strictest.
    """
    by_appli: dict[str, list[Facture]] = {}
    for rejet in rejets.blocked_only_by(conn, _OF_REGISTRY, _MANY):
        by_appli.setdefault(rejet.appli, []).append(_as_judged(rejet))
    cured, seen = 0, set[CleFacture]()
    for appli, wanted in by_appli.items():
        snapshot = see_world(conn, wanted, appli, politique, {})
        deposant = deposants.get(appli, Deposant(appli))
        for facture in wanted:
            famille = "chorus" if facture.cadre.startswith(_CHORUS) else "reforme"
            context = Context(facture, famille, politique, limites, jour, deposant, snapshot)
            key = unicity_key(facture, politique)
            if Verdict(run((*REGISTRY_RULES, *DOUBLON_RULES), context)).accepted and key not in seen:
                cured += 1
                seen |= {key} if key is not None else set()
    return cured


def _as_judged(rejet: rejets.Rejet) -> Facture:
    facture = rejet.facture
    return Facture(
        facture.rang,
        facture.numero,
        facture.type,
        rejet.cadre,
        facture.date,
        facture.devise,
        facture.fournisseur,
        facture.destinataire,
        service=facture.service,
        engagement=facture.engagement,
        marche=facture.marche,
    )
