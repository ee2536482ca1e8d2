"""What the stages are made of: values handed in, and the parts that are put together of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from edi.acquittement import Acquittements
from edi.cdar import PACK, judge_cdar
from edi.confiance import Feuilles
from edi.disjoncteur import Disjoncteur
from edi.engine import JudgementEngine, saxon_of
from edi.examen import Scanner
from edi.inbound import cards
from edi.model import Deposant, Destinataire, Finding, Flux, Interface, Limites, Politique
from edi.outbound import emit
from edi.outbound.booking import Booking
from edi.pipeline.conduite import Conduite
from edi.pipeline.retours import Retours
from edi.pipeline.sortie import Sortie
from edi.relais import Relais
from edi.relecture import Relecture
from edi.remise import Remise
from edi.settlement import Settlement
from edi.spool import Spool
from edi.validators.schematron.packs import PACKS, Packs, pack_on

Listen = Callable[[Flux, int], None]  # told the flux at work and how many of its invoices are judged


@dataclass(frozen=True)
class Parties:
    """Everything that the stages of a flux need."""

    spool: Spool
    base: Engine
    engine: JudgementEngine
    deposants: Mapping[str, Deposant]  # and destinataires that are connected, and the PPF, as partners
    destinataires: Mapping[str, Destinataire]  # those, by code
    interfaces: Mapping[str, Interface]
    limites: Limites
    politique: Politique
    emitter: emit.Emitter
    tentatives: int  # of a flux on which our own machinery fails; then an operator must look
    disjoncteur: Disjoncteur
    feuilles: Feuilles  # how far the compiled form of each official sheet is trusted
    process_id: str  # who we are among the processes at work on this spool
    now: Callable[[], datetime]
    listen: Listen = lambda flux, done: None
    packs: Callable[[], Packs] = lambda: PACKS  # asked for each flux: an operator may activate a version
    scanner: Scanner | None = None  # None: there is no antivirus to ask

    @property
    def conduite(self) -> Conduite:
        """What is done to a flux and its ticket under its claim."""
        return Conduite(self.spool, self.base, self.process_id, self.tentatives, self.now)

    @property
    def sortie(self) -> Sortie:
        """What leaves."""
        return Sortie(
            self.spool,
            self.base,
            self.deposants,
            self.destinataires,
            self.limites,
            self.emitter,
            self.remise,
            self.process_id,
            self.now,
        )

    @property
    def retours(self) -> Retours:
        """The ways of the flux that bring no invoices."""
        return Retours(
            self.conduite,
            self.relais,
            self.acquittements,
            self.settlement,
            self.scanner,
            self.tell_reused,
        )

    @property
    def settlement(self) -> Settlement:
        """The one place where a flux is decided."""
        by_siret = {d.siret: d for d in self.destinataires.values()}
        return Settlement(
            self.base,
            self.deposants,
            self.politique,
            self.booking,
            by_siret,
            self.now,
            self.limites,
            self.interfaces,
        )

    @property
    def booking(self) -> Booking:
        """Where return flows are booked."""
        emitter = self.emitter
        return Booking(
            emitter.code_appli, self.deposants, emitter.fuseau, emitter.groupement, emitter.reforme
        )

    @property
    def remise(self) -> Remise:
        """The one place where invoices are handed over."""
        return Remise(self.base, self.relecture, self.emitter, self.destinataires, self.booking)

    @property
    def relecture(self) -> Relecture:
        """Where accepted invoices are read again."""
        return Relecture(self.spool, self.interfaces, self.limites)

    @property
    def relais(self) -> Relais:
        """The one place where what a destinataire says is applied."""
        return Relais(
            self.base,
            self.destinataires,
            self.politique,
            self.booking,
            self.now,
            self.limites,
            self._judge_message,
            self.scanner,
        )

    def _judge_message(self, data: bytes) -> tuple[Finding, ...]:
        """All that is wrong with a message of the reform; Saxon runs where documents are judged."""
        pack = pack_on(PACK, self.now().date(), self.packs())
        confiance = self.feuilles.current()
        who = saxon_of(self.engine) if confiance.samples(data) else self.engine
        judged = who.submit(judge_cdar, data, pack, False, confiance, weight=len(data)).result()
        self.feuilles.note(judged.executions)
        return judged.findings

    @property
    def acquittements(self) -> Acquittements:
        """The one place where what a déposant acknowledges is recorded."""
        return Acquittements(self.base, self.booking, self.now)

    def tell_reused(self, flux: Flux, first: Flux) -> Finding:
        """The id of a flux was taken by other bytes."""
        return cards.IDFLUX_DEJA_UTILISE.at(
            value=flux.reference, original=first.nom, le=self.local(first.recu_le)
        )

    def local(self, at: datetime) -> str:
        """An instant as findings tell it."""
        zone: ZoneInfo = self.emitter.fuseau
        return f"{at.astimezone(zone):%d/%m/%Y à %H:%M}"
