"""What the pages may have done, as the application hands it in: a few functions, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from edi.model import (
    DepotVoulu,
    Emission,
    EssaiManuel,
    Facsimile,
    FactureDeposee,
    Fichier,
    Versement,
)


@dataclass(frozen=True, slots=True)
class Manuel:
    """Deposits by hand."""

    deposants: Mapping[str, str]  # code appli -> name, of those that deposit
    limite: int  # bytes of a file
    open_versement: Callable[[], AbstractContextManager[Versement]]
    try_out: Callable[[DepotVoulu, Versement], EssaiManuel]  # raises GesteRefuse
    deposit: Callable[[DepotVoulu, Versement, str], int]  # by somebody; its number. Raises GesteRefuse


@dataclass(frozen=True, slots=True)
class Gestes:
    """The commands of the console."""

    find_blob: Callable[[str], Path]  # where the bytes of a sha256 lie
    make_facsimile: Callable[[FactureDeposee], Facsimile | None]  # None: its bytes cannot be read any more
    find_document: Callable[[FactureDeposee, int | None], Fichier | None]  # its file; an attachment, from 0
    make_retour: Callable[[Emission], bytes | None]  # a return flow again; None: it would not be the same
    manuel: Manuel
