"""What is wrong with the windows of an expected deposit at one instant. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import NamedTuple

from edi.attendus.fenetres import Fenetre, around, received_in, volumes_on
from edi.attendus.phrases import tell_amount, tell_number, tell_plage, tell_when, tell_window
from edi.model import Attendu, Echeance, NatureSignalement, Plage, Recu, Volumes


class Compte(NamedTuple):
    """What a window brought."""

    flux: int
    factures: int  # of decided flux_list
    montants: Mapping[str, Decimal]
    entier: bool  # every flux is decided


class Bilan(NamedTuple):
    """One window and what it brought."""

    fenetre: Fenetre
    compte: Compte
    juge: bool  # it is judged at all


class Trouble(NamedTuple):
    """One thing that is wrong with one window."""

    jour: date
    nature: NatureSignalement
    depuis: datetime
    phrase: str
    suivante: datetime | None = None  # when the next window opens


class Vue(NamedTuple):
    """How an expected deposit stands at one instant."""

    attendu: Attendu
    derniere: Bilan | None  # the last window that is closed, and its tolerance over
    courante: Bilan | None  # the one after: still to come, open, or within its tolerance
    prochaine: Echeance | None  # the first one to open
    dernier: datetime | None  # when something came last
    troubles: tuple[Trouble, ...]

    @property
    def retard(self) -> Trouble | None:
        """That nothing came in the last window."""
        return next((one for one in self.troubles if one.nature is NatureSignalement.RETARD), None)

    def is_absent(self, at: datetime) -> bool:
        """Nothing came, and the next window has opened."""
        late = self.retard
        return late is not None and late.suivante is not None and late.suivante <= at


def count_received(recus: Sequence[Recu]) -> Compte:
    montants: Counter[str] = Counter()
    for recu in recus:
        for devise, total in recu.montants:
            montants[devise] += total  # type: ignore[assignment]  # typeshed counts in int alone
    return Compte(
        len(recus),
        sum(recu.factures or 0 for recu in recus),
        {devise: Decimal(total) for devise, total in montants.items()},
        all(recu.factures is not None for recu in recus),
    )


def start_of_view(attendu: Attendu, at: datetime) -> datetime:
    """From when on deposits must be known to judge at an instant."""
    windows = around(attendu, at)
    return windows[0].debut if windows else at


def judge(
    attendu: Attendu, recus: Sequence[Recu], dernier: datetime | None, at: datetime, tolerance: timedelta
) -> Vue:
    """How it stands; ``recus``: all since :func:`start_of_view`, ``dernier``: the last one ever."""
    windows = [
        Bilan(one, count_received(received_in(one, recus)), attendu.judges(one.echeance.jour))
        for one in around(attendu, at)
    ]
    rank = sum(one.fenetre.echeance.ferme + tolerance <= at for one in windows)
    last = windows[rank - 1] if rank else None
    current = windows[rank] if rank < len(windows) else None
    troubles: list[Trouble] = []
    if last is not None and last.juge:
        troubles += _judge_closed(attendu, last, dernier, tolerance)
    for one in (last, current):
        if one is not None and one.juge:
            troubles += _judge_excess(attendu, one, at)
    if current is not None:
        troubles = [one._replace(suivante=current.fenetre.echeance.ouvre) for one in troubles]
    coming = next((one.fenetre.echeance for one in windows if one.fenetre.echeance.ouvre > at), None)
    return Vue(attendu, last, current, coming, dernier, tuple(troubles))


def _judge_closed(
    attendu: Attendu, bilan: Bilan, dernier: datetime | None, tolerance: timedelta
) -> Iterator[Trouble]:
    """Nothing came, or too little."""
    window, compte = bilan.fenetre.echeance, bilan.compte
    if not compte.flux:
        if dernier is None or dernier < bilan.fenetre.debut:  # else it is back already, for the next window
            yield Trouble(
                window.jour, NatureSignalement.RETARD, window.ferme, tell_late(attendu, window, dernier)
            )
        return
    if compte.entier:
        since = window.ferme + tolerance
        yield from _compare(attendu, bilan, Plage.is_below, since, _LOW)


def _judge_excess(attendu: Attendu, bilan: Bilan, at: datetime) -> Iterator[Trouble]:
    yield from _compare(attendu, bilan, Plage.is_above, at, _HIGH)


_LOW = (NatureSignalement.VOLUME_BAS, NatureSignalement.MONTANT_BAS)
_HIGH = (NatureSignalement.VOLUME_HAUT, NatureSignalement.MONTANT_HAUT)


def _compare(
    attendu: Attendu,
    bilan: Bilan,
    is_out: Callable[[Plage, Decimal | int], bool],
    since: datetime,
    natures: tuple[NatureSignalement, NatureSignalement],
) -> Iterator[Trouble]:
    window, compte = bilan.fenetre.echeance, bilan.compte
    volumes = volumes_on(attendu, window.jour)
    numbers = list(_volumes_out(volumes, compte, is_out))
    amounts = list(_amounts_out(volumes, compte, is_out))
    if told := numbers + amounts:  # an amount follows from a number: one trouble
        nature = natures[0] if numbers else natures[1]
        yield Trouble(window.jour, nature, since, f"{tell_window(attendu, window)} : {', '.join(told)}.")


def _volumes_out(
    volumes: Volumes, compte: Compte, is_out: Callable[[Plage, Decimal | int], bool]
) -> Iterator[str]:
    for plage, value, one, many in (
        (volumes.flux, compte.flux, "flux", "flux"),
        (volumes.factures, compte.factures, "facture", "factures"),
    ):
        if is_out(plage, value):
            yield f"{tell_number(value, one, many)} (attendu : {tell_plage(plage)})"


def _amounts_out(
    volumes: Volumes, compte: Compte, is_out: Callable[[Plage, Decimal | int], bool]
) -> Iterator[str]:
    for devise, plage in volumes.montants:
        value = compte.montants.get(devise, Decimal(0))
        if is_out(plage, value):
            amount = partial(tell_amount, devise=devise)
            yield f"{amount(value)} TTC (attendu : {tell_plage(plage, amount)})"


def tell_late(attendu: Attendu, window: Echeance, dernier: datetime | None) -> str:
    """That nothing came, in French."""
    last = "aucun dépôt n'est connu" if dernier is None else f"dernier dépôt {tell_when(attendu, dernier)}"
    return f"{tell_window(attendu, window)} : rien reçu ; {last}."


def judge_past(attendu: Attendu, bilan: Bilan, recus: Sequence[Recu], tolerance: timedelta) -> str:
    """What was wrong with a window of the past, in French; '' when it was kept. ``recus``: its own."""
    close = bilan.fenetre.echeance.ferme + tolerance
    if not recus:
        return "rien reçu"
    if recus[0].le >= close:
        return f"en retard : premier dépôt {tell_when(attendu, recus[0].le)}"
    troubles = [*_judge_closed(attendu, bilan, None, tolerance), *_judge_excess(attendu, bilan, close)]
    return " ; ".join(one.phrase.partition(" : ")[2].rstrip(".") for one in troubles)
