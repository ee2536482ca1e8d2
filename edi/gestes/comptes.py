"""Accounts of the console: closed and opened again, and somebody who administers always left."""

from __future__ import annotations

import structlog
from sqlalchemy import Connection

from edi.espace import Espace
from edi.model import Role, Utilisateur
from edi.model.gestes import GesteRefuse
from edi.store import utilisateurs

log = structlog.get_logger()


def set_access(espace: Espace, who: Utilisateur, par: Utilisateur, *, actif: bool) -> Utilisateur:
    """Close an account, or open it again; its sessions end. Raises GesteRefuse.

    Nobody closes its own, and a program, which has none, does not close the last administrator's.
    """
    if who.id == par.id:
        raise GesteRefuse("On ne ferme pas son propre compte : un autre administrateur le peut.")
    with espace.engine.begin() as conn:
        if not actif:
            keep_one_administrator(conn, who)
        utilisateurs.set_active(conn, who, actif=actif)
        utilisateurs.note(conn, "rouvert" if actif else "ferme", who, par.login, espace.now())
        changed = utilisateurs.get(conn, who.id)
    log.info("user_reactivated" if actif else "user_deactivated", user=who.id, by=par.id or par.login)
    return changed


def keep_one_administrator(conn: Connection, who: Utilisateur) -> None:
    """Raises GesteRefuse rather than leave nobody who may administer."""
    admins = {one.id for one in utilisateurs.all_users(conn) if one.actif and one.role is Role.ADMINISTRATEUR}
    if admins == {who.id}:
        raise GesteRefuse(
            f"« {who.login} » est le dernier administrateur actif : nommez-en d'abord un autre."
        )
