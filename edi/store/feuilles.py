"""Queries on how the compiled form of each official sheet has done, under one version of the compiler."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from edi.model.confiance import Compte, EtatFeuille, FeuilleSuivie, Jalons, next_state
from edi.store import journal
from edi.store.tables import feuille as table
from edi.store.tables import feuille_repli as replis

_RAISONS = 50  # kept for each sheet; all others are counted under AUTRES
AUTRES = "autres raisons"
_ACTES = {
    EtatFeuille.ECARTE: "feuille-ecartee",
    EtatFeuille.JEUNE: "feuille-jeune",
    EtatFeuille.ETABLI: "feuille-etablie",
}


def _from_row(row: Row[Any]) -> FeuilleSuivie:
    values = dict(row._mapping)
    return FeuilleSuivie(**{**values, "etat": EtatFeuille[values["etat"]]})


def states(conn: Connection, compilateur: str) -> dict[str, FeuilleSuivie]:
    """Every sheet that has run under a compiler, by sha256."""
    query = select(table).where(table.c.compilateur == compilateur).order_by(table.c.nom, table.c.feuille)
    return {one.feuille: one for one in map(_from_row, conn.execute(query))}


def set_aside(conn: Connection, compilateur: str) -> list[FeuilleSuivie]:
    """Those whose compiled form found something else, and that nobody has taken back."""
    return [one for one in states(conn, compilateur).values() if one.etat is EtatFeuille.ECARTE]


def reasons(conn: Connection, compilateur: str) -> dict[str, dict[str, int]]:
    """Why the official form stood in, and how often, by sha256; the most frequent first."""
    query = select(replis.c.feuille, replis.c.raison, replis.c.nombre)
    query = query.where(replis.c.compilateur == compilateur)
    found: dict[str, dict[str, int]] = {}
    for sha256, raison, nombre in conn.execute(query.order_by(replis.c.nombre.desc(), replis.c.raison)):
        found.setdefault(sha256, {})[raison] = nombre
    return found


def record(
    conn: Connection,
    compilateur: str,
    counted: Mapping[str, tuple[Compte, EtatFeuille]],
    jalons: Jalons,
    at: datetime,
) -> list[FeuilleSuivie]:
    """Add what was counted of some sheets (with the state in which a new one begins), and move their states.

    Those that were set aside by it. Raises IntegrityError when another process counts the same sheet for the
    first time at this very instant.
    """
    lost = []
    for sha256 in sorted(counted):  # one order for all processes: none waits for the other
        compte, begins = counted[sha256]
        one = _add(conn, compilateur, sha256, compte, begins, at)
        _add_reasons(conn, one, compte.replis or {}, at)
        after = next_state(one.etat, one.documents_etat, compte.ecarts, jalons)
        if after is not one.etat:
            _move(conn, one, after, at)
            lost += [one] if after is EtatFeuille.ECARTE else []
    return lost


def _add(
    conn: Connection, compilateur: str, sha256: str, compte: Compte, begins: EtatFeuille, at: datetime
) -> FeuilleSuivie:
    key = (table.c.feuille == sha256, table.c.compilateur == compilateur)
    told: dict[str, Any] = {"dernier_ecart": compte.dernier_ecart, "ecart_le": at} if compte.ecarts else {}
    more = {
        "documents": compte.documents,
        "documents_etat": compte.documents,
        "replis": sum((compte.replis or {}).values()),
        "doubles": compte.doubles,
        "ecarts": compte.ecarts,
    }
    changed = update(table).where(*key)
    changed = changed.values({name: table.c[name] + many for name, many in more.items()} | told)
    if not conn.execute(changed).rowcount:
        row = {"feuille": sha256, "compilateur": compilateur, "nom": compte.nom, "etat": begins.name}
        conn.execute(insert(table).values({**row, "depuis": at, "dernier_ecart": "", **more, **told}))
    return _from_row(conn.execute(select(table).where(*key)).one())


def _add_reasons(conn: Connection, one: FeuilleSuivie, counted: Mapping[str, int], at: datetime) -> None:
    """The row of the sheet is locked already: nobody else adds a reason to it."""
    for raison, many in sorted(counted.items()):
        if not _count_reason(conn, one, raison, many, at):
            key = (replis.c.feuille == one.feuille, replis.c.compilateur == one.compilateur)
            known = conn.execute(select(func.count()).select_from(replis).where(*key)).scalar_one()
            name = raison if known < _RAISONS else AUTRES
            if name == raison or not _count_reason(conn, one, name, many, at):
                row = {"feuille": one.feuille, "compilateur": one.compilateur, "raison": name}
                conn.execute(insert(replis).values(**row, nombre=many, vu_le=at))


def _count_reason(conn: Connection, one: FeuilleSuivie, raison: str, many: int, at: datetime) -> bool:
    key = (replis.c.feuille == one.feuille, replis.c.compilateur == one.compilateur)
    changed = update(replis).where(*key, replis.c.raison == raison)
    return bool(conn.execute(changed.values(nombre=replis.c.nombre + many, vu_le=at)).rowcount)


def _move(conn: Connection, one: FeuilleSuivie, after: EtatFeuille, at: datetime) -> None:
    """Change the state of a sheet whose row this transaction has written."""
    key = (table.c.feuille == one.feuille, table.c.compilateur == one.compilateur)
    conn.execute(update(table).where(*key).values(etat=after.name, depuis=at, documents_etat=0))
    detail = {**_named(one), "avant": one.etat.name, "documents": one.documents}
    if after is EtatFeuille.ECARTE:
        detail["ecart"] = one.dernier_ecart
    journal.note_act(conn, _ACTES[after], one.nom, at, detail=detail)


def take_back(conn: Connection, one: FeuilleSuivie, par: str, at: datetime, raison: str) -> bool:
    """Let the compiled form of a sheet that was set aside run again, beside the official one.

    False when somebody has done so meanwhile.
    """
    key = (table.c.feuille == one.feuille, table.c.compilateur == one.compilateur)
    aside = update(table).where(*key, table.c.etat == EtatFeuille.ECARTE.name)
    values = {"etat": EtatFeuille.OMBRE.name, "depuis": at, "documents_etat": 0}
    if conn.execute(aside.values(values)).rowcount != 1:
        return False
    detail = {**_named(one), "ecart": one.dernier_ecart, "raison": raison}
    journal.note_act(conn, "feuille-reprise", one.nom, at, par=par, detail=detail)
    return True


def _named(one: FeuilleSuivie) -> dict[str, Any]:
    return {"sha256": one.feuille, "compilateur": one.compilateur}
