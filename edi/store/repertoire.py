"""What somebody looks for in the annuaire: structures and services, a page at a time.

A search goes along one index that holds all that it looks at, in the order of the list; only the rows of a
page are read. Pages are cut by the place of a row in that order (keyset).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, and_, func, not_, or_, select, tuple_

from edi.model import SIRET, Identifiant, Service, Structure
from edi.store.annuaire import read_service, read_structure
from edi.store.tables import service, structure

T = TypeVar("T")

_S = structure.c
_STRUCTURES = (_S.recherche, _S.identifiant, _S.type)
_SERVICES = (service.c.code, service.c.siret)

# What a structure asks for, or is, by the word of its filter.
EXIGENCES: dict[str, ColumnElement[bool]] = {
    "service": _S.gestion_service,
    "engagement": _S.gestion_engagement,
    "service-ou-engagement": _S.gestion_service_engagement,
    "rien": and_(not_(_S.gestion_service), not_(_S.gestion_engagement), not_(_S.gestion_service_engagement)),
    "travaux-seulement": _S.moa_uniquement,
}
EDI: dict[str, ColumnElement[bool]] = {"emet": _S.emetteur_edi, "recoit": _S.recepteur_edi}


class Motif(NamedTuple):
    r"""What is looked for, as patterns of LIKE escaped by ``\``; empty, it asks for all."""

    numero: str = ""  # of a whole number: SIRET, SIREN, postcode
    mots: tuple[str, ...] = ()  # each of a passage between two words, folded
    siret: str = ""  # a whole SIRET was written: it alone is meant


class Filtre(NamedTuple):
    """Which structures or services; None and '' ask for all."""

    active: bool | None = None
    exige: str = ""
    edi: str = ""


class Tranche(NamedTuple, Generic[T]):
    """A page of a list, and whether there is more before and after it."""

    lignes: Sequence[T]
    avant: bool
    apres: bool


def list_structures(
    conn: Connection, motif: Motif, filtre: Filtre, limit: int, *, avant: str = "", apres: str = ""
) -> Tranche[Structure]:
    """Structures by name: those that follow one of them, or those before it.

    ``avant``, ``apres``: its type and number, ``1:21290019300014``; '' for the first ones.
    """
    wanted = [] if filtre.active is None else [_S.active if filtre.active else not_(_S.active)]
    wanted += [some[word] for some, word in ((EXIGENCES, filtre.exige), (EDI, filtre.edi)) if word in some]
    if motif.siret:
        wanted += [_S.type == SIRET, _S.identifiant == motif.siret]
    wanted += _wanted(conn, motif, (_S.identifiant, _S.siren, _S.code_postal), _S.recherche)
    type_, _, valeur = (avant or apres).partition(":")
    beside = select(*_STRUCTURES).where(_S.type == type_, _S.identifiant == valeur)
    tranche = _cut(conn, wanted, _STRUCTURES, beside, limit, avant=avant, apres=apres)
    keys = [(row.type, row.identifiant) for row in tranche.lignes]
    known = {tuple(one.identifiant): one for one in _structures(conn, keys)}
    return tranche._replace(lignes=[known[key] for key in keys])


class Trouve(NamedTuple):
    """A service, and the structure that it is of (None: the annuaire has none of that number)."""

    service: Service
    structure: Structure | None


def list_services(
    conn: Connection, motif: Motif, filtre: Filtre, limit: int, *, avant: str = "", apres: str = ""
) -> Tranche[Trouve]:
    """Services by code, then SIRET: those that follow one of them, or those before it.

    ``avant``, ``apres``: its SIRET and code, ``21290019300014:SRV``; '' for the first ones.
    """
    own = service.c
    wanted = [] if filtre.active is None else [own.actif if filtre.active else not_(own.actif)]
    wanted += [own.siret == motif.siret] if motif.siret else []
    wanted += _wanted(conn, motif, (own.siret,), own.recherche)
    siret, _, code = (avant or apres).partition(":")
    beside = select(*_SERVICES).where(own.siret == siret, own.code == code)
    tranche = _cut(conn, wanted, _SERVICES, beside, limit, avant=avant, apres=apres)
    keys = [(row.siret, row.code) for row in tranche.lignes]
    if not keys:
        return tranche._replace(lignes=[])
    sirets, codes = {siret for siret, _ in keys}, {code for _, code in keys}
    rows = conn.execute(select(service).where(own.siret.in_(sirets), own.code.in_(codes)))
    known = {(row.siret, row.code): read_service(row) for row in rows}
    named = {one.identifiant.valeur: one for one in _structures(conn, [(SIRET, one) for one in sirets])}
    return tranche._replace(lignes=[Trouve(known[key], named.get(key[0])) for key in keys])


def names_of(conn: Connection, identifiants: Sequence[Identifiant]) -> dict[Identifiant, str]:
    """The names that the annuaire gives to these numbers, of those that it knows."""
    found = _structures(conn, [(one.type, one.valeur) for one in identifiants])
    return {one.identifiant: one.nom for one in found}


def _structures(conn: Connection, keys: Sequence[tuple[str, str]]) -> list[Structure]:
    """The structures of these types and numbers. Each column by itself: pairs are found along no index."""
    types, valeurs = {type_ for type_, _ in keys}, {valeur for _, valeur in keys}
    rows = conn.execute(select(structure).where(_S.type.in_(types), _S.identifiant.in_(valeurs)))
    return [one for one in map(read_structure, rows) if tuple(one.identifiant) in keys]


def _wanted(
    conn: Connection,
    motif: Motif,
    numbers: Sequence[ColumnElement[str]],
    recherche: ColumnElement[str],
) -> list[ColumnElement[bool]]:
    """What a motif asks of a row, by its numbers or by its words.

    What is quicker in SQLite is asked first: a part of each word, the beginning of a number.
    """
    if not motif.numero and not motif.mots:
        return []
    bounded = " " + recherche + " "  # so that every word stands between two spaces
    ways: list[ColumnElement[bool]] = []
    if motif.numero:
        ways += [_numbered(conn, column, motif.numero) for column in numbers]
    if motif.mots:
        parts = {max(mot.split("%"), key=len) for mot in motif.mots}
        quick = [func.instr(recherche, part) > 0 for part in parts if conn.dialect.name == "sqlite"]
        ways.append(and_(*quick, *(bounded.like(f"% {mot} %", escape="\\") for mot in motif.mots)))
    return [or_(*ways)]


def _numbered(conn: Connection, column: ColumnElement[str], numero: str) -> ColumnElement[bool]:
    begin = numero.rstrip("%")
    if conn.dialect.name != "sqlite" or "%" in begin or "\\" in begin:
        return column.like(numero, escape="\\")
    return (column >= begin) & (column < f"{begin}\U0010ffff") if begin != numero else column == begin


def _cut(
    conn: Connection,
    wanted: Sequence[ColumnElement[bool]],
    order: Sequence[ColumnElement[Any]],
    beside: Select[Any],
    limit: int,
    *,
    avant: str,
    apres: str,
) -> Tranche[Any]:
    """The keys of one page, in order; a place that is not there any more begins anew."""
    query = select(*order).where(*wanted)
    place = conn.execute(beside).one_or_none() if avant or apres else None
    backwards = bool(avant) and place is not None
    if place is not None:
        here, there = tuple_(*order), tuple_(*place, types=[column.type for column in order])
        query = query.where(here < there if backwards else here > there)
    sorted_ = [column.desc() if backwards else column.asc() for column in order]
    rows = conn.execute(query.order_by(*sorted_).limit(limit + 1)).all()
    found, more = rows[:limit], len(rows) > limit
    if backwards:
        return Tranche(found[::-1], more, True)
    return Tranche(found, place is not None, more)
