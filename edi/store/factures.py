"""Queries on invoices, their findings, and the register of accepted ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, tuple_

from edi.model import (
    AVOIRS,
    CleFacture,
    FactureDeposee,
    FactureJugee,
    FactureStatut,
    Fait,
    FichierJuge,
    Finding,
    Identifiant,
    LotJuge,
    Original,
    Partie,
    Severity,
)
from edi.store import messages
from edi.store.chunks import in_chunks
from edi.store.packs import record_sets
from edi.store.tables import emission, facture_statut, facture_unique, finding, flux, reprise
from edi.store.tables import facture as table

_CHUNK = 500  # rows or keys in one statement


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
    rows = [{**_row(flux_id, *triple), "pack_set_id": sets.get(triple[2].packs)} for triple in kept]
    ids: list[int] = []
    for start in range(0, len(rows), _CHUNK):
        query = insert(table).returning(table.c.id, sort_by_parameter_order=True)
        ids += conn.execute(query, rows[start : start + _CHUNK]).scalars()
    found = [
        _finding_row(flux_id, facture_id, fichier.nom, f)
        for facture_id, (_, fichier, jugee) in zip(ids, kept, strict=True)
        for f in jugee.findings
    ]
    if found:
        conn.execute(insert(finding), found)
    return ids


def record_findings(conn: Connection, flux_id: int, lot: LotJuge) -> None:
    """Record what was found in the flux itself and in its files."""
    found = [_finding_row(flux_id, None, "", f) for f in lot.findings]
    found += [
        _finding_row(flux_id, None, fichier.nom, f) for fichier in lot.fichiers for f in fichier.findings
    ]
    if found:
        conn.execute(insert(finding), found)


def record_findings_of(
    conn: Connection, flux_id: int, facture_id: int, fichier: str, found: Iterable[Finding]
) -> None:
    """Record what a delivery was told of an invoice that it takes up again."""
    rows = [_finding_row(flux_id, facture_id, fichier, f) for f in found]
    if rows:
        conn.execute(insert(finding), rows)


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


def register(conn: Connection, keys: Mapping[CleFacture, int]) -> None:
    """Enter accepted invoices into the register. Raises IntegrityError when one is already there."""
    rows = [{**key._asdict(), "facture_id": facture_id} for key, facture_id in keys.items()]
    if rows:
        conn.execute(insert(facture_unique), rows)


def originals(conn: Connection, keys: Iterable[CleFacture], flux_id: int = 0) -> dict[CleFacture, Original]:
    """The accepted invoices among ``keys``, with the flux and the instant that brought them.

    Those that ``flux_id`` itself brought, or brought back, are left out: judged once more, it is no doublon
    of itself.
    """
    back = select(reprise.c.facture_id).where(reprise.c.flux_id == flux_id)
    wanted, found = sorted(set(keys)), {}
    columns = (facture_unique.c.fournisseur, facture_unique.c.numero, facture_unique.c.annee)
    for start in range(0, len(wanted), _CHUNK):
        query = (
            select(*columns, flux.c.idflux, flux.c.nom, flux.c.recu_le, table.c.id, table.c.statut)
            .join(table, table.c.id == facture_unique.c.facture_id)
            .join(flux, flux.c.id == table.c.flux_id)
            .where(tuple_(*columns).in_(wanted[start : start + _CHUNK]), flux.c.id != flux_id)
            .where(table.c.id.not_in(back))
        )
        for row in conn.execute(query):
            found[CleFacture(row[0], row[1], row[2])] = Original(
                row.idflux or row.nom, row.recu_le, row.id, FactureStatut[row.statut]
            )
    return found


def findings_of(conn: Connection, flux_id: int) -> list[tuple[FactureDeposee | None, str, Finding]]:
    """Every finding of a delivery, the flux first, then its invoices: (invoice or None, file, finding)."""
    factures = {facture.id: facture for facture in of_flux(conn, flux_id)}
    order = (func.coalesce(table.c.ordre, 0), finding.c.id)
    query = select(finding).outerjoin(table, table.c.id == finding.c.facture_id).order_by(*order)
    rows = conn.execute(query.where(finding.c.flux_id == flux_id, finding.c.leve_le.is_(None)))
    return [(factures.get(row.facture_id), row.fichier, finding_from_row(row)) for row in rows]


def finding_from_row(row: Row[Any]) -> Finding:
    """A finding from its row."""
    values = {key: value for key, value in row._mapping.items() if key in Finding.__slots__}
    return Finding(**{**values, "severity": Severity(values["severity"])})


def of_flux(conn: Connection, flux_id: int) -> tuple[FactureDeposee, ...]:
    """The invoices of a delivery, in its order."""
    query = select(table).where(table.c.flux_id == flux_id).order_by(table.c.ordre)
    return tuple(from_row(row) for row in conn.execute(query))


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
            found.setdefault(row.facture_id, []).append(finding_from_row(row))
    return found


class Passage(NamedTuple):
    """One statut that an invoice took."""

    statut: FactureStatut
    le: datetime  # by our clock
    dit_par: tuple[str, ...]  # names of the return flows that tell it
    fait: Fait  # what was said with it


def history(conn: Connection, facture_id: int) -> list[Passage]:
    """The statuts of an invoice, oldest first."""
    said = facture_statut.c
    query: Select[Any] = (
        select(said.id, said.apres, said.le, said.motif, *(said[name] for name in _FAIT), emission.c.nom)
        .outerjoin(emission, emission.c.id == said.emission_id)
        .where(said.facture_id == facture_id)
        .order_by(said.id)
    )
    rows = conn.execute(query).all()
    told = messages.names_of(conn, [row.id for row in rows])
    return [
        Passage(
            FactureStatut[row.apres],
            row.le,
            tuple(dict.fromkeys(filter(None, (row.nom, *told.get(row.id, ()))))),
            _fait(row),
        )
        for row in rows
    ]


def first_said(conn: Connection, facture_id: int) -> datetime:
    """When the first statut of an invoice was given; it has one."""
    query = select(facture_statut.c.le).where(facture_statut.c.facture_id == facture_id)
    found: datetime = conn.execute(query.order_by(facture_statut.c.id).limit(1)).scalar_one()
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


def statuts_since(conn: Connection, flux_id: int) -> dict[int, Any]:
    """Since when each invoice of a delivery has its statut."""
    query = select(facture_statut.c.facture_id, func.max(facture_statut.c.le).label("le"))
    query = query.join(table, table.c.id == facture_statut.c.facture_id).where(table.c.flux_id == flux_id)
    return {row.facture_id: row.le for row in conn.execute(query.group_by(facture_statut.c.facture_id))}


def statuts_told_by(conn: Connection, emission_id: int) -> list[tuple[FactureDeposee, FactureStatut, Fait]]:
    """What one cycle de vie flow tells: (invoice, statut, what was said with it), in order."""
    told = facture_statut.c
    query = (
        select(table, told.apres, told.le, told.motif, *(told[name] for name in _FAIT))
        .join(facture_statut, told.facture_id == table.c.id)
        .where(told.emission_id == emission_id)
        .order_by(told.id)
    )
    rows = conn.execute(query).all()
    moved = _moved_since(conn, {row.id for row in rows})
    return [
        (_as_it_stood(from_row(row), row.le, moved), FactureStatut[row.apres], _fait(row)) for row in rows
    ]


def _moved_since(conn: Connection, ids: Collection[int]) -> dict[int, list[Row[Any]]]:
    """The times that some invoices were taken up again, oldest first, with where each was to go before."""
    found: dict[int, list[Row[Any]]] = {}
    for some in in_chunks(ids):
        for row in conn.execute(select(reprise).where(reprise.c.facture_id.in_(some)).order_by(reprise.c.id)):
            found.setdefault(row.facture_id, []).append(row)
    return found


def _as_it_stood(one: FactureDeposee, at: Any, moved: Mapping[int, list[Row[Any]]]) -> FactureDeposee:
    """The invoice with where it was to go when it took a statut, so that telling it later says the same."""
    after = next((row for row in moved.get(one.id, ()) if row.le > at), None)
    if after is None:
        return one
    destinataire = Partie(Identifiant(after.destinataire_type, after.destinataire), after.destinataire_nom)
    return replace(one, destinataire=destinataire, service=after.service, engagement=after.engagement)


def said_by_destinataires(conn: Connection, flux_id: int) -> dict[int, Fait]:
    """What destinataires said with the statut that each invoice of a delivery shows; not with ours."""
    told = facture_statut.c
    query = (
        select(told.facture_id, told.le, told.motif, *(told[name] for name in _FAIT))
        .join(table, table.c.id == told.facture_id)
        .where(table.c.flux_id == flux_id, told.retour_id.is_not(None), told.apres == table.c.statut)
        .order_by(told.id)
    )
    return {row.facture_id: _fait(row) for row in conn.execute(query)}


_FAIT = ("fait_le", "complement", "mandat", "producteur", "retour_id")


def _fait(row: Row[Any]) -> Fait:
    return Fait(row.fait_le or row.le, row.motif, row.complement, row.mandat, row.producteur, row.retour_id)
