"""Queries on invoices, their findings, and the register of accepted ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, or_, select, tuple_

from edi.model import (
    CleFacture,
    FactureDeposee,
    FactureJugee,
    FactureStatut,
    FichierJuge,
    Finding,
    Identifiant,
    LotJuge,
    Original,
    Partie,
    Severity,
)
from edi.store.tables import facture as table
from edi.store.tables import facture_statut, facture_unique, finding, flux

_CHUNK = 500  # rows or keys in one statement


def record_lot(conn: Connection, flux_id: int, lot: LotJuge) -> list[int]:
    """Record every invoice of a lot and every finding; the ids of the invoices, in the lot's order.

    The invoices have no statut yet: ``edi.lifecycle.advance`` gives it.
    """
    pairs = [(fichier, jugee) for fichier in lot.fichiers for jugee in fichier.factures]
    rows = [_row(flux_id, ordre, fichier, jugee) for ordre, (fichier, jugee) in enumerate(pairs, 1)]
    ids: list[int] = []
    for start in range(0, len(rows), _CHUNK):
        query = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        ids += conn.execute(query, rows[start : start + _CHUNK]).scalars()
    found = [_finding_row(flux_id, None, "", f) for f in lot.findings]
    found += [
        _finding_row(flux_id, None, fichier.nom, f) for fichier in lot.fichiers for f in fichier.findings
    ]
    found += [
        _finding_row(flux_id, facture_id, fichier.nom, f)
        for facture_id, (fichier, jugee) in zip(ids, pairs, strict=True)
        for f in jugee.findings
    ]
    if found:
        conn.execute(insert(finding), found)
    return ids


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


def register(conn: Connection, keys: Mapping[CleFacture, int]) -> None:
    """Enter accepted invoices into the register. Raises IntegrityError when one is already there."""
    rows = [{**key._asdict(), "facture_id": facture_id} for key, facture_id in keys.items()]
    if rows:
        conn.execute(insert(facture_unique), rows)


def originals(conn: Connection, keys: Iterable[CleFacture]) -> dict[CleFacture, Original]:
    """The accepted invoices among ``keys``, with the flux and the instant that brought them."""
    wanted, found = sorted(set(keys)), {}
    columns = (facture_unique.c.fournisseur, facture_unique.c.numero, facture_unique.c.annee)
    for start in range(0, len(wanted), _CHUNK):
        query = (
            select(*columns, flux.c.idflux, flux.c.nom, flux.c.recu_le)
            .join(table, table.c.id == facture_unique.c.facture_id)
            .join(flux, flux.c.id == table.c.flux_id)
            .where(tuple_(*columns).in_(wanted[start : start + _CHUNK]))
        )
        for row in conn.execute(query):
            found[CleFacture(row[0], row[1], row[2])] = Original(row.idflux or row.nom, row.recu_le)
    return found


def findings_of(conn: Connection, flux_id: int) -> list[tuple[FactureDeposee | None, str, Finding]]:
    """Every finding of a delivery, in the order it was recorded: (invoice or None, file name, finding)."""
    factures = {facture.id: facture for facture in of_flux(conn, flux_id)}
    query = select(finding).where(finding.c.flux_id == flux_id).order_by(finding.c.id)
    return [(factures.get(row.facture_id), row.fichier, _finding(row)) for row in conn.execute(query)]


def _finding(row: Row[Any]) -> Finding:
    values = {key: value for key, value in row._mapping.items() if key in Finding.__slots__}
    return Finding(**{**values, "severity": Severity(values["severity"])})


def of_flux(conn: Connection, flux_id: int) -> tuple[FactureDeposee, ...]:
    """The invoices of a delivery, in its order."""
    query = select(table).where(table.c.flux_id == flux_id).order_by(table.c.ordre)
    return tuple(_facture(row) for row in conn.execute(query))


def _facture(row: Row[Any]) -> FactureDeposee:
    return FactureDeposee(
        id=row.id,
        flux_id=row.flux_id,
        ordre=row.ordre,
        fichier=row.fichier,
        rang=row.rang,
        numero=row.numero,
        type=row.type,
        date=row.date,
        fournisseur=Partie(
            Identifiant(row.fournisseur_type, row.fournisseur), row.fournisseur_nom, row.fournisseur_pays
        ),
        destinataire=Partie(Identifiant(row.destinataire_type, row.destinataire), row.destinataire_nom),
        service=row.service,
        engagement=row.engagement,
        marche=row.marche,
        devise=row.devise,
        ttc=row.ttc,
        statut=FactureStatut[row.statut] if row.statut else None,
    )


def search(
    conn: Connection,
    *,
    statuts: Sequence[FactureStatut] = (),
    appli: str = "",
    text: str = "",
    code: str = "",
    limit: int = 50,
    offset: int = 0,
) -> tuple[int, list[tuple[FactureDeposee, str]]]:
    """How many invoices match, and a page of them with the reference of their flux, newest first.

    ``text`` is what people hold: a number, a SIRET, an engagement, a marché, a file name or a flux id.
    """
    query: Select[Any] = select(table, flux.c.idflux, flux.c.nom.label("flux_nom")).join(
        flux, flux.c.id == table.c.flux_id
    )
    if statuts:
        query = query.where(table.c.statut.in_([statut.name for statut in statuts]))
    if appli:
        query = query.where(flux.c.appli == appli)
    if text:
        held = ("numero", "fournisseur", "destinataire", "engagement", "marche", "fichier")
        query = query.where(or_(*(table.c[name] == text for name in held), flux.c.idflux == text))
    if code:
        query = query.where(table.c.id.in_(select(finding.c.facture_id).where(finding.c.code == code)))
    total = conn.execute(select(func.count()).select_from(query.subquery())).scalar_one()
    page = conn.execute(query.order_by(table.c.id.desc()).limit(limit).offset(offset))
    return total, [(_facture(row), row.idflux or row.flux_nom) for row in page]


def findings_of_factures(conn: Connection, ids: Iterable[int]) -> dict[int, list[Finding]]:
    """The findings of some invoices."""
    wanted: list[int] = sorted(set(ids))
    found: dict[int, list[Finding]] = {}
    for start in range(0, len(wanted), _CHUNK):
        query = select(finding).where(finding.c.facture_id.in_(wanted[start : start + _CHUNK]))
        for row in conn.execute(query.order_by(finding.c.id)):
            found.setdefault(row.facture_id, []).append(_finding(row))
    return found


def statuts_told_by(conn: Connection, emission_id: int) -> list[tuple[FactureDeposee, FactureStatut, Any]]:
    """What one cycle de vie flow tells: (invoice, statut, instant), in order."""
    query = (
        select(table, facture_statut.c.apres, facture_statut.c.le)
        .join(facture_statut, facture_statut.c.facture_id == table.c.id)
        .where(facture_statut.c.emission_id == emission_id)
        .order_by(table.c.ordre, facture_statut.c.id)
    )
    return [(_facture(row), FactureStatut[row.apres], row.le) for row in conn.execute(query)]
