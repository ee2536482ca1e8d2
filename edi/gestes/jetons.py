"""Tokens by which programs ask the API: made, shown once, taken back."""

from __future__ import annotations

import re
import secrets
from collections.abc import Collection
from datetime import timedelta

import structlog
from sqlalchemy.exc import IntegrityError

from edi.espace import Espace, real_now
from edi.model import Jeton, Role, hash_token
from edi.model.gestes import GesteRefuse
from edi.store import jetons

log = structlog.get_logger()

DUREE = 365  # days that a token serves, unless somebody says otherwise
_LE_PLUS = 3 * 365
_NOM = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_DEBUT = "nvt_"  # so that whoever finds one in a file knows what it is


def create_jeton(
    espace: Espace, nom: str, role: Role, deposants: Collection[str], jours: int, par: str
) -> tuple[Jeton, str]:
    """A new token with its secret, which is kept nowhere. Raises GesteRefuse."""
    if not _NOM.fullmatch(nom):
        raise GesteRefuse(f"« {nom} » : le nom d'un jeton s'écrit en minuscules, chiffres et . _ -")
    if not 1 <= jours <= _LE_PLUS:
        raise GesteRefuse(f"un jeton sert de 1 à {_LE_PLUS} jours")
    if (role is Role.FOURNISSEUR) != bool(deposants):
        raise GesteRefuse("un jeton de fournisseur nomme les déposants qu'il voit, et lui seul en nomme")
    if unknown := sorted(set(deposants) - set(espace.settings.deposants)):
        raise GesteRefuse(f"déposant inconnu de la configuration : {', '.join(unknown)}")
    secret, now = _DEBUT + secrets.token_urlsafe(32), real_now()
    le = (now, now + timedelta(days=jours))
    try:
        with espace.engine.begin() as conn:
            made = jetons.add(conn, nom, hash_token(secret), role, deposants, le, par)
            jetons.note(conn, "cree", made, par, espace.now())
    except IntegrityError as error:
        raise GesteRefuse(f"un jeton s'appelle déjà « {nom} » : donnez un autre nom") from error
    log.info("token_created", token=made.id, role=role.name, by=par)
    return made, secret


def revoke_jeton(espace: Espace, jeton: Jeton, par: str) -> None:
    """A token that opens nothing any more. Raises GesteRefuse when it does not already."""
    with espace.engine.begin() as conn:
        if not jetons.revoke(conn, jeton.id, real_now(), par):
            raise GesteRefuse(f"le jeton « {jeton.nom} » est déjà révoqué")
        jetons.note(conn, "revoque", jeton, par, espace.now())
    log.info("token_revoked", token=jeton.id, by=par)
