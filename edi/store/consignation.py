"""Recording what was judged: the invoices of a lot, and what was found in them and in it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from sqlalchemy import Connection

from edi.model import (
    AVOIRS,
    FactureJugee,
    FichierJuge,
    Finding,
    LotJuge,
)
from edi.model.journal import GenreEcriture
from edi.store import journal
from edi.store.masse import write_numbered, write_rows
from edi.store.packs import record_sets
from edi.store.tables import facture as table
from edi.store.tables import finding

_CHUNK = 500  # rows made at once

_FILE = 10_000  # more invoices than any file may hold


def record_factures(conn: Connection, flux_id: int, lot: LotJuge, wanted: Collection[int]) -> list[int]:
    """Record some invoices of a lot with their findings; ``wanted`` are their positions in ``lot.factures``.

    Their ids, in the lot's order. They have no statut yet: ``edi.lifecycle.advance`` gives it.
    """
    placed = [
        (place * _FILE + jugee.facture.rang, fichier, jugee)
        for place, fichier in enumerate(lot.fichiers)
        for jugee in fichier.factures
    ]
    kept = [triple for position, triple in enumerate(placed) if position in wanted]
    sets = record_sets(conn, {jugee.packs for _, _, jugee in kept if jugee.packs})
    ids: list[int] = []
    for start in range(0, len(kept), _CHUNK):  # rows are made when they are written
        some = kept[start : start + _CHUNK]
        rows = [{**_row(flux_id, *triple), "pack_set_id": sets.get(triple[2].packs)} for triple in some]
        numbers = write_numbered(conn, table, rows)
        found = [
            _finding_row(flux_id, facture_id, fichier.nom, f)
            for facture_id, (_, fichier, jugee) in zip(numbers, some, strict=True)
            for f in jugee.findings
        ]
        write_rows(conn, finding, found)
        ids += numbers
    journal.tell(conn, GenreEcriture.VERDICT, ids)
    return ids


def record_findings(conn: Connection, flux_id: int, lot: LotJuge) -> None:
    """Record what was found in the flux itself and in its files."""
    found = [_finding_row(flux_id, None, "", f) for f in lot.findings]
    found += [
        _finding_row(flux_id, None, fichier.nom, f) for fichier in lot.fichiers for f in fichier.findings
    ]
    if found:
        write_rows(conn, finding, found)
        journal.tell(conn, GenreEcriture.CONTROLE, [flux_id])


def record_findings_of(
    conn: Connection, flux_id: int, facture_id: int, fichier: str, found: Iterable[Finding]
) -> None:
    """Record what a delivery was told of an invoice that it takes up again."""
    rows = [_finding_row(flux_id, facture_id, fichier, f) for f in found]
    write_rows(conn, finding, rows)


def _row(flux_id: int, ordre: int, fichier: FichierJuge, jugee: FactureJugee) -> dict[str, Any]:
    facture = jugee.facture
    return {
        "flux_id": flux_id,
        "ordre": ordre,
        "fichier": fichier.nom,
        "rang": facture.rang,
        "numero": facture.numero,
        "type": facture.type,
        "cadre": facture.cadre,
        "date": facture.date,
        "fournisseur_type": facture.fournisseur.identifiant.type,
        "fournisseur": facture.fournisseur.identifiant.valeur,
        "fournisseur_nom": facture.fournisseur.nom,
        "fournisseur_pays": facture.fournisseur.pays,
        "destinataire_type": facture.destinataire.identifiant.type,
        "destinataire": facture.destinataire.identifiant.valeur,
        "destinataire_nom": facture.destinataire.nom,
        "service": facture.service,
        "engagement": facture.engagement,
        "marche": facture.marche,
        "devise": facture.devise,
        "ht": facture.montants.ht,
        "tva": facture.montants.tva,
        "ttc": facture.montants.ttc,
        "net": facture.montants.net,
        "lignes": facture.lignes,
        "pieces_jointes": len(facture.pieces_jointes),
        "origine": next(iter(facture.termes.get("BT-25", ())), "") if facture.type in AVOIRS else "",
        "statut": "",
    }


def _finding_row(flux_id: int, facture_id: int | None, fichier: str, found: Finding) -> dict[str, Any]:
    return {
        "flux_id": flux_id,
        "facture_id": facture_id,
        "fichier": fichier,
        "severity": int(found.severity),
        **{
            name: getattr(found, name)
            for name in ("code message location line value expected fix term motif source".split())
        },
    }
