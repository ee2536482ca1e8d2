"""A workspace at work, shown while it works; what it must say at once, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)

from edi.app import App
from edi.audit import Ecart
from edi.cli.affichage import stderr
from edi.espace import Espace
from edi.model import Etape, Flux
from edi.outbound.phrases import count
from edi.presence import Reparation

_PLACE = 46  # characters of what is told beside a bar


@contextmanager
def followed(espace: Espace, *, shown: bool = True) -> Iterator[App]:
    """An application whose work is shown on a terminal; elsewhere stderr is for what went wrong alone."""
    if not (shown and stderr.is_terminal):
        yield App(espace, mended=tell_mended, alarm=tell_alarm)
        return
    with make_bars() as bars:
        suivi = Suivi(bars, lambda: len(espace.spool.entries("incoming")))
        yield App(
            espace,
            listen=suivi.at_work,
            settled=suivi.settled,
            staged=suivi.begin,
            mended=tell_mended,
            alarm=tell_alarm,
        )
        suivi.end()


def make_bars() -> Progress:
    """One bar a step, and what is told beside it."""
    return Progress(
        SpinnerColumn(finished_text="✓"),
        TextColumn("{task.description:<11}", markup=False),
        BarColumn(bar_width=24),
        TextColumn("{task.fields[compte]:>9}", markup=False),
        TimeElapsedColumn(),
        TextColumn("{task.fields[told]}", markup=False),
        console=stderr,
    )


@dataclass
class Suivi:
    """How far a pass is: at which step, on which flux, how many invoices it has accepted and rejected."""

    bars: Progress
    left: Callable[[], int]  # flux_list that wait for their turn
    etape: Etape | None = None
    flux: int = 0
    acceptees: int = 0
    rejetees: int = 0
    _rows: dict[Etape, TaskID] = field(default_factory=dict)

    def begin(self, etape: Etape) -> None:
        """A step begins, or begins again."""
        if etape is self.etape:
            return
        self.end()
        if etape not in self._rows:
            self._rows[etape] = self.bars.add_task(etape.libelle, total=None, compte="", told="")
        self.etape = etape

    def end(self) -> None:
        """The step that was begun last is over."""
        if self.etape not in self._rows:
            return
        if self.etape is Etape.COLLECTE:
            self.bars.update(self._rows[self.etape], compte=count(self.flux + self.left(), "flux", "flux"))
        self.bars.update(self._rows[self.etape], total=1, completed=1)

    def at_work(self, flux: Flux, done: int) -> None:
        """An invoice of a flux has just been judged."""
        told = f"{flux.appli} {flux.reference} : facture {done}"
        self.bars.update(self._row(Etape.TRAITEMENT), told=self._told(told))

    def settled(self, flux: Flux) -> None:
        """A flux was taken as far as it goes."""
        self.flux += 1
        if flux.rappel_de is None:
            self.acceptees += flux.acceptees
            self.rejetees += flux.rejetees
        row, total = self._row(Etape.TRAITEMENT), self.flux + self.left()
        told, compte = self._told(flux.reference), f"{self.flux}/{total}"
        self.bars.update(row, completed=self.flux, total=total, compte=compte, told=told)

    def _row(self, etape: Etape) -> TaskID:
        self.begin(etape)
        return self._rows[etape]

    def _told(self, what: str) -> str:
        cut = what if len(what) <= _PLACE else f"{what[: _PLACE - 1]}…"
        return f"{self._sums()} · {cut}"

    def _sums(self) -> str:
        accepted = count(self.acceptees, "acceptée", "acceptées")
        return f"{accepted}, {count(self.rejetees, 'rejetée', 'rejetées')}"


def _say(text: str) -> None:
    stderr.print(text, markup=False, soft_wrap=True)


def tell_mended(what: Reparation) -> None:
    """Say what an interruption had left behind."""
    _say(f"Remis en ordre : {what.quoi} ({what.sujet})")


def tell_alarm(ecart: Ecart) -> None:
    """Say what should agree and does not, and what to do."""
    found = f" : {ecart.constat}" if ecart.constat else ""
    _say(
        f"ÉCART : {ecart.regle} ; {ecart.sujet}{found}. À faire : {ecart.remede}. « edi audit » le montre.",
    )
