"""Reading accepted invoices again, from the bytes of the store, by the same readers.

The database keeps what identifies an invoice; all else is in the lot that brought it last.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

from sqlalchemy import Connection

from edi.document import Opened, open_document
from edi.inbound.archive import Membre
from edi.inbound.envelope import read_name
from edi.inbound.lot import open_lot
from edi.judge import READERS
from edi.model import (
    CleFacture,
    Facture,
    FactureDeposee,
    Flux,
    Interface,
    Limites,
    Nature,
    Original,
    RepriseFaite,
)
from edi.spool import Spool
from edi.store import factures, reprises
from edi.store import flux as flux_store


class Relue(NamedTuple):
    """One invoice read again from the store, with what it came in."""

    facture: Facture
    document: Opened
    nom: str
    data: bytes


class Source(NamedTuple):
    """Where the bytes of an invoice lie: the delivery, the file, the position in it."""

    flux_id: int
    fichier: str
    rang: int


@dataclass(frozen=True)
class Relecture:
    """Where invoices are read again."""

    spool: Spool
    interfaces: Mapping[str, Interface]
    limites: Limites

    def read(self, flux: Flux, fichiers: set[str]) -> Iterator[Relue]:
        """Every invoice of some files of a lot. Raises OSError, LookupError when its bytes are gone."""
        enveloppe, _ = read_name(flux.nom, flux.appli, self.interfaces)
        path = self.spool.blob(flux.sha256)
        for member in open_lot(path, enveloppe.extension, flux.nom, self.limites, flux.interface):
            if isinstance(member, Membre) and member.nom in fichiers:
                document = open_document(member.data, flux.interface, self.limites.fichier)
                read = READERS[document.scenario.lecteur]
                for facture in read(document.tree, self.limites.piece_jointe, None):
                    yield Relue(facture, document, member.nom, member.data)

    def read_one(self, conn: Connection, deposee: FactureDeposee) -> Facture:
        """An invoice as it stands now. Raises OSError, LookupError when its bytes are gone."""
        return self.find(conn, deposee).facture

    def find(self, conn: Connection, deposee: FactureDeposee, au: int | None = None) -> Relue:
        """The same with what it came in last; ``au``: as it stood after that reprise, 0: before any.

        Raises OSError, LookupError when its bytes are gone.
        """
        done = reprises.of_facture(conn, deposee.id)
        if au is not None:
            deposee, done = _go_back(deposee, done, au)
        source = source_of(deposee, done)
        flux = flux_store.get(conn, source.flux_id)
        for relue in self.read(flux, {source.fichier}):
            if relue.facture.rang == source.rang:
                return relue._replace(facture=_send_on(relue.facture, deposee, done))
        raise LookupError(f"facture {deposee.id} is not in its file any more")

    def see_originals(
        self, conn: Connection, keys: set[CleFacture], flux_id: int = 0
    ) -> dict[CleFacture, Original]:
        """The accepted invoices among ``keys``; those that may be taken up again are read again."""
        found = factures.originals(conn, keys, flux_id)
        for key, original in found.items():
            if any(original.statut is nature.depuis for nature in Nature):
                lue = self.read_one(conn, factures.get(conn, original.facture_id))
                found[key] = original._replace(lue=lue)
        return found


def source_of(deposee: FactureDeposee, done: tuple[RepriseFaite, ...]) -> Source:
    """The lot that brought an invoice last; ``done``: every time it was taken up again, oldest first."""
    brought = [one for one in done if one.flux_id is not None]
    if not brought:
        return Source(deposee.flux_id, deposee.fichier, deposee.rang)
    last = brought[-1]
    return Source(last.flux_id or 0, last.fichier, last.rang)


def _go_back(
    deposee: FactureDeposee, done: tuple[RepriseFaite, ...], au: int
) -> tuple[FactureDeposee, tuple[RepriseFaite, ...]]:
    """The invoice, and what was done to it, before it was taken up again after ``au``."""
    undone = next((one for one in done if one.id > au), None)
    if undone is None:
        return deposee, done
    avant = undone.avant
    sent = replace(
        deposee, destinataire=avant.destinataire, service=avant.service, engagement=avant.engagement
    )
    return sent, tuple(one for one in done if one.id <= au)


def _send_on(facture: Facture, deposee: FactureDeposee, done: tuple[RepriseFaite, ...]) -> Facture:
    """The invoice, on its way to where it was sent by hand since its bytes were written."""
    since = done[max((i for i, one in enumerate(done) if one.flux_id is not None), default=-1) + 1 :]
    if not any(one.nature is Nature.RECYCLAGE for one in since):
        return facture
    return replace(
        facture,
        destinataire=deposee.destinataire,
        service=deposee.service,
        engagement=deposee.engagement,
    )
