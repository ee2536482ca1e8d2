"""How what was learnt of a déposant is shown: the proposal, and the evidence that an operator looks at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any

from edi.attendus.apprentissage import Appris, Insuffisant, Preuve
from edi.attendus.phrases import JOURS, tell_amount, tell_attendu, tell_count, tell_day, tell_number
from edi.cli.affichage import print_table
from edi.cli.fenetres import as_json
from edi.cli.passages import say
from edi.model import Attendu
from edi.nuit.calendrier import nights_of

_SHOWN = 10  # abnormal windows named
_TOO_MANY = 0.05  # share of abnormal windows from which the proposal is to be doubted


def print_learnt(appli: str, found: Appris | Insuffisant, *, new: bool) -> None:
    """The proposal and its evidence, or why there is none."""
    if isinstance(found, Insuffisant):
        say(f"{appli} : rien n'est proposé, {found.phrase}.")
        return
    attendu, preuve = found
    say(f"{appli} : {'proposé' if new else 'inchangé'}. {tell_attendu(attendu)}.")
    say("")
    _print_evidence(attendu, preuve)
    say("")
    say(_verdict(preuve))
    for jour, why in preuve.anormales[-_SHOWN:]:
        say(f"  {tell_day(jour)} : {why}")
    if new:
        say(f"Si c'est juste : « edi attendus confirme {appli} ». Sinon « edi attendus modifie {appli} … ».")


def _print_evidence(attendu: Attendu, preuve: Preuve) -> None:
    deposits = tell_number(preuve.flux, "flux", "flux")
    days = tell_number(preuve.jours, "jour", "jours")
    say(f"Lu du {preuve.depuis:%d/%m/%Y} au {preuve.jusqu:%d/%m/%Y} : {deposits}, sur {days} de dépôt.")
    say("")
    say("Heures de dépôt" + " " * 25 + "Jours de dépôt, hors fériés")
    hours, days_ = list(_hours(preuve)), list(_days(attendu, preuve))
    for rank in range(max(len(hours), len(days_))):
        left = hours[rank] if rank < len(hours) else ""
        right = days_[rank] if rank < len(days_) else ""
        say(f"{left:<40}{right}".rstrip())
    say("")
    rows = [(name, *(_value(name, value) for value in some)) for name, some in preuve.repartitions.items()]
    columns = ("par fenêtre", "5 %", "un quart", "la moitié", "trois quarts", "95 %")
    print_table(columns, rows, "Une fenêtre compte au plus…")


def _hours(preuve: Preuve) -> Iterator[str]:
    """One bar an hour, from the first to the last in which anything came, past midnight where it does."""
    most = max(preuve.heures)
    for hour in _in_order(preuve.heures):
        many = preuve.heures[hour]
        yield f"  {hour:02} h {_bar(many, most, 24):<24} {many or '':>4}"


def _in_order(hours: Sequence[int]) -> list[int]:
    """The hours from after the longest silence to before it."""
    quiet, best = 0, (0, 0)
    for rank in range(48):
        quiet = 0 if hours[rank % 24] else quiet + 1
        best = max(best, (min(quiet, 23), rank % 24))
    length, last = best
    return [(last + 1 + n) % 24 for n in range(24 - length)]


def _days(attendu: Attendu, preuve: Preuve) -> Iterator[str]:
    if not attendu.jours.semaine:
        yield from _months(attendu, preuve)
        return
    for jour, one in zip(JOURS, preuve.semaine, strict=True):
        share = f"{one.venus} sur {one.jours}"
        yield f"  {jour:<9} {_bar(one.venus, max(one.jours, 1), 20):<20} {share}"


def _months(attendu: Attendu, preuve: Preuve) -> Iterator[str]:
    span = (preuve.jusqu - preuve.depuis).days + 1
    meant = sum(bool(nights_of(attendu, preuve.depuis + timedelta(days=n))) for n in range(span))
    yield f"  {tell_number(meant, 'jour attendu', 'jours attendus')} dans la période"


def _bar(many: int, most: int, width: int) -> str:
    filled = many * width * 2 // most if most else 0
    return "█" * (filled // 2) + "▌" * (filled % 2) or ("▏" if many else "")


def _value(name: str, value: Any) -> str:
    return tell_count(value) if name in ("flux", "factures") else tell_amount(value, name)


def _verdict(preuve: Preuve) -> str:
    windows = tell_number(preuve.fenetres, "fenêtre passée", "fenêtres passées")
    if not preuve.anormales:
        return f"Sur {windows}, aucune n'aurait été signalée."
    many = len(preuve.anormales)
    told = "aurait été signalée" if many == 1 else "auraient été signalées"
    told = f"Sur {windows}, {many} {told} ({100 * preuve.taux:.0f} %)"
    if preuve.taux > _TOO_MANY:
        told += ", c'est beaucoup : élargissez avant de confirmer"
    return f"{told}{' ; les dernières' if many > _SHOWN else ''} :"


def as_json_learnt(appli: str, found: Appris | Insuffisant, *, new: bool) -> dict[str, Any]:
    """The same for programs."""
    if isinstance(found, Insuffisant):
        return {"deposant": appli, "propose": False, "raison": found.phrase, "attendu": None, "preuve": None}
    preuve = found.preuve
    proof = {
        **preuve._asdict(),
        "semaine": [one._asdict() for one in preuve.semaine],
        "repartitions": {name: some._asdict() for name, some in preuve.repartitions.items()},
        "anormales": [{"jour": jour, "constat": why} for jour, why in preuve.anormales],
        "taux": preuve.taux,
    }
    return {
        "deposant": appli,
        "propose": new,
        "raison": "" if new else "inchangé",
        "attendu": as_json(found.attendu),
        "preuve": proof,
    }
