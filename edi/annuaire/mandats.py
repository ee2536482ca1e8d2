"""Giving, submitting, signing and revoking a mandat: what is allowed. Each act leaves a line of history.

``TRANSITIONS`` is the law: which acts may follow the last one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection

from edi.identifiers import siren_is_well_formed, siret_is_well_formed
from edi.model import SIREN, SIRET, ActeMandat, EvenementMandat, Identifiant, Mandat, Saisie
from edi.model.gestes import GesteRefuse
from edi.store.mandats import (
    add_mandat,
    find_mandat,
    list_mandats,
    record_evenement,
    revoke_mandat,
    sign_mandat,
    submit_mandat,
)

TRANSITIONS: Mapping[ActeMandat, frozenset[ActeMandat]] = {
    ActeMandat.SOUSCRIT: frozenset({ActeMandat.SOUMIS, ActeMandat.SIGNE, ActeMandat.REVOQUE}),
    ActeMandat.SOUMIS: frozenset({ActeMandat.SIGNE, ActeMandat.REVOQUE}),
    ActeMandat.SIGNE: frozenset({ActeMandat.REVOQUE}),
    ActeMandat.REVOQUE: frozenset(),
}
_AUTRE_TYPE = re.compile(r"([2-7]):(\S.*)")


class MandatRefused(GesteRefuse):
    """The mandat cannot be given, submitted, signed or revoked so; the text is one French line."""


def last_act(mandat: Mandat) -> ActeMandat:
    """The last thing that was done to a mandat, whatever day it counts from."""
    if mandat.revoque_le is not None:
        return ActeMandat.REVOQUE
    if mandat.signe_le is not None:
        return ActeMandat.SIGNE
    return ActeMandat.SOUSCRIT if mandat.soumis_le is None else ActeMandat.SOUMIS


def read_mandant(text: str) -> Identifiant:
    """A SIRET, a SIREN, or TYPE:IDENTIFIANT. Raises MandatRefused."""
    digits = "".join(text.split())
    if siret_is_well_formed(digits):
        return Identifiant(SIRET, digits)
    if siren_is_well_formed(digits):
        return Identifiant(SIREN, digits)
    if found := _AUTRE_TYPE.fullmatch(text.strip()):
        return Identifiant(found[1], found[2])
    raise MandatRefused(
        f"« {text} » n'est ni un SIRET (14 chiffres), ni un SIREN (9 chiffres), ni TYPE:IDENTIFIANT"
    )


def give(
    connection: Connection,
    mandant: Identifiant,
    mandataire: str,
    du: date,
    saisie: Saisie,
    signe_le: date | None = None,
    signataire: str = "",
    *,
    soumis: bool = True,
) -> Mandat:
    """A new mandat from the day ``du``. Raises MandatRefused while another one stands.

    ``soumis``: it is sent to be signed on that very day; a signature says so too.
    """
    if signe_le is not None:
        _refuse_before(du, signe_le, "signé")
    for other in list_mandats(connection, mandant, mandataire):
        if other.mandant == mandant and other.revoque_le is None:
            raise MandatRefused(
                f"le fournisseur {mandant} a déjà donné à {mandataire} le mandat n° {other.id}, "
                f"créé le {other.cree_le:%d/%m/%Y} ; révoquez-le d'abord"
            )
    soumis = soumis or signe_le is not None
    mandat = add_mandat(connection, mandant, mandataire, du, saisie.le, signe_le, signataire, soumis=soumis)
    done = [(ActeMandat.SOUSCRIT, du, ""), *([(ActeMandat.SOUMIS, du, "")] if soumis else [])]
    done += [(ActeMandat.SIGNE, signe_le, signataire)] if signe_le is not None else []
    for acte, jour, nom in done:
        record_evenement(connection, mandat.id, EvenementMandat(saisie, acte, jour, nom))
    return mandat


def submit(connection: Connection, mandat_id: int, le: date, saisie: Saisie) -> Mandat:
    """The mandat, sent to be signed on ``le``. Raises MandatRefused."""
    mandat = _find(connection, mandat_id, ActeMandat.SOUMIS)
    _refuse_before(mandat.cree_le, le, "envoyé à la signature")
    if not submit_mandat(connection, mandat_id, le):
        raise MandatRefused(_tell_standing(_find(connection, mandat_id)))
    record_evenement(connection, mandat_id, EvenementMandat(saisie, ActeMandat.SOUMIS, le))
    return _find(connection, mandat_id)


def sign(connection: Connection, mandat_id: int, le: date, saisie: Saisie, signataire: str = "") -> Mandat:
    """The mandat, signed on ``le``; '' keeps the signatory that was entered with it. Raises MandatRefused."""
    mandat = _find(connection, mandat_id, ActeMandat.SIGNE)
    _refuse_before(mandat.cree_le, le, "signé")
    if not sign_mandat(connection, mandat_id, le, signataire):
        raise MandatRefused(_tell_standing(_find(connection, mandat_id)))
    signed = _find(connection, mandat_id)
    done = EvenementMandat(saisie, ActeMandat.SIGNE, le, signed.signataire)
    record_evenement(connection, mandat_id, done)
    return signed


def revoke(connection: Connection, mandat_id: int, le: date, saisie: Saisie, raison: str = "") -> Mandat:
    """The mandat, without force from ``le`` on. Raises MandatRefused."""
    mandat = _find(connection, mandat_id, ActeMandat.REVOQUE)
    _refuse_before(mandat.cree_le, le, "révoqué")
    if not revoke_mandat(connection, mandat_id, le):
        raise MandatRefused(_tell_standing(_find(connection, mandat_id)))
    record_evenement(connection, mandat_id, EvenementMandat(saisie, ActeMandat.REVOQUE, le, "", raison))
    return _find(connection, mandat_id)


def _find(connection: Connection, mandat_id: int, acte: ActeMandat | None = None) -> Mandat:
    """The mandat, to which ``acte`` may be done."""
    mandat = find_mandat(connection, mandat_id)
    if mandat is None:
        raise MandatRefused(f"aucun mandat n° {mandat_id} ; « edi mandat list » les montre")
    if acte is not None and acte not in TRANSITIONS[last_act(mandat)]:
        raise MandatRefused(_tell_standing(mandat))
    return mandat


def _refuse_before(cree_le: date, le: date, done: str) -> None:
    if le < cree_le:
        raise MandatRefused(
            f"un mandat créé le {cree_le:%d/%m/%Y} ne peut pas être {done} avant, le {le:%d/%m/%Y}"
        )


def _tell_standing(mandat: Mandat) -> str:
    if mandat.revoque_le is not None:
        return f"le mandat n° {mandat.id} est déjà révoqué, depuis le {mandat.revoque_le:%d/%m/%Y}"
    if mandat.signe_le is None:
        return (
            f"le mandat n° {mandat.id} est déjà envoyé à la signature, depuis le {mandat.soumis_le:%d/%m/%Y}"
        )
    return f"le mandat n° {mandat.id} est déjà signé, depuis le {mandat.signe_le:%d/%m/%Y}"
