"""All that is known of some invoices, read together: what one command and one page tell of an invoice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from edi.model import FactureDeposee, Finding, PackApplique, RepriseFaite
from edi.store import factures, packs, rejets, reprises, vies
from edi.store.reprises import Acquittement


class Fiche(NamedTuple):
    """An invoice, the flux that brought it, its statuts, what was found, and the rules that were asked."""

    facture: FactureDeposee
    flux: str  # its reference
    history: list[vies.Passage]
    findings: list[Finding]
    levees: list[tuple[str, datetime]]  # codes that blocked it once, and when a replay lifted them
    packs: tuple[PackApplique, ...]
    reprises: tuple[RepriseFaite, ...]
    vues: Sequence[Acquittement]
    origines: list[FactureDeposee]  # that an avoir corrects
    avoirs: list[FactureDeposee]  # that correct it


def read_fiches(conn: Connection, found: Sequence[tuple[FactureDeposee, str]]) -> list[Fiche]:
    """All that is known of these invoices, each given with the reference of its flux."""
    ids = [facture.id for facture, _ in found]
    lifted = rejets.lifted(conn, ids)
    findings, sets = factures.findings_of_factures(conn, ids), packs.sets_of_factures(conn, ids)
    return [
        Fiche(
            facture,
            flux,
            vies.history(conn, facture.id),
            findings.get(facture.id, []),
            lifted.get(facture.id, []),
            sets.get(facture.id, ()),
            reprises.of_facture(conn, facture.id),
            reprises.acknowledgements(conn, facture.id),
            *factures.linked(conn, facture),
        )
        for facture, flux in found
    ]
