"""Queries on invoices, their findings, and the register of accepted ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, func, or_, select

from edi.model import (
    CleFacture,
    FactureDeposee,
    FactureStatut,
    Finding,
    Identifiant,
    Original,
    Partie,
    Severity,
)
from edi.store.chunks import as_rows, in_chunks
from edi.store.masse import write_rows
from edi.store.tables import facture as table
from edi.store.tables import facture_unique, finding, flux, reprise

_CHUNK = 500  # rows or keys in one statement


def register(conn: Connection, keys: Mapping[CleFacture, int]) -> None:
    """Enter accepted invoices into the register. Raises IntegrityError when one is already there."""
    rows = [{**key._asdict(), "facture_id": facture_id} for key, facture_id in keys.items()]
    write_rows(conn, facture_unique, rows)


def originals(
    conn: Connection, keys: Iterable[CleFacture], flux_id: int = 0, au: int | None = None
) -> dict[CleFacture, Original]:
    """The accepted invoices among ``keys``, with the flux and the instant that brought them.

    Those that ``flux_id`` itself brought, or brought back, are left out: judged once more, it is no doublon
    of itself. ``au``: what it brought back after that reprise is not yet.
    """
    back = select(reprise.c.facture_id).where(reprise.c.flux_id == flux_id)
    if au is not None:
        back = back.where(reprise.c.id <= au)
    wanted, found = sorted(set(keys)), {}
    columns = (facture_unique.c.fournisseur, facture_unique.c.numero, facture_unique.c.annee)
    for start in range(0, len(wanted), _CHUNK):
        asked = as_rows(conn, columns, wanted[start : start + _CHUNK])
        query = (
            select(*columns, flux.c.idflux, flux.c.nom, flux.c.recu_le, table.c.id, table.c.statut)
            .join(asked, and_(*(one == asked.c[one.name] for one in columns)))
            .join(table, table.c.id == facture_unique.c.facture_id)
            .join(flux, flux.c.id == table.c.flux_id)
            .where(flux.c.id != flux_id)
            .where(table.c.id.not_in(back))
        )
        for row in conn.execute(query):
            found[CleFacture(row[0], row[1], row[2])] = Original(
                row.idflux or row.nom, row.recu_le, row.id, FactureStatut[row.statut]
            )
    return found


def findings_of(conn: Connection, flux_id: int) -> list[tuple[FactureDeposee | None, str, Finding]]:
    """Every finding of a delivery, the flux first, then its invoices: (invoice or None, file, finding)."""
    told = select(finding.c.facture_id).where(finding.c.flux_id == flux_id)
    own = select(table).where(table.c.flux_id == flux_id, table.c.id.in_(told))
    factures = {row.id: from_row(row) for row in conn.execute(own)}
    order = (func.coalesce(table.c.ordre, 0), finding.c.id)
    query = select(finding).outerjoin(table, table.c.id == finding.c.facture_id).order_by(*order)
    rows = conn.execute(query.where(finding.c.flux_id == flux_id, finding.c.leve_le.is_(None)))
    return [(factures.get(row.facture_id), row.fichier, read_finding(row)) for row in rows]


def read_finding(row: Row[Any]) -> Finding:
    """A finding from a row that holds every column of its table."""
    values = {key: value for key, value in row._mapping.items() if key in Finding.__slots__}
    return Finding(**{**values, "severity": Severity(values["severity"])})


def of_flux(conn: Connection, flux_id: int) -> tuple[FactureDeposee, ...]:
    """The invoices of a delivery, in its order."""
    query = select(table).where(table.c.flux_id == flux_id).order_by(table.c.ordre)
    return tuple(from_row(row) for row in conn.execute(query))


def count_of_flux(conn: Connection, flux_id: int) -> Mapping[str, int]:
    """How many invoices of a delivery show each statut, by its name; '' for those that are not decided."""
    query = select(table.c.statut, func.count()).where(table.c.flux_id == flux_id).group_by(table.c.statut)
    return {row[0]: row[1] for row in conn.execute(query)}


def get(conn: Connection, facture_id: int) -> FactureDeposee:
    """One invoice."""
    return from_row(conn.execute(select(table).where(table.c.id == facture_id)).one())


def from_row(row: Row[Any]) -> FactureDeposee:
    """An invoice from a row that holds every column of its table."""
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
        origine=row.origine,
    )


def linked(conn: Connection, one: FactureDeposee) -> tuple[list[FactureDeposee], list[FactureDeposee]]:
    """The accepted invoices that an avoir says it corrects, and the avoirs that say they correct an invoice.

    Of the same fournisseur, by its SIREN where it has one: numbers are unique there alone.
    """
    seller = one.fournisseur.identifiant
    same = table.c.fournisseur.startswith(seller.siren or seller.valeur, autoescape=True)
    accepted = table.c.statut.not_in(("", FactureStatut.NON_CONFORME.name))
    query = select(table).where(same, accepted).order_by(table.c.id)

    def read(condition: ColumnElement[bool]) -> list[FactureDeposee]:
        return [from_row(row) for row in conn.execute(query.where(condition))]

    return (read(table.c.numero == one.origine) if one.origine else []), read(table.c.origine == one.numero)


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
    return total, [(from_row(row), row.idflux or row.flux_nom) for row in page]


def findings_of_factures(conn: Connection, ids: Iterable[int]) -> dict[int, list[Finding]]:
    """The findings of some invoices; what a replay has lifted is history: ``edi.store.rejets``."""
    found: dict[int, list[Finding]] = {}
    for some in in_chunks(set(ids)):
        query = select(finding).where(finding.c.facture_id.in_(some), finding.c.leve_le.is_(None))
        for row in conn.execute(query.order_by(finding.c.id)):
            found.setdefault(row.facture_id, []).append(read_finding(row))
    return found


def received_between(conn: Connection, appli: str, start: Any, end: Any) -> tuple[FactureDeposee, ...]:
    """The invoices of a déposant received from ``start`` on and before ``end``, in order of arrival."""
    query = select(table).join(flux, flux.c.id == table.c.flux_id).where(flux.c.appli == appli)
    query = query.where(flux.c.recu_le >= start, flux.c.recu_le < end).order_by(table.c.id)
    return tuple(from_row(row) for row in conn.execute(query))


def of_numbers(conn: Connection, appli: str, numeros: Collection[str]) -> list[FactureDeposee]:
    """Every invoice of a déposant that bears one of these numbers, in order of arrival."""
    found: list[FactureDeposee] = []
    for some in in_chunks(numeros):
        query = select(table).join(flux, flux.c.id == table.c.flux_id)
        query = query.where(flux.c.appli == appli, table.c.numero.in_(some))
        found += [from_row(row) for row in conn.execute(query)]
    return sorted(found, key=lambda facture: facture.id)
