"""What leaves: return flows into ``out``, the statut and the reste of each flux."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from sqlalchemy import Connection, Engine

from edi.model import Deposant, Destinataire, Emission, Envoi, Flux, Limites, NatureEnvoi
from edi.outbound import dispatch, emit, names
from edi.outbound.suivi import make_statut, tell_changes
from edi.remise import Remise
from edi.reste import find_reste, give_reste
from edi.spool import Spool


@dataclass(frozen=True)
class Sortie:
    """The way out, with everything it needs handed in as values."""

    spool: Spool
    base: Engine
    deposants: Mapping[str, Deposant]  # and destinataires that are connected, and the PPF, as partners
    destinataires: Mapping[str, Destinataire]  # those, by code
    limites: Limites
    emitter: emit.Emitter
    remise: Remise
    process_id: str
    now: Callable[[], datetime]

    def emit(self) -> int:
        """Put every booked return flow into its ``out``, then bring ``statut`` up to date; how many left."""
        left = 0
        while more := dispatch.emit_pending(
            self.base,
            self.spool,
            self.make_many,
            self.remise.confirm,
            self.deposants,
            self.now(),
            self.process_id,
        ):
            left += more
        tell_changes(
            self.base,
            self.spool,
            self.deposants.keys() - self.destinataires.keys(),
            self.emitter.fuseau,
            self.process_id,
            self._give_reste,
            {code for code, deposant in self.deposants.items() if deposant.statut_distant},
        )
        return left

    def make(self, emission: Emission) -> tuple[bytes, str] | None:
        """The bytes of one booked return flow, and their sha256; None when they must not leave."""
        return next(self.make_many([emission]))

    def make_many(self, wanted: Sequence[Emission]) -> Iterator[tuple[bytes, str] | None]:
        """The same for many, in order; what may be heavy is made one by one, when asked for."""
        for is_message, group in groupby(wanted, key=lambda emission: names.is_cdar(emission.interface)):
            if is_message:
                yield from emit.make_all(self.base, list(group), self.emitter, self.deposants)
                continue
            for one in group:
                if one.interface == names.PIVOT:
                    yield self.remise.make(one)
                else:
                    yield from emit.make_all(self.base, [one], self.emitter, self.deposants)

    def confirm(self, conn: Connection, emission: Emission, at: datetime, sha256: str) -> None:
        """Record that a return flow lies where it is fetched, and what follows from that."""
        self.remise.confirm(conn, [(emission, sha256)], at)

    def build(self, envoi: Envoi) -> tuple[str, bytes] | None:
        """Name and bytes of what is put on a déposant's server about a flux; None when there is none."""
        if envoi.nature is NatureEnvoi.STATUT:
            return make_statut(self.base, envoi.flux, self.emitter.fuseau)
        reste = find_reste(self.base, self.spool, envoi.flux, self.limites)
        return None if reste is None else (reste.nom, reste.data)

    def _give_reste(self, flux: Flux) -> None:
        give_reste(
            self.base,
            self.spool,
            flux,
            self.deposants[flux.appli],
            self.limites,
            self.now(),
            self.process_id,
        )
