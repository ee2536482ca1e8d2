"""What is no deposit: statuts that a destinataire sends, acknowledgements that a déposant does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from edi.acquittement import Acquittements
from edi.examen import Scanner, examine_flux
from edi.inbound.envelope import read_interface
from edi.lifecycle.statuts import FLUX_ACCEPTED, FLUX_TERMINAL
from edi.model import ErrorClass, Finding, Flux, Severity
from edi.pipeline.conduite import Conduite
from edi.relais import Relais
from edi.settlement import Settlement, same_delivery
from edi.spool import Entry
from edi.store import flux as flux_store


@dataclass(frozen=True)
class Retours:
    """The ways of the flux that bring no invoices."""

    conduite: Conduite
    relais: Relais
    acquittements: Acquittements
    settlement: Settlement
    scanner: Scanner | None  # None: there is no antivirus to ask
    tell_reused: Callable[[Flux, Flux], Finding]  # this id was taken by other bytes

    def acknowledge(self, entry: Entry, flux: Flux) -> Flux:
        """A file of acknowledgements, once the antivirus has seen it."""
        path = self.conduite.spool.blob(flux.sha256)
        seen = None if self.scanner is None else examine_flux(path, flux.nom, self.scanner)
        if seen is not None and seen.severity == Severity.HOLD:
            return self.conduite.hold(entry, flux, seen.message, ErrorClass.TRANSIENT)
        flux = self.acquittements.settle(flux, path, seen)
        self.conduite.let_go(entry, flux)
        return flux

    def relay(self, entry: Entry, flux: Flux) -> Flux:
        """A flow of statuts from a destinataire; the very same one again gets its answer again."""
        lu = self.relais.read(self.conduite.spool.blob(flux.sha256), flux.nom)
        flux = self.conduite.describe(flux, interface=read_interface(entry.nom), idflux=lu.idflux)
        if lu.held_by is not None:
            return self.conduite.hold(entry, flux, lu.held_by.message, ErrorClass.TRANSIENT)
        with self.conduite.base.begin() as conn:
            earlier = flux_store.earlier_deliveries(conn, flux)
        first = next((e for e in earlier if e.statut in FLUX_ACCEPTED), None)
        waiting = next((e for e in earlier if e.statut not in FLUX_TERMINAL), None)
        if first is None and waiting is not None:
            return self.conduite.wait_for(entry, flux, waiting.id)
        again = first is not None and same_delivery(first, flux)
        if first is not None and again and not lu.is_report:
            flux = self.settlement.remind(flux, first)
        else:
            if first is not None and not again:
                lu = lu._replace(findings=(*lu.findings, self.tell_reused(flux, first)))
            flux = self.relais.settle(flux, lu)
        self.conduite.let_go(entry, flux)
        return flux
