"""Queries on logins through an identity provider: those under way, and whose accounts it vouches for."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, insert, select

from edi.model import Utilisateur
from edi.store import utilisateurs
from edi.store.tables import connexion_oidc, utilisateur_oidc


def begin_login(conn: Connection, sha256: str, vers: str, at: datetime) -> None:
    """Somebody is sent to the provider; ``sha256`` is that of what its browser keeps."""
    conn.execute(insert(connexion_oidc).values(sha256=sha256, vers=vers, le=at))


def take_login(conn: Connection, sha256: str, since: datetime) -> str | None:
    """Where a login that was begun leads; it serves once, and no longer when it began before an instant."""
    conn.execute(delete(connexion_oidc).where(connexion_oidc.c.le < since))
    once = delete(connexion_oidc).where(connexion_oidc.c.sha256 == sha256).returning(connexion_oidc.c.vers)
    return conn.execute(once).scalar_one_or_none()


def account_of(conn: Connection, emetteur: str, sujet: str) -> Utilisateur | None:
    """The account of somebody as the provider names it, active or not."""
    query = select(utilisateur_oidc.c.utilisateur_id).where(
        utilisateur_oidc.c.emetteur == emetteur, utilisateur_oidc.c.sujet == sujet
    )
    number = conn.execute(query).scalar_one_or_none()
    return None if number is None else utilisateurs.get(conn, number)


def link(conn: Connection, who: Utilisateur, emetteur: str, sujet: str) -> None:
    """From now on the provider vouches for an account. Raises IntegrityError when it does for another."""
    conn.execute(insert(utilisateur_oidc).values(utilisateur_id=who.id, emetteur=emetteur, sujet=sujet))
