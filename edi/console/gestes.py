"""What the pages may have done, as the application hands it in: a few functions, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from edi.model import Alerte, Emission, Facsimile, FactureDeposee, Fichier, Flux
from edi.model.jugements_main import JugementMain
from edi.model.retenues import Retenue
from edi.store.disjoncteurs import Declenchement


@dataclass(frozen=True, slots=True)
class Gestes:
    """The commands of the console."""

    find_blob: Callable[[str], Path]  # where the bytes of a sha256 lie
    make_facsimile: Callable[[FactureDeposee], Facsimile | None]  # None: its bytes cannot be read any more
    find_document: Callable[[FactureDeposee, int | None], Fichier | None]  # its file; an attachment, from 0
    make_retour: Callable[[Emission], bytes | None]  # a return flow again; None: it would not be the same
    # what operators do; each raises GesteRefuse
    look_after: Callable[[int, str, timedelta, str], Alerte]  # alert, reason, for how long, who
    send_again: Callable[[Emission, str, str], str]  # return flow, reason, who; where it goes
    relaunch: Callable[[Flux, str, str], object]  # held flux, reason, who
    take_up: Callable[[Flux, str, str], Flux]  # quarantined flux, reason, who; the new one
    abandon: Callable[[Flux, str, str], None]  # quarantined flux, reason, who
    hold_flux: Callable[[Flux, str, timedelta, str], Retenue]  # flux, reason, for how long, who
    hold_deposant: Callable[[str, str, timedelta, str], Retenue]  # code appli, reason, for how long, who
    release: Callable[[int, str, str], int]  # retenue, reason, who; how many flux go on
    propose: Callable[[int, str, str, str, str], JugementMain]  # of what waits, issue, motif, reason, who
    answer: Callable[[int, bool, str, str], JugementMain]  # a proposal, confirmed or not, reason, who
    withdraw: Callable[[int, str, str], JugementMain]  # a proposal, reason, who made it
    motifs: Mapping[str, str]  # that an invoice is rejected with
    say_of_rule: Callable[[int, str, str, str], Declenchement]  # breaker, what it is worth, reason, who
