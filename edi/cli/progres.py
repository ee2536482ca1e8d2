"""A workspace at work, shown while it works; what it must say at once, on stderr."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edi.app import App
from edi.audit import Ecart
from edi.cli.affichage import make_progress, stderr
from edi.espace import Espace
from edi.model import Flux
from edi.presence import Reparation


@contextmanager
def followed(espace: Espace, also: Callable[[Flux], None] = lambda flux: None) -> Iterator[App]:
    """An application whose work is shown by a progress display."""
    with make_progress() as progress:
        task = progress.add_task("Recherche de flux", total=None)
        finished = 0

        def at_work(flux: Flux, done: int) -> None:
            progress.update(task, description=f"{flux.appli} {flux.reference} : facture {done}")

        def settled(flux: Flux) -> None:
            nonlocal finished
            finished += 1
            left = len(espace.spool.entries("incoming"))
            progress.update(task, completed=finished, total=finished + left, description=flux.reference)
            also(flux)

        yield App(espace, listen=at_work, settled=settled, mended=tell_mended, alarm=tell_alarm)


def tell_mended(what: Reparation) -> None:
    """Say what an interruption had left behind."""
    stderr.print(f"Remis en ordre : {what.quoi} ({what.sujet})", markup=False, soft_wrap=True)


def tell_alarm(ecart: Ecart) -> None:
    """Say what should agree and does not, and what to do."""
    found = f" : {ecart.constat}" if ecart.constat else ""
    stderr.print(
        f"ÉCART : {ecart.regle} ; {ecart.sujet}{found}. À faire : {ecart.remede}. « edi audit » le montre.",
        markup=False,
        soft_wrap=True,
    )
