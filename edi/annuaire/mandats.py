"""Giving, signing and revoking a mandat: what is allowed, whoever asks for it."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Connection

from edi.model import Identifiant, Mandat
from edi.store.mandats import add_mandat, find_mandat, list_mandats, revoke_mandat, sign_mandat


class MandatRefused(Exception):
    """The mandat cannot be given, signed or revoked so; the text is one French line."""


def give(
    connection: Connection,
    mandant: Identifiant,
    mandataire: str,
    du: date,
    at: datetime,
    signe_le: date | None = None,
    signataire: str = "",
) -> Mandat:
    """A new mandat from the day ``du``, entered at ``at``. Raises MandatRefused while another one stands."""
    if signe_le is not None:
        _refuse_before(du, signe_le, "signé")
    for other in list_mandats(connection, mandant, mandataire):
        if other.mandant == mandant and other.revoque_le is None:
            raise MandatRefused(
                f"le fournisseur {mandant} a déjà donné à {mandataire} le mandat n° {other.id}, "
                f"créé le {other.cree_le:%d/%m/%Y} ; révoquez-le d'abord"
            )
    return add_mandat(connection, mandant, mandataire, du, at, signe_le, signataire)


def sign(connection: Connection, mandat_id: int, le: date, signataire: str = "") -> Mandat:
    """The mandat, signed on ``le``; '' keeps the signatory that was entered with it. Raises MandatRefused."""
    mandat = _find(connection, mandat_id)
    _refuse_before(mandat.cree_le, le, "signé")
    if not sign_mandat(connection, mandat_id, le, signataire):
        raise MandatRefused(_tell_standing(_find(connection, mandat_id)))
    return _find(connection, mandat_id)


def revoke(connection: Connection, mandat_id: int, le: date) -> Mandat:
    """The mandat, without force from ``le`` on. Raises MandatRefused."""
    mandat = _find(connection, mandat_id)
    _refuse_before(mandat.cree_le, le, "révoqué")
    if not revoke_mandat(connection, mandat_id, le):
        raise MandatRefused(_tell_standing(_find(connection, mandat_id)))
    return _find(connection, mandat_id)


def _find(connection: Connection, mandat_id: int) -> Mandat:
    mandat = find_mandat(connection, mandat_id)
    if mandat is None:
        raise MandatRefused(f"aucun mandat n° {mandat_id} ; « edi mandat list » les montre")
    return mandat


def _refuse_before(cree_le: date, le: date, done: str) -> None:
    if le < cree_le:
        raise MandatRefused(
            f"un mandat créé le {cree_le:%d/%m/%Y} ne peut pas être {done} avant, le {le:%d/%m/%Y}"
        )


def _tell_standing(mandat: Mandat) -> str:
    if mandat.revoque_le is not None:
        return f"le mandat n° {mandat.id} est déjà révoqué, depuis le {mandat.revoque_le:%d/%m/%Y}"
    return f"le mandat n° {mandat.id} est déjà signé, depuis le {mandat.signe_le:%d/%m/%Y}"
