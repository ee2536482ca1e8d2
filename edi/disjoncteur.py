"""The breaker of rules: a rule that suddenly refuses far more than usual refuses nothing for good any more.

A defective version of a rule, or a broken import of the annuaire, refuses the good invoices of everybody.
When many invoices of several unrelated fournisseurs and déposants are refused by one rule, at many times its
own usual rate, the breaker of that rule trips: invoices that nothing else blocks are held, until an operator
says what the rule is worth. Measuring counts rows; deciding (:func:`departs`, :func:`hold_back`) is pure.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from edi.model import Card, FactureJugee, Finding, Flux, LotJuge, Place, Regle, Seuils, Severity
from edi.store import decomptes, disjoncteurs, factures
from edi.store import flux as flux_store
from edi.store.decomptes import Decompte
from edi.store.disjoncteurs import Declenchement, Mesure
from edi.validators.lot import CARD as LOT_ENTIER

log = structlog.get_logger()

RETENUE = Card(
    "EDI-DISJONCTEUR-01",
    Severity.HOLD,
    "",
    "Règle propre à Navette : une règle qui refuse soudain partout est vérifiée avant de rejeter",
    "La règle {value} ({jeu}) refuse soudain beaucoup plus de factures que d'habitude, chez plusieurs "
    "fournisseurs : la facture attend que la plateforme ait vérifié la règle.",
    "Rien à faire pour le déposant : l'exploitant de la plateforme vérifie la règle, puis la facture est "
    "jugée.",
)
CARDS = (RETENUE,)
Rang = tuple[str, int]  # where an invoice stands in its flux: file, and position in it
_FRESH = timedelta(minutes=10)  # between two countings of what is usual


def is_unusual(mesure: Mesure, seuils: Seuils) -> bool:
    """Whether a rule refuses many invoices, and far more of them than usual; whoever sent them.

    ``facteur`` times the usual rate; for a rule that refuses often, half-way from there to all invoices.
    """
    if mesure.refusees < seuils.factures or not mesure.jugees:
        return False
    usual = max(mesure.usuel, seuils.plancher)
    return mesure.taux >= min(seuils.facteur * usual, (1 + usual) / 2)


def departs(mesure: Mesure, seuils: Seuils) -> bool:
    """Whether it does so over so many unrelated senders that the rule is the likelier culprit."""
    spread = mesure.fournisseurs >= seuils.fournisseurs and mesure.deposants >= seuils.deposants
    return spread and is_unusual(mesure, seuils)


def blocking(jugee: FactureJugee) -> set[Regle]:
    """The rules that block an invoice; that others of its lot are rejected is no rule."""
    return {
        Regle(f.source, f.code)
        for f in jugee.findings
        if f.severity >= Severity.ERROR and f.code != LOT_ENTIER.code
    }


def hold_back(lot: LotJuge, ouverts: Collection[Regle], decidees: Collection[Rang] = ()) -> LotJuge:
    """The lot in which invoices that nothing but rules of ``ouverts`` blocks are undecided.

    ``decidees``: those that an earlier pass has decided stay as they were.
    """

    def hold(nom: str, jugee: FactureJugee) -> FactureJugee:
        rules = blocking(jugee)
        held = rules and rules <= set(ouverts) and (nom, jugee.facture.rang) not in decidees
        return _retain(jugee, rules) if held else jugee

    if not ouverts:
        return lot
    fichiers = (replace(f, factures=tuple(hold(f.nom, one) for one in f.factures)) for f in lot.fichiers)
    return replace(lot, fichiers=tuple(fichiers))


def _undecided(lot: LotJuge, decidees: Collection[Rang]) -> list[FactureJugee]:
    return [one for f in lot.fichiers for one in f.factures if (f.nom, one.facture.rang) not in decidees]


def _retain(jugee: FactureJugee, rules: Collection[Regle]) -> FactureJugee:
    kept = tuple(f for f in jugee.findings if f.severity < Severity.ERROR)
    told: dict[Regle, Finding] = {}
    for f in jugee.findings:
        rule = Regle(f.source, f.code)
        if rule in rules and rule not in told:
            told[rule] = RETENUE.at(Place(f.location, f.line, f.term), f.code, jeu=rule.jeu)
    return replace(jugee, findings=(*told.values(), *kept))


def tally(flux: Flux, jugees: Iterable[FactureJugee], at: datetime) -> list[Decompte]:
    """What decided invoices add to the counts: those a set of rules judged, those a rule refused."""
    counted: dict[tuple[Regle, str], int] = {}
    for jugee in jugees:
        sources = {"edi"} | {f"{pack.id} {pack.version}" for pack in jugee.packs if pack.id != "edi"}
        seller = seller_of(jugee)
        for key in [(Regle(source, ""), "") for source in sources] + [(r, seller) for r in blocking(jugee)]:
            counted[key] = counted.get(key, 0) + 1
    return [
        Decompte(flux.id, at, rule.source, rule.code, flux.appli if seller else "", seller, n)
        for (rule, seller), n in counted.items()
    ]


def seller_of(jugee: FactureJugee) -> str:
    """The legal entity that sells: establishments of one are not unrelated."""
    identifiant = jugee.facture.fournisseur.identifiant
    return identifiant.siren or identifiant.valeur or "?"


@dataclass
class Usuel:
    """What rules usually refuse: counted over weeks, and therefore not at each flux."""

    _known: dict[Regle, tuple[datetime, int]] = field(default_factory=dict)

    def counts(self, conn: Connection, rule: Regle, seuils: Seuils, at: datetime) -> tuple[int, int]:
        """How many invoices a rule refused, of how many that its set of rules judged, before the window."""
        return self._count(conn, rule, seuils, at), self._count(conn, Regle(rule.source, ""), seuils, at)

    def _count(self, conn: Connection, rule: Regle, seuils: Seuils, at: datetime) -> int:
        known = self._known.get(rule)
        if known is None or abs(at - known[0]) > _FRESH:
            counted = decomptes.refused(conn, rule, at - seuils.periode, at - seuils.fenetre)
            known = self._known[rule] = (at, counted)
        return known[1]


@dataclass(frozen=True)
class Disjoncteur:
    """The breaker of every rule, on one database."""

    base: Engine
    seuils: Seuils
    now: Callable[[], datetime]
    _usual: Usuel = field(default_factory=Usuel)

    def guard(self, flux: Flux, lot: LotJuge) -> LotJuge:
        """The lot as it may be decided: what a rule that has tripped, or trips now, alone refuses is held."""
        with self.base.begin() as conn:
            decidees = {(one.fichier, one.rang) for one in factures.of_flux(conn, flux.id)}
        jugees = _undecided(lot, decidees)
        rules = {rule for jugee in jugees for rule in blocking(jugee)}
        suspects = {rule for rule in rules if rule.code not in self.seuils.exceptions}
        if not suspects:
            return lot
        mine = tally(flux, jugees, self.now())
        try:
            ouverts = self._look(mine, suspects)
        except IntegrityError:  # another process tripped the same breaker at the same instant
            ouverts = self._look(mine, suspects)
        return hold_back(lot, ouverts, decidees)

    def _look(self, mine: list[Decompte], suspects: set[Regle]) -> set[Regle]:
        """Of some rules, those whose breaker is open; trips those that must be."""
        at = self.now()
        with self.base.begin() as conn:
            known = disjoncteurs.latest(conn, suspects)
            ouverts = {rule for rule, one in known.items() if one.ouvert}
            if not self.seuils.actif:
                return ouverts  # what has tripped waits for its operator all the same
            for rule in sorted(suspects - ouverts):
                if _rests(known.get(rule), at, self.seuils):
                    continue
                mesure = self._measure(conn, rule, at, mine)
                if departs(mesure, self.seuils):
                    disjoncteurs.trip(conn, rule, mesure, at)
                    log.error("rule_doubted", rule=rule.code, pack=rule.source, **mesure._asdict())
                    ouverts.add(rule)
        return ouverts

    def _measure(self, conn: Connection, rule: Regle, at: datetime, mine: list[Decompte]) -> Mesure:
        since = at - self.seuils.fenetre
        counts = decomptes.window(conn, rule, since) + [d for d in mine if d.regle == rule]
        refused = sum(one.factures for one in counts)
        sellers, senders = {one.fournisseur for one in counts}, {one.appli for one in counts}
        few = refused < self.seuils.factures or len(sellers) < self.seuils.fournisseurs
        if few or len(senders) < self.seuils.deposants:
            return Mesure(refused, 0, len(sellers), len(senders))
        judged = decomptes.judged(conn, rule.source, since)
        judged += sum(one.factures for one in mine if one.regle == Regle(rule.source, ""))
        usual = self._usual.counts(conn, rule, self.seuils, at)
        return Mesure(refused, judged, len(sellers), len(senders), *usual)


def give_opinion(
    conn: Connection, found: Declenchement, avis: str, par: str, at: datetime, raison: str = ""
) -> bool:
    """Record what an operator says of a rule, and have what it holds judged again soon.

    JUSTE: what it refuses is refused from now on. FAUTIVE: what it alone refuses waits for another version of
    its set of rules. False when somebody said something else meanwhile.
    """
    if not disjoncteurs.give_opinion(conn, found, avis, par, at, raison):
        return False
    flux_store.wake(conn, at)
    return True


def count_held(conn: Connection, rule: Regle) -> int:
    """How many flux_list wait for what this rule is worth."""
    beginning = RETENUE.at(value=rule.code, jeu=rule.jeu).message
    return disjoncteurs.count_held(conn, beginning)


def _rests(last: Declenchement | None, at: datetime, seuils: Seuils) -> bool:
    """Whether an operator has said of late that a rule is right."""
    return last is not None and last.leve_le is not None and at < last.leve_le + seuils.repos


def measure_all(conn: Connection, seuils: Seuils, at: datetime, usual: Usuel) -> Mapping[Regle, Mesure]:
    """How every rule stands that refused enough invoices in the window, and was not said to be right."""
    since = at - seuils.fenetre
    found = {}
    busy = decomptes.busiest(conn, since, seuils.factures)
    known = disjoncteurs.latest(conn, {rule for rule, *_ in busy})
    for rule, refused, sellers, senders in busy:
        if _rests(known.get(rule), at, seuils):
            continue
        judged = decomptes.judged(conn, rule.source, since)
        found[rule] = Mesure(refused, judged, sellers, senders, *usual.counts(conn, rule, seuils, at))
    return found
