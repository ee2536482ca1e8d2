"""What the pages may have done, as the application hands it in: a few functions, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from edi.model import Emission, Facsimile, FactureDeposee, Fichier, Mandat
from edi.model.corrections import Correction, Maintien
from edi.model.mandats import DemandeMandat, Souscription


@dataclass(frozen=True, slots=True)
class Referentiel:
    """What people do to the annuaire and to mandats; each is told who does it, and may raise GesteRefuse."""

    correct: Callable[[Correction, str], int]  # how many fields it changed
    release: Callable[[int, str, str], Maintien]  # a correction, why, who: imports undo it again
    give_mandat: Callable[[Souscription, str], Mandat]
    act_on_mandat: Callable[[DemandeMandat, str], Mandat]
    count_cured: Callable[[], int]  # rejected invoices that the registry of today would let pass; no less


@dataclass(frozen=True, slots=True)
class Gestes:
    """The commands of the console."""

    find_blob: Callable[[str], Path]  # where the bytes of a sha256 lie
    make_facsimile: Callable[[FactureDeposee], Facsimile | None]  # None: its bytes cannot be read any more
    find_document: Callable[[FactureDeposee, int | None], Fichier | None]  # its file; an attachment, from 0
    make_retour: Callable[[Emission], bytes | None]  # a return flow again; None: it would not be the same
    referentiel: Referentiel  # annuaire and mandats
