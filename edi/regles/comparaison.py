"""What another version of a pack would change for invoices judged already. Nothing is changed here.

The bytes of each delivery are opened again and each document is judged twice, under the rules as they stand
and under the version to be compared. What the registry said at the time (mandat, destinataire, doublon) is
taken from what was recorded: no pack changes it.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import date
from typing import NamedTuple

from edi.engine import EngineFailed, JudgementEngine
from edi.inbound.archive import Membre
from edi.inbound.envelope import read_name
from edi.inbound.lot import open_lot
from edi.judge import Demande, judge
from edi.model import FactureDeposee, FichierJuge, Finding, Flux, Outcome, Verdict
from edi.spool import Spool
from edi.validators.catalogue import DOUBLON_RULES, REGISTRY_RULES
from edi.validators.scenarios import INTERFACES
from edi.validators.schematron.packs import Pack, Packs

_OF_REGISTRY = frozenset(rule.card.code for rule in (*REGISTRY_RULES, *DOUBLON_RULES))

Pair = tuple[FichierJuge, FichierJuge]


class Delivery(NamedTuple):
    """A delivery to be judged again: its invoices that are asked for, and what was recorded of them."""

    flux: Flux
    factures: tuple[FactureDeposee, ...]
    findings: Mapping[int, Sequence[Finding]]  # by id of invoice


class Compared(NamedTuple):
    """One invoice under both versions; None for both outcomes when it could not be judged again."""

    facture: FactureDeposee
    before: Verdict | None
    after: Verdict | None

    @property
    def change(self) -> str:
        """ "", "rejetee", "acceptee", "autre" (undecided under one of them), or "non_jugee"."""
        if self.before is None or self.after is None:
            return "non_jugee"
        if self.before.outcome is self.after.outcome:
            return ""
        outcomes = (self.before.outcome, self.after.outcome)
        known = {
            (Outcome.ACCEPTED, Outcome.REJECTED): "rejetee",
            (Outcome.REJECTED, Outcome.ACCEPTED): "acceptee",
        }
        return known.get(outcomes, "autre")


def only(packs: Packs, pack: Pack) -> Packs:
    """The same packs, where one version judges every day."""
    return {**packs, pack.id: (replace(pack, candidat=False, valid_from=date.min, valid_to=None),)}


def judge_twice(nom: str, data: bytes, before: Demande, after: Demande) -> Pair:
    """The judgement of one file under two requests. Raises as :func:`edi.judge.judge` does."""
    return judge(nom, data, before), judge(nom, data, after)


def compare(
    deliveries: Iterable[Delivery],
    before: Callable[[Flux], Demande],
    pack: Pack,
    spool: Spool,
    engine: JudgementEngine,
    listen: Callable[[int], None] = lambda done: None,
) -> Iterator[Compared]:
    """Each invoice under both; those whose document the pack does not judge are left out.

    ``before`` is how a delivery is judged as things stand; ``listen`` is told how many invoices are done.
    """
    for delivery in deliveries:
        yield from _compare(delivery, before(delivery.flux), pack, spool, engine)
        listen(len(delivery.factures))


def _compare(
    delivery: Delivery, demande: Demande, pack: Pack, spool: Spool, engine: JudgementEngine
) -> Iterator[Compared]:
    flux, path = delivery.flux, spool.blob(delivery.flux.sha256)
    if not path.is_file():
        yield from (Compared(facture, None, None) for facture in delivery.factures)
        return
    enveloppe, _ = read_name(flux.nom, flux.appli, INTERFACES)
    demande = replace(demande, interface=enveloppe.interface)
    other = replace(demande, packs=only(demande.packs, pack))
    wanted = {facture.fichier for facture in delivery.factures}
    members = open_lot(path, enveloppe.extension, enveloppe.nom, demande.limites, demande.interface)
    pairs = dict(
        _judge_members((m for m in members if isinstance(m, Membre)), wanted, demande, other, engine)
    )
    for facture in delivery.factures:
        pair = pairs.get(facture.fichier)
        if pair is None:
            yield Compared(facture, None, None)
        elif _judges(pack, pair):
            recorded = tuple(f for f in delivery.findings.get(facture.id, ()) if f.code in _OF_REGISTRY)
            yield Compared(facture, *(_verdict(fichier, facture.rang, recorded) for fichier in pair))


def _judge_members(
    members: Iterable[Membre],
    wanted: Collection[str],
    before: Demande,
    after: Demande,
    engine: JudgementEngine,
) -> Iterator[tuple[str, Pair | None]]:
    """The members asked for, each judged twice, a few at a time so that memory stays bounded."""
    running: deque[tuple[str, Future[Pair]]] = deque()
    for member in members:
        if member.nom not in wanted or member.findings:
            continue
        work = engine.submit(judge_twice, member.nom, member.data, before, after, weight=2 * len(member.data))
        running.append((member.nom, work))
        if len(running) >= engine.window:
            yield _collect(*running.popleft())
    while running:
        yield _collect(*running.popleft())


def _collect(nom: str, work: Future[Pair]) -> tuple[str, Pair | None]:
    try:
        return nom, work.result()
    except EngineFailed:
        return nom, None


def _judges(pack: Pack, pair: Pair) -> bool:
    """Whether the pack was asked: not about a document of another kind, nor one that its schema refuses."""
    return any(one.id == pack.id for fichier in pair for jugee in fichier.factures for one in jugee.packs)


def _verdict(fichier: FichierJuge, rang: int, recorded: tuple[Finding, ...]) -> Verdict | None:
    jugee = next((one for one in fichier.factures if one.facture.rang == rang), None)
    return None if jugee is None else Verdict((*jugee.findings, *recorded))


# -- the sum ----------------------------------------------------------------------------------------------


@dataclass
class Bilan:
    """What changes for one supplier, counted in invoices."""

    fournisseur: str
    nom: str
    factures: Counter[str] = field(default_factory=Counter)  # by Compared.change
    exemples: dict[str, str] = field(default_factory=dict)  # number of one invoice, by Compared.change
    apparus: Counter[str] = field(default_factory=Counter)  # by code of a finding
    disparus: Counter[str] = field(default_factory=Counter)
    exemples_de_code: dict[str, str] = field(default_factory=dict)

    @property
    def jugees(self) -> int:
        return self.factures.total() - self.factures["non_jugee"]

    @property
    def change(self) -> bool:
        """True when a verdict would change."""
        return any(self.factures[change] for change in ("rejetee", "acceptee", "autre"))


def sum_up(compared: Iterable[Compared]) -> tuple[Bilan, ...]:
    """By supplier: first those whose verdicts change most, then by name."""
    found: dict[str, Bilan] = {}
    for one in compared:
        partie = one.facture.fournisseur
        bilan = found.setdefault(str(partie.identifiant), Bilan(str(partie.identifiant), partie.nom))
        bilan.factures[one.change] += 1
        bilan.exemples.setdefault(one.change, one.facture.numero)
        if one.before is None or one.after is None:
            continue
        old, new = ({finding.code for finding in verdict.findings} for verdict in (one.before, one.after))
        bilan.apparus.update(new - old)
        bilan.disparus.update(old - new)
        for code in new ^ old:
            bilan.exemples_de_code.setdefault(code, one.facture.numero)
    return tuple(sorted(found.values(), key=_rank))


def _rank(bilan: Bilan) -> tuple[int, str, str]:
    same = bilan.factures[""] + bilan.factures["non_jugee"]
    return (same - bilan.factures.total(), bilan.nom, bilan.fournisseur)
