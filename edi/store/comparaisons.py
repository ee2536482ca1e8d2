"""Queries on what versions of official rules would change, as it was found the last time."""

from __future__ import annotations

import json

from sqlalchemy import Connection, delete, insert, select

from edi.model.regles import Comparaison, LigneComparee
from edi.store.tables import comparaison as table


def keep(conn: Connection, made: Comparaison) -> None:
    """Keep one, in the place of an earlier one of the same version."""
    conn.execute(delete(table).where(table.c.jeu == made.jeu, table.c.version == made.version))
    row = {name: getattr(made, name) for name in ("jeu", "version", "contre", "du", "au", "le", "par")}
    lignes = json.dumps([one._asdict() for one in made.lignes], ensure_ascii=False)
    conn.execute(insert(table).values(**row, sha256=" ".join(made.sha256), lignes=lignes))


def find(conn: Connection, jeu: str, version: str, sha256: tuple[str, ...]) -> Comparaison | None:
    """The last one of a version as its files are; None when there is none."""
    query = select(table).where(table.c.jeu == jeu, table.c.version == version)
    row = conn.execute(query.where(table.c.sha256 == " ".join(sha256))).one_or_none()
    if row is None:
        return None
    lignes = tuple(LigneComparee(**one) for one in json.loads(row.lignes))
    return Comparaison(**{**row._mapping, "sha256": sha256, "lignes": lignes})
