"""How far the compiled form of each sheet is trusted: a value that travels with a request.

``schemas/moteur.toml`` names the sheets whose compiled form ``make differential`` held against the official
one without any difference, and by which compiler: those begin as JEUNE, all others as OMBRE.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from edi.model.confiance import EtatFeuille
from edi.resources import locate
from edi.validators.compiled import engine
from edi.validators.schematron.packs import Part
from edi.validators.schematron.saxon import Failed

ECHANTILLON = 0.01  # of the documents, which go to both forms whatever the state of a sheet
_BITS = 64


@dataclass(frozen=True, slots=True)
class Compiled:
    """The compiled form, as it is asked: functions of a module, so that it travels to other processes."""

    open_document: Callable[[etree._ElementTree], Any]
    run: Callable[[Part, Any], tuple[Failed, ...]]  # raises whatever it likes: the official form answers then
    compiler: str  # digest of the compiler's sources
    release: Callable[[Any], object] = id  # told of a document when nothing more is asked of it
    root: Callable[[Any], Any] | None = None  # of a document, the node that readers may walk it from


def _root_of(document: engine.Document) -> Any:
    """The node of the document element: with its element ``e``, and its children by name ``c``."""
    ((root,),) = document.r.c.values()
    return root


COMPILED = Compiled(engine.open_document, engine.run, engine.COMPILER, engine.release, _root_of)


class Preuve(NamedTuple):
    """A sheet whose two forms were compared by one compiler, and never differed."""

    sha256: str
    compilateur: str
    documents: int  # runs that were compared
    le: date
    nom: str = ""


@dataclass(frozen=True, slots=True)
class Confiance:
    """How each sheet is run; one that nobody has spoken of begins as OMBRE."""

    etats: Mapping[str, EtatFeuille] = field(default_factory=dict)  # by sha256
    echantillon: float = ECHANTILLON  # 0 to 1
    officielle: bool = False  # no compiled form is asked at all
    compiled: Compiled = COMPILED

    def etat(self, sha256: str) -> EtatFeuille:
        """The state of a sheet."""
        return EtatFeuille.OFFICIEL if self.officielle else self.etats.get(sha256, EtatFeuille.OMBRE)

    def samples(self, data: bytes) -> bool:
        """Whether a document is of the sample: the same bytes always are, or never."""
        if not self.echantillon:
            return False
        drawn = int.from_bytes(hashlib.sha256(data).digest()[: _BITS // 8], "big")
        return drawn < int(self.echantillon * 2**_BITS)


OFFICIELLE = Confiance(officielle=True)


def read_proofs(path: Path) -> tuple[Preuve, ...]:
    """The proofs of one file: one table ``[[feuille]]`` each, with the keys of :class:`Preuve`."""
    return tuple(Preuve(**entry) for entry in tomllib.loads(path.read_text("utf-8")).get("feuille", ()))


def first_state(sha256: str, compiler: str, proofs: Iterable[Preuve]) -> EtatFeuille:
    """How a sheet begins under a compiler."""
    proven = any((one.sha256, one.compilateur) == (sha256, compiler) for one in proofs)
    return EtatFeuille.JEUNE if proven else EtatFeuille.OMBRE


@cache
def shipped_proofs() -> tuple[Preuve, ...]:
    """What is shipped."""
    return read_proofs(locate("schemas", "moteur.toml"))


@cache
def shipped() -> Confiance:
    """How sheets are run where nothing is known but what is shipped."""
    proofs, compiler = shipped_proofs(), COMPILED.compiler
    return Confiance({one.sha256: first_state(one.sha256, compiler, proofs) for one in proofs})
