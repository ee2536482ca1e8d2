"""What the pages may have done, as the application hands it in: a few functions, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

from edi.model import Emission, Facsimile, FactureDeposee, Fichier, Flux, Jeton, Role


@dataclass(frozen=True, slots=True)
class Gestes:
    """The commands of the console."""

    find_blob: Callable[[str], Path]  # where the bytes of a sha256 lie
    make_facsimile: Callable[[FactureDeposee], Facsimile | None]  # None: its bytes cannot be read any more
    find_document: Callable[[FactureDeposee, int | None], Fichier | None]  # its file; an attachment, from 0
    make_retour: Callable[[Emission], bytes | None]  # a return flow again; None: it would not be the same
    # what operators do; each raises GesteRefuse
    relaunch: Callable[[Flux, str, str], object]  # held flux, reason, who
    # tokens of programs; each raises GesteRefuse
    create_jeton: Callable[[str, Role, Collection[str], int, str], tuple[Jeton, str]]  # with its secret
    revoke_jeton: Callable[[Jeton, str], None]
