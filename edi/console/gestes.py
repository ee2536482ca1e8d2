"""What the pages may have done, as the application hands it in: a few functions, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edi.model import Emission, Explication, Facsimile, FactureDeposee, Fichier, RejeuLance
from edi.store.rejets import Choix


@dataclass(frozen=True, slots=True)
class Gestes:
    """The commands of the console."""

    find_blob: Callable[[str], Path]  # where the bytes of a sha256 lie
    make_facsimile: Callable[[FactureDeposee], Facsimile | None]  # None: its bytes cannot be read any more
    find_document: Callable[[FactureDeposee, int | None], Fichier | None]  # its file; an attachment, from 0
    make_retour: Callable[[Emission], bytes | None]  # a return flow again; None: it would not be the same
    # Rejets, and judging again; what begins one raises GesteRefuse.
    explain_rule: Callable[[str], Explication | None]  # None: not a code of ours
    try_replay: Callable[[str, str, str, Choix], int]  # who, what in French, its page; an id
    accept_replay: Callable[[RejeuLance, str, str], int]  # what passed in a dry run: who, why
    is_replaying: Callable[[RejeuLance], bool]
    close: Callable[[], None]  # ends what was begun; the server stops
