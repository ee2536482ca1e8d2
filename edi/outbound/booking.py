"""Booking return flows: whoever decides something books, in the same transaction, the flow that tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import Connection

from edi.cdv import tables
from edi.cdv.correspondance import REFORME, Reforme
from edi.model import Deposant, Facture, FactureDeposee, FactureStatut, Fait, Finding
from edi.outbound import cdv, emit, names
from edi.store import emissions, livraisons, messages
from edi.store.messages import MessagePrevu

log = structlog.get_logger()

MOST = 2_000  # changes of statut in one FEN1200A: what is told of a larger lot is in several
_REFUSEE = "210"  # nothing that the PPF must know follows it


def wants(deposant: Deposant | None, format: str) -> bool:
    """Whether a déposant receives the cycle de vie in a format, ``cpp`` or ``cdar``."""
    if deposant is None or not deposant.recoit_cycles_de_vie:
        return False
    return format in deposant.format_retour.split("+")


@dataclass(frozen=True)
class Booking:
    """Who we are in the names of return flows, and whom they go to."""

    code_appli: str
    partenaires: Mapping[str, Deposant]
    fuseau: ZoneInfo
    groupement: str = "immediat"  # or "nuit": one cycle de vie flow a day for each déposant
    reforme: Reforme = REFORME

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

    def book_message(
        self, conn: Connection, flux_id: int, appli: str, interface: str, message: MessagePrevu, at: datetime
    ) -> int:
        """Book a message of the reform, which always leaves at once; the id of its return flow."""
        emission_id = self.book(conn, flux_id, appli, interface, at)
        messages.record(conn, emission_id, message)
        return emission_id

    def announce(self, conn: Connection, flux_id: int, at: datetime) -> Annonce:
        """What tells the changes of statut that one transaction makes because of a flux."""
        return Annonce(self, conn, flux_id, at)

    def _midnight(self, at: datetime) -> datetime:
        tomorrow = at.astimezone(self.fuseau).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), self.fuseau)


class Dite(NamedTuple):
    """The return flows that tell one change of statut."""

    emission_id: int | None = None  # the FEN1200A; where there is none, the message of the reform
    messages: tuple[int, ...] = ()  # of the reform: to the déposant, and the copy for the PPF


@dataclass
class Annonce:
    """Books, for each change of statut, one return flow in each format that its déposant chose, in order.

    One FEN1200A holds the changes of a déposant, up to :data:`MOST`; of the reform, each has a message.
    FEN1200A leaves a doublon to the integration report: it names an invoice by its number, and the statut of
    this delivery must not reach the original. A message of the reform says DOUBLON, which is about the
    delivery by its very meaning. What the PPF must know is booked for it too, whatever the déposant chose.
    """

    booking: Booking
    conn: Connection
    flux_id: int
    at: datetime
    cpp: dict[str, tuple[int, int]] = field(
        default_factory=dict
    )  # the FEN1200A of each déposant, what it holds

    def tell(
        self,
        appli: str,
        facture: Facture | FactureDeposee,
        facture_id: int,
        statut: FactureStatut | None,
        findings: Iterable[Finding] = (),
        fait: Fait | None = None,
        formats: Collection[str] | None = None,
    ) -> Dite:
        """Book what tells ``appli`` a statut of an invoice that it deposited.

        ``formats``: those in which it may be told at all; None: both, but of a doublon.
        ``statut`` None: a destinataire said (``fait``) what has no equivalent among our statuts. Nothing
        changes, and who receives messages of the reform gets it in their words.
        """
        deposant, findings = self.booking.partenaires.get(appli), tuple(findings)
        if formats is None:
            formats = ("cdar",) if any(f.motif == "DOUBLON" for f in findings) else ("cpp", "cdar")
        cpp = None
        if "cpp" in formats and wants(deposant, "cpp") and statut is not None and _can_be_named(facture):
            cpp = self._cycle_de_vie(appli)
        reforme, cdar = self.booking.reforme, wants(deposant, "cdar")
        if "cdar" not in formats or not (cdar or reforme.ppf):
            return Dite(cpp)
        message = cdv.plan_facture(facture, facture_id, statut, self.at, reforme, findings, fait)
        if message is None:
            return Dite(cpp)
        own = self._message(appli, message) if cdar else None
        copied = self._is_for_ppf(message, facture, facture_id, findings)
        copy = self._message(reforme.ppf, message) if copied else None
        return Dite(cpp or own, tuple(filter(None, (own, copy))))

    def _cycle_de_vie(self, appli: str) -> int:
        flow, many = self.cpp.get(appli, (0, MOST))
        if many >= MOST:
            flow, many = self.booking.book_cycle_de_vie(self.conn, self.flux_id, appli, self.at), 0
        self.cpp[appli] = flow, many + 1
        return flow

    def _message(self, appli: str, message: MessagePrevu) -> int:
        return self.booking.book_message(self.conn, self.flux_id, appli, names.CDAR_FACTURE, message, self.at)

    def _is_for_ppf(
        self,
        message: MessagePrevu,
        facture: Facture | FactureDeposee,
        facture_id: int,
        findings: tuple[Finding, ...],
    ) -> bool:
        reforme = self.booking.reforme
        if not reforme.ppf or tables.STATUTS[message.statut].ppf == "non":
            return False
        told = {code for code, _ in messages.said(self.conn, reforme.ppf, facture_id)}
        if _REFUSEE in told or message.statut in told:
            return False
        fault = cdv.explain_no_copy(message, facture, findings, self.at, reforme)
        if fault:
            log.warning("no_copy_for_ppf", facture=facture_id, statut=message.statut, why=fault)
        return not fault


def _can_be_named(facture: Facture | FactureDeposee) -> bool:
    return emit.can_be_told(facture.fournisseur, facture.destinataire, facture.numero)
