"""What a lot costs, from its size: fitted to lots that were measured stage by stage.

Judging a file costs so much, and so much more a line or a byte, by kind. What one process does around it
(taking, registry, decision, answers) costs so much a lot, an invoice and a byte; its database so much a lot
and an invoice. Waiting for the disk costs so many syncs a lot, and something an invoice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from edi.capacite.ajustement import fit


class Charge(NamedTuple):
    """A lot: its kind, how many invoices, and of what size each is."""

    jeu: str
    factures: int
    lignes: int
    octets: int  # of one file


class Observe(NamedTuple):
    """One lot as it was measured in one process, seconds."""

    charge: Charge
    jugement: float  # of processor
    autour: float  # of processor: all that is neither judgement nor database
    base: float  # of processor
    attente: float  # for the disk
    duree: float  # by the clock of the wall, from deposit to statuts


class Enfants(NamedTuple):
    """One lot as it was measured with worker processes."""

    charge: Charge
    travailleurs: int
    duree: float


@dataclass(frozen=True, slots=True)
class Jugement:
    """Seconds of processor that one file takes to be judged."""

    fixe: float
    par_ligne: float
    par_octet: float

    def of(self, lignes: int, octets: int) -> float:
        """Of a file of that size."""
        return self.fixe + self.par_ligne * lignes + self.par_octet * octets


@dataclass(frozen=True, slots=True)
class Modele:
    """Seconds; of processor unless said otherwise."""

    jugements: Mapping[str, Jugement]  # by kind
    par_lot: float
    par_facture: float
    par_octet: float
    base_par_lot: float
    base_par_facture: float
    attente_par_lot: float  # of waiting
    attente_par_facture: float
    fsync: float  # of waiting: one sync of the disk that was measured
    envoi: float = 0.0  # what worker processes add to each invoice; below zero: what they overlap
    rendement: float = 1.0  # of every worker after the first: 0 to 1

    @property
    def syncs_par_lot(self) -> float:
        """Waits of a lot, in syncs of that disk."""
        return self.attente_par_lot / self.fsync

    def jugement(self, charge: Charge) -> float:
        """Judging a lot."""
        return charge.factures * self.jugements[charge.jeu].of(charge.lignes, charge.octets)

    def autour(self, charge: Charge) -> float:
        """All that one process does around it, but for its database."""
        bytes_ = charge.factures * charge.octets
        return self.par_lot + self.par_facture * charge.factures + self.par_octet * bytes_

    def base(self, charge: Charge) -> float:
        """Asking and telling the database."""
        return self.base_par_lot + self.base_par_facture * charge.factures

    def seul(self, charge: Charge, fsync: float | None = None) -> float:
        """By the clock of the wall: all that no worker takes off the process that coordinates."""
        return self.autour(charge) + self.base(charge) + self.attente(charge, fsync)

    def attente(self, charge: Charge, fsync: float | None = None) -> float:
        """Waiting for the disk; ``fsync``: of another one."""
        scale = 1.0 if fsync is None else fsync / self.fsync
        return scale * (self.attente_par_lot + self.attente_par_facture * charge.factures)

    def speedup(self, travailleurs: int) -> float:
        """How many times as fast as one worker so many judge."""
        return 1 + self.rendement * (travailleurs - 1)

    def predict(self, charge: Charge, travailleurs: int = 0, fsync: float | None = None) -> float:
        """Seconds by the clock of the wall, from the deposit of a lot to its statuts on the disk.

        ``travailleurs``: worker processes, 0 for none; each has a processor of its own.
        """
        alone = self.seul(charge, fsync)
        if not travailleurs:
            return self.jugement(charge) + alone
        sent = self.envoi * charge.factures
        return max(alone, self.jugement(charge) / self.speedup(travailleurs) + alone + sent)


def fit_modele(seen: Sequence[Observe], fsync: float, enfants: Sequence[Enfants] = ()) -> Modele:
    """The model that these lots tell. Raises ValueError when they are too few, or too much alike."""
    kinds = dict.fromkeys(one.charge.jeu for one in seen)
    jugements = {jeu: _fit_jugement([one for one in seen if one.charge.jeu == jeu]) for jeu in kinds}
    charges = [one.charge for one in seen]
    around = fit([(1.0, c.factures, c.factures * c.octets) for c in charges], [one.autour for one in seen])
    sizes = [(1.0, c.factures) for c in charges]
    base, waits = fit(sizes, [one.base for one in seen]), fit(sizes, [one.attente for one in seen])
    modele = Modele(jugements, around[0], around[1], around[2], base[0], base[1], waits[0], waits[1], fsync)
    return fit_workers(modele, enfants) if enfants else modele


def _fit_jugement(seen: Sequence[Observe]) -> Jugement:
    """By lines where they differ, by bytes where those do without the lines; else a cost a file."""
    lines, sizes = ({getattr(one.charge, name) for one in seen} for name in ("lignes", "octets"))
    measured = [one.jugement / one.charge.factures for one in seen]
    if len(lines) > 1:
        fixed, slope = fit([(1.0, one.charge.lignes) for one in seen], measured)
        return Jugement(fixed, slope, 0.0)
    if len(sizes) > 1 and max(sizes) > 2 * min(sizes):
        fixed, slope = fit([(1.0, one.charge.octets) for one in seen], measured)
        return Jugement(fixed, 0.0, slope)
    return Jugement(fit([(1.0,) for _ in seen], measured)[0], 0.0, 0.0)


def fit_workers(modele: Modele, enfants: Sequence[Enfants]) -> Modele:
    """The same, with what workers add and what each more of them brings.

    Raises ValueError when no lot was measured with one worker alone.
    """
    alone = [one for one in enfants if one.travailleurs == 1]
    if not alone:
        raise ValueError("no lot was measured with one worker")
    over = [(one.duree - modele.predict(one.charge)) / one.charge.factures for one in alone]
    envoi = sum(over) / len(over)
    gains = []
    for one in enfants:
        if one.travailleurs > 1:
            around = modele.seul(one.charge) + envoi * one.charge.factures
            times = modele.jugement(one.charge) / max(one.duree - around, 1e-9)
            gains.append((times - 1) / (one.travailleurs - 1))
    rendement = min(1.0, max(0.0, sum(gains) / len(gains))) if gains else 1.0
    return Modele(**{**_fields(modele), "envoi": envoi, "rendement": rendement})


def _fields(modele: Modele) -> dict[str, Any]:
    return {name: getattr(modele, name) for name in Modele.__slots__}


def as_json(modele: Modele) -> dict[str, Any]:
    """For a file."""
    return asdict(modele)


def from_json(told: Mapping[str, Any]) -> Modele:
    """From a file. Raises TypeError for one that is of another form."""
    jugements = {jeu: Jugement(**one) for jeu, one in told["jugements"].items()}
    return Modele(**{**told, "jugements": jugements})
