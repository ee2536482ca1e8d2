"""How the channel of a server stands, and what is still to be done there."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from edi.model import Canal, Serveur
from edi.outbound.envois import count_due
from edi.store import canaux, livraisons, releves


class EtatCanal(NamedTuple):
    """One channel at an instant."""

    serveur: Serveur
    canal: Canal
    a_deposer: int
    a_ranger: int  # files that were taken and whose after-action is still to be done

    @property
    def arrete(self) -> bool:
        """An operator must act; another pinned key is an act."""
        return self.canal.arrete and self.canal.empreinte == self.serveur.empreinte


def look_at(conn: Connection, serveur: Serveur) -> EtatCanal:
    """How it stands, as it is recorded; nobody is called."""
    return EtatCanal(
        serveur,
        canaux.get(conn, serveur.nom),
        livraisons.count_pending(conn, serveur.served) + count_due(conn, serveur),
        len(releves.owed(conn, serveur.nom)),
    )


def tell_state(etat: EtatCanal, zone: ZoneInfo) -> str:
    """The same in a few words of French."""
    canal = etat.canal
    if etat.arrete:
        return "arrêté"
    if canal.prochain_essai is not None:
        return f"en échec ({canal.essais}), nouvel essai le {_moment(canal.prochain_essai, zone)}"
    return "en service" if canal.reussi_le else "jamais appelé"


def _moment(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d/%m/%Y %H:%M}"
