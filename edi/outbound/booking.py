"""Booking return flows: whoever decides something books, in the same transaction, the flow that tells it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from edi.model import Deposant, FactureDeposee
from edi.outbound import emit, names
from edi.store import emissions, livraisons


@dataclass(frozen=True)
class Booking:
    """Who we are in the names of return flows, and whom they go to."""

    code_appli: str
    partenaires: Mapping[str, Deposant]
    fuseau: ZoneInfo
    groupement: str = "immediat"  # or "nuit": one cycle de vie flow a day for each déposant

    def book(
        self, conn: Connection, flux_id: int, appli: str, interface: str, at: datetime, nuit: bool = False
    ) -> int:
        """Book the next return flow of a partner, and its delivery where it has a server; its id."""

        def name_of(numero: int) -> str:
            return names.file_name(self.code_appli, interface, appli, numero)

        pas_avant = self._midnight(at) if nuit else None
        emission_id = emissions.plan(conn, flux_id, appli, interface, name_of, at, pas_avant).id
        partenaire = self.partenaires.get(appli)
        if partenaire is not None and partenaire.pousse:
            livraisons.plan(conn, emission_id)
        return emission_id

    def book_cycle_de_vie(self, conn: Connection, flux_id: int, appli: str, at: datetime) -> int:
        """The cycle de vie flow that tells a déposant what happens at ``at``: a new one, or tonight's."""
        if self.groupement != "nuit":
            return self.book(conn, flux_id, appli, names.CYCLE_DE_VIE, at)
        filling = emissions.still_filling(conn, appli, names.CYCLE_DE_VIE, at)
        return filling or self.book(conn, flux_id, appli, names.CYCLE_DE_VIE, at, nuit=True)

    def tells(self, appli: str, facture: FactureDeposee) -> bool:
        """Whether the statuts of an invoice are told to who deposited it."""
        deposant = self.partenaires.get(appli)
        return (
            deposant is not None
            and deposant.recoit_cycles_de_vie
            and emit.can_be_told(facture.fournisseur, facture.destinataire, facture.numero)
        )

    def _midnight(self, at: datetime) -> datetime:
        tomorrow = at.astimezone(self.fuseau).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self.fuseau)
