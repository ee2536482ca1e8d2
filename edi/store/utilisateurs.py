"""Queries on users of the console."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from edi.model import Role, Utilisateur
from edi.store import journal, seances
from edi.store.tables import utilisateur as table
from edi.store.tables import utilisateur_deposant


def from_row(conn: Connection, row: Row[Any]) -> Utilisateur:
    """A user from a row that holds every column of its table."""
    role = Role[row.role]
    seen = select(utilisateur_deposant.c.appli).where(utilisateur_deposant.c.utilisateur_id == row.id)
    deposants = frozenset(conn.execute(seen).scalars()) if role is Role.FOURNISSEUR else frozenset()
    return Utilisateur(row.id, row.login, row.nom, role, row.actif, row.cree_le, deposants, bool(row.totp))


def add(
    conn: Connection,
    login: str,
    nom: str,
    role: Role,
    empreinte: str,
    at: datetime,
    deposants: Collection[str] = (),
) -> Utilisateur:
    """Make an account. Raises IntegrityError when the login is taken."""
    row = {"login": login, "nom": nom, "role": role.name, "empreinte": empreinte, "cree_le": at}
    made = insert(table).values(**row, actif=True).returning(table.c.id)
    number = conn.execute(made).scalar_one()
    _see(conn, number, deposants)
    return Utilisateur(number, login, nom, role, True, at, frozenset(deposants))


def find(conn: Connection, login: str) -> tuple[Utilisateur, str] | None:
    """The user of a login with the hash of its password, active or not."""
    row = conn.execute(select(table).where(table.c.login == login)).one_or_none()
    return None if row is None else (from_row(conn, row), row.empreinte)


def get(conn: Connection, number: int) -> Utilisateur:
    """Raises NoResultFound."""
    return from_row(conn, conn.execute(select(table).where(table.c.id == number)).one())


def find_by_id(conn: Connection, number: int) -> Utilisateur | None:
    """The user of a number, active or not."""
    row = conn.execute(select(table).where(table.c.id == number)).one_or_none()
    return None if row is None else from_row(conn, row)


def all_users(conn: Connection) -> list[Utilisateur]:
    """Everybody, by login."""
    return [from_row(conn, row) for row in conn.execute(select(table).order_by(table.c.login)).all()]


def change_password(conn: Connection, who: Utilisateur, empreinte: str) -> None:
    """Give another password; whoever was logged in by the old one no longer is."""
    conn.execute(update(table).where(table.c.id == who.id).values(empreinte=empreinte))
    seances.close_all(conn, who.id)


def keep_hash(conn: Connection, who: Utilisateur, empreinte: str) -> None:
    """Keep the same password under a newer form of hash."""
    conn.execute(update(table).where(table.c.id == who.id).values(empreinte=empreinte))


def totp_of(conn: Connection, who: Utilisateur) -> str:
    """The secret of somebody's one-time codes, '' for none."""
    return str(conn.execute(select(table.c.totp).where(table.c.id == who.id)).scalar_one())


def set_totp(conn: Connection, who: Utilisateur, secret: str, pas: int = 0) -> None:
    """Ask for one-time codes made from a secret, '' for no longer; ``pas``: of the code that was used."""
    conn.execute(update(table).where(table.c.id == who.id).values(totp=secret, totp_pas=pas))


def use_totp(conn: Connection, who: Utilisateur, pas: int) -> bool:
    """Use up the code of a time step; False when it was used, or a later one."""
    once = update(table).where(table.c.id == who.id, table.c.totp_pas < pas)
    return conn.execute(once.values(totp_pas=pas)).rowcount == 1


def set_active(conn: Connection, who: Utilisateur, *, actif: bool) -> None:
    """Let somebody in, or no longer: the sessions of today end too."""
    conn.execute(update(table).where(table.c.id == who.id).values(actif=actif))
    seances.close_all(conn, who.id)


def change_role(conn: Connection, who: Utilisateur, role: Role, deposants: Collection[str]) -> None:
    """Give another role; the sessions begun under the old one end."""
    conn.execute(update(table).where(table.c.id == who.id).values(role=role.name))
    conn.execute(delete(utilisateur_deposant).where(utilisateur_deposant.c.utilisateur_id == who.id))
    _see(conn, who.id, deposants)
    seances.close_all(conn, who.id)


def _see(conn: Connection, number: int, deposants: Collection[str]) -> None:
    rows = [{"utilisateur_id": number, "appli": appli} for appli in sorted(set(deposants))]
    if rows:
        conn.execute(insert(utilisateur_deposant), rows)


def note(conn: Connection, acte: str, who: Utilisateur, par: str, at: datetime) -> None:
    """Tell the journal what was done to an account, and by whom."""
    detail = {"role": who.role.name}
    journal.note_act(conn, f"compte-{acte}", f"compte {who.login}", at, par=par, detail=detail)
