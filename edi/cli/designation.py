"""Naming a flux as people do: its number, its flux id, the name of its file."""

from __future__ import annotations

from sqlalchemy.exc import NoResultFound

from edi.cli.espace import Erreur, Espace
from edi.model import Flux
from edi.store import flux as store
from edi.store.database import reading


def find_flux(espace: Espace, ident: str) -> Flux:
    """The one that is meant, the newest of several. Raises Erreur when there is none."""
    with reading(espace.engine) as conn:
        if ident.isascii() and ident.isdigit() and len(ident) < 12:
            try:
                return store.get(conn, int(ident))
            except NoResultFound as error:
                raise Erreur(f"aucun flux n° {ident} ; « edi flux list » les montre") from error
        _, found = store.search(conn, text=ident, limit=1)
    if not found:
        raise Erreur(f"aucun flux « {ident} » ; « edi flux list » les montre")
    return found[0]
