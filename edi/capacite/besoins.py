"""What a volume needs: processors, coordinators, disks, database, network, memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

from edi.capacite.modele import Charge, Modele

_MOST = 129  # workers of one coordinator; more would wait for it
SAXON = 270e6  # bytes of the one worker of a coordinator that has it (benchmarks/README.md, Memory)


class Empreinte(NamedTuple):
    """What one invoice leaves behind, bytes, and what processes hold, bytes: measured."""

    base: float  # in the database
    reponses: float  # in the return flows
    travailleur: float  # resident memory of one worker
    coordinateur: float


class Volume(NamedTuple):
    """What comes: a mix of lots, in so many hours."""

    factures: int
    heures: float
    melange: Mapping[str, float]  # share of the invoices, by kind; they add up to 1
    lignes: int  # of an invoice
    octets: Mapping[str, int]  # of a file, by kind
    par_lot: int  # invoices of a lot
    pointe: float = 1.0  # how many times the mean the busiest hour is
    occupation: float = 0.7  # of what is bought, in the busiest hour: the rest is for what fails

    @property
    def rate(self) -> float:
        """Invoices a second that must be possible."""
        return self.factures / self.heures / 3600 * self.pointe / self.occupation


@dataclass(frozen=True, slots=True)
class Besoins:
    """What must be there."""

    debit: float  # invoices a second that must be possible
    coordinateurs: int  # processes ``edi serve``
    travailleurs: int  # of all of them
    coeurs: int  # for both
    coeurs_base: float  # of ``coeurs`` while SQLite works in the coordinator; a server has them for itself
    syncs: float  # a second
    disque: float  # bytes written to the store and the return folders, for the whole volume
    base: float  # bytes that the database grows by
    ecriture: float  # bytes a second, in the busiest hour: store, return flows and database
    reseau: (
        float  # bits a second, in the busiest hour: deposits in, return flows out, files to workers and back
    )
    memoire: float  # bytes


def find_besoins(modele: Modele, volume: Volume, empreinte: Empreinte, fsync: float | None = None) -> Besoins:
    """The least that holds the busiest hour, and how much of it is for coordinators.

    A coordinator takes one lot after the other: what it does around the judgement bounds it, however many
    workers it has. So for each number of coordinators the least number of workers is sought, and the pair
    that needs the fewest processors is kept. ``fsync``: seconds, of another disk than the one measured.
    Raises ValueError for a mix that does not add up.
    """
    if abs(sum(volume.melange.values()) - 1) > 1e-6:
        raise ValueError("the shares of a mix add up to 1")
    least = ceil(volume.rate * _alone(modele, volume, fsync))
    pairs = [
        (each * (workers + 1), each, workers)
        for each in range(max(1, least), max(1, least) + 40)
        if (workers := _workers(modele, volume, fsync, volume.rate / each)) is not None
    ]
    coeurs, coordinateurs, travailleurs = min(pairs)
    octets = sum(share * volume.octets[jeu] for jeu, share in volume.melange.items())
    written = octets + empreinte.reponses
    busiest = volume.rate * volume.occupation
    return Besoins(
        debit=volume.rate,
        coordinateurs=coordinateurs,
        travailleurs=coordinateurs * travailleurs,
        coeurs=coeurs,
        coeurs_base=volume.rate
        * sum(share * modele.base(lot) / lot.factures for share, lot in _lots(volume)),
        syncs=busiest * modele.syncs_par_lot / volume.par_lot,
        disque=volume.factures * written,
        base=volume.factures * empreinte.base,
        ecriture=busiest * (written + empreinte.base),
        reseau=8 * busiest * (2 * octets + empreinte.reponses),
        memoire=coordinateurs * (empreinte.coordinateur + travailleurs * empreinte.travailleur + SAXON),
    )


def _lots(volume: Volume) -> list[tuple[float, Charge]]:
    return [
        (share, Charge(jeu, volume.par_lot, volume.lignes, volume.octets[jeu]))
        for jeu, share in volume.melange.items()
        if share
    ]


def _alone(modele: Modele, volume: Volume, fsync: float | None) -> float:
    """Seconds of one invoice that no worker takes off its coordinator."""
    return sum(share * modele.seul(lot, fsync) / lot.factures for share, lot in _lots(volume))


def find_rate(modele: Modele, volume: Volume, travailleurs: int, fsync: float | None = None) -> float:
    """Invoices a second that one coordinator keeps with so many workers, when it is never idle."""
    taken = sum(
        share * modele.predict(lot, travailleurs, fsync) / lot.factures for share, lot in _lots(volume)
    )
    return 1 / taken


def _workers(modele: Modele, volume: Volume, fsync: float | None, rate: float) -> int | None:
    """The least number of workers with which one coordinator keeps that rate; None when none does."""
    enough = (many for many in range(1, _MOST) if find_rate(modele, volume, many, fsync) >= rate)
    return next(enough, None)
