"""Queries on the tokens by which programs ask the API. The secret of a token is never here."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from edi.model import Jeton, Role
from edi.store import journal
from edi.store.tables import jeton as table
from edi.store.tables import jeton_deposant


def _jeton(conn: Connection, row: Row[Any]) -> Jeton:
    seen = select(jeton_deposant.c.appli).where(jeton_deposant.c.jeton_id == row.id)
    values = {name: value for name, value in row._mapping.items() if name != "sha256"}
    return Jeton(**{**values, "role": Role[row.role]}, deposants=frozenset(conn.execute(seen).scalars()))


def add(
    conn: Connection,
    nom: str,
    sha256: str,
    role: Role,
    deposants: Collection[str],
    le: tuple[datetime, datetime],
    par: str,
) -> Jeton:
    """Record a token, from one instant to another. Raises IntegrityError when the name is taken."""
    row = {"nom": nom, "sha256": sha256, "role": role.name, "cree_le": le[0], "expire_le": le[1]}
    made = insert(table).values(**row, cree_par=par).returning(table.c.id)
    number = conn.execute(made).scalar_one()
    rows = [{"jeton_id": number, "appli": appli} for appli in sorted(set(deposants))]
    if rows:
        conn.execute(insert(jeton_deposant), rows)
    return get(conn, number)


def get(conn: Connection, number: int) -> Jeton:
    """Raises NoResultFound."""
    return _jeton(conn, conn.execute(select(table).where(table.c.id == number)).one())


def find_by_id(conn: Connection, number: int) -> Jeton | None:
    """The token of a number, valid or not."""
    row = conn.execute(select(table).where(table.c.id == number)).one_or_none()
    return None if row is None else _jeton(conn, row)


def find(conn: Connection, sha256: str) -> Jeton | None:
    """The token of a hash, valid or not."""
    row = conn.execute(select(table).where(table.c.sha256 == sha256)).one_or_none()
    return None if row is None else _jeton(conn, row)


def find_named(conn: Connection, nom: str) -> Jeton | None:
    """The token of a name, valid or not."""
    row = conn.execute(select(table).where(table.c.nom == nom)).one_or_none()
    return None if row is None else _jeton(conn, row)


def all_tokens(conn: Connection) -> list[Jeton]:
    """All that were ever made, by name."""
    return [_jeton(conn, row) for row in conn.execute(select(table).order_by(table.c.nom)).all()]


def touch(conn: Connection, number: int, at: datetime) -> None:
    """It was shown just now."""
    conn.execute(update(table).where(table.c.id == number).values(utilise_le=at))


def revoke(conn: Connection, number: int, at: datetime, par: str) -> bool:
    """It opens nothing any more; False when that was so already."""
    still = update(table).where(table.c.id == number, table.c.revoque_le.is_(None))
    return conn.execute(still.values(revoque_le=at, revoque_par=par)).rowcount == 1


def note(conn: Connection, acte: str, jeton: Jeton, par: str, at: datetime) -> None:
    """Tell the journal what was done to a token, and by whom."""
    detail = {"role": jeton.role.name, "deposants": sorted(jeton.deposants)}
    detail |= {"expire_le": jeton.expire_le.isoformat()}
    journal.note_act(conn, f"jeton-{acte}", f"jeton {jeton.nom}", at, par=par, detail=detail)
