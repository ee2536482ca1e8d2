"""Who an identity provider vouches for is a user of ours: made at its first login, its role read at each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from edi.console.oidc import NonReconnu, read_groups
from edi.model import ReglagesOidc, Role, Utilisateur
from edi.store import oidc, seances, utilisateurs

log = structlog.get_logger()

_PAR = "oidc"  # who the journal says has made an account or changed a role
_SANS_GROUPE = (
    "Votre compte est reconnu, mais aucun de ses groupes n'ouvre la console : "
    "demandez à l'administrateur lequel vous manque."
)
_FERME = "Votre compte de la console est fermé : un administrateur peut le rouvrir."
_PRIS = (
    "Un compte de la console s'appelle déjà « {login} », et ce n'est pas le vôtre : "
    "un administrateur dit auquel des deux il revient."
)


def admit(conn: Connection, reglages: ReglagesOidc, claims: Mapping[str, Any], at: datetime) -> Utilisateur:
    """The user that these claims are of, as its groups say it is today. Raises NonReconnu."""
    sujet = str(claims["sub"])
    given = reglages.find_role(read_groups(claims, reglages.revendication))
    known = oidc.account_of(conn, reglages.emetteur, sujet)
    if given is None:
        if known is not None:
            seances.close_all(conn, known.id)
        raise NonReconnu(_SANS_GROUPE, "groups")
    role, deposants = given
    if known is None:
        return _make(conn, reglages, claims, (role, deposants), at)
    if not known.actif:
        raise NonReconnu(_FERME, "closed")
    if (known.role, known.deposants) == (role, deposants):
        return known
    utilisateurs.change_role(conn, known, role, deposants)
    changed = utilisateurs.get(conn, known.id)
    utilisateurs.note(conn, "role", changed, _PAR, at)
    log.info("account_changed", acte="role", user=known.id, role=role.name, by=_PAR)
    return changed


def _make(
    conn: Connection,
    reglages: ReglagesOidc,
    claims: Mapping[str, Any],
    given: tuple[Role, frozenset[str]],
    at: datetime,
) -> Utilisateur:
    login, (role, deposants) = name_login(claims), given
    nom = str(claims.get("name") or login)[:200]
    try:
        with conn.begin_nested():
            made = utilisateurs.add(conn, login, nom, role, "", at, deposants)  # no password opens it
    except IntegrityError as error:
        raise NonReconnu(_PRIS.format(login=login), "login taken") from error
    oidc.link(conn, made, reglages.emetteur, str(claims["sub"]))
    utilisateurs.note(conn, "cree", made, _PAR, at)
    log.info("account_changed", acte="cree", user=made.id, role=role.name, by=_PAR)
    return made


def name_login(claims: Mapping[str, Any]) -> str:
    """The login of a new account: what the provider calls somebody, in the letters that ours are made of."""
    text = str(claims.get("preferred_username") or claims.get("email") or claims["sub"])
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9._@-]", "-", plain).lstrip("._@-")[:64] or "compte"
