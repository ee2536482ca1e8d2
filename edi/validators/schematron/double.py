"""The two forms of each sheet on one document: which of them is asked, what decides, in what they differ.

The compiled form is asked first, of every sheet that lets it. Whatever it raises, the official form judges
that document instead; wherever both have judged and differ, the official form is right.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from lxml import etree

from edi.model.confiance import EtatFeuille, Execution, Voie
from edi.validators.compiled.engine import AskSaxon, NotCompiled
from edi.validators.compiled.running.memory import without_collection
from edi.validators.schematron import saxon
from edi.validators.schematron.confiance import Compiled, Confiance
from edi.validators.schematron.packs import Pack, Part
from edi.validators.schematron.saxon import DynamicError, Failed

_LONGEST = 300  # characters of a reason or of a difference
_NAMESPACE = re.compile(r"\*:([^\[/]+)\[namespace-uri\(\)='[^']*'\]")
_TOLD = 4  # failed asserts of a difference that are named


@dataclass(frozen=True, eq=False)
class Official:
    """One document for Saxon, which is not opened before somebody asks."""

    tree: etree._ElementTree

    @cached_property
    def document(self) -> saxon.Document:
        """As Saxon holds it."""
        return saxon.open_document(self.tree)


class Light:
    """One document for the compiled form, which is not opened before somebody asks."""

    def __init__(self, tree: etree._ElementTree, compiled: Compiled) -> None:
        self._tree, self._compiled = tree, compiled
        self._opened: list[Any] = []

    @property
    def document(self) -> Any:
        """As the compiled form holds it. Raises what that form raises, each time."""
        if not self._opened:
            self._opened.append(self._compiled.open_document(self._tree))
        return self._opened[0]

    @property
    def root(self) -> Any | None:
        """The node of its root, for readers; None when this form does not hold it in nodes."""
        if self._compiled.root is None:
            return None
        try:
            return self._compiled.root(self.document)
        # Readers have nodes of their own; the rules will say what is the matter.
        except Exception:  # noqa: BLE001
            return None

    def release(self) -> None:
        """Nothing more is asked of it."""
        while self._opened:
            self._compiled.release(self._opened.pop())


@contextmanager
def hold_light(tree: etree._ElementTree, confiance: Confiance) -> Iterator[Light]:
    """A document for the compiled form, let go of at the end; no search for garbage meanwhile."""
    light = Light(tree, confiance.compiled)
    with without_collection():
        try:
            yield light
        finally:
            light.release()


class Told(NamedTuple):
    """What a pack found in a document, or the error that one of its sheets raised."""

    pack: Pack
    failures: tuple[Failed, ...]
    error: DynamicError | None = None


class _Try(NamedTuple):
    """What the compiled form says of one part; None: nothing, for the reason ``repli`` ('': not asked)."""

    etat: EtatFeuille
    failures: tuple[Failed, ...] | None = None
    repli: str = ""


def run_packs(
    packs: Iterable[Pack], official: Official, light: Light, confiance: Confiance, sampled: bool
) -> tuple[list[Told], list[Execution]]:
    """What some packs find in a document, in their order, and how each of their sheets was run.

    ``sampled``: both forms are asked wherever one may be. Raises PackUnavailable.
    """
    packs = tuple(packs)
    tries = _try_all(packs, light, confiance)
    failing = any(one.failures for one in tries.values())
    executions: list[Execution] = []
    told = []
    for pack in packs:
        failures: list[Failed] = []
        error = None
        for part in pack.parts:
            one = tries[part]
            if one.failures is not None and not _needs_both(one.etat, sampled, failing):
                failures += one.failures
                executions.append(Execution(part.sheet.sha256, part.sheet.name, Voie.COMPILEE))
                continue
            try:
                said: tuple[Failed, ...] | DynamicError = saxon.run_part(pack, part, official.document)
            except DynamicError as raised:
                said = raised
            executions.append(_compare(part, one, said))
            if isinstance(said, DynamicError):
                error = said
                break
            failures += said
        told.append(Told(pack, tuple(failures), error))
    return told, executions


def _needs_both(etat: EtatFeuille, sampled: bool, failing: bool) -> bool:
    return sampled or etat is EtatFeuille.OMBRE or (etat is EtatFeuille.JEUNE and failing)


def _compare(part: Part, one: _Try, said: tuple[Failed, ...] | DynamicError) -> Execution:
    sheet = part.sheet
    if one.failures is None:
        return Execution(sheet.sha256, sheet.name, Voie.OFFICIELLE, one.repli)
    return Execution(sheet.sha256, sheet.name, Voie.DOUBLE, ecart=tell_difference(said, one.failures))


# -- the compiled form ------------------------------------------------------------------------------------


def _try_all(packs: Iterable[Pack], light: Light, confiance: Confiance) -> dict[Part, _Try]:
    def run(part: Part) -> tuple[Failed, ...]:
        return tuple(Failed(*failed) for failed in confiance.compiled.run(part, light.document))

    def attempt(part: Part) -> _Try:
        etat = confiance.etat(part.sheet.sha256)
        if not etat.compile:
            return _Try(etat)
        try:
            return _Try(etat, run(part))
        # Generated code may break in any way: none of them may lose an invoice, nor make a verdict.
        except Exception as error:  # noqa: BLE001
            return _Try(etat, None, _reason(error))

    return {part: attempt(part) for pack in packs for part in pack.parts}


def _reason(error: Exception) -> str:
    """Why the compiled form did not judge; of a bug its place, for its words may quote the document."""
    if isinstance(error, AskSaxon | NotCompiled):
        head = "ne se compile pas : " if isinstance(error, NotCompiled) else ""
        told = " ; ".join(map(str, error.args)) or type(error).__name__
        return " ".join(f"{head}{told}".split())[:_LONGEST]
    place, trace = "", error.__traceback__
    while trace is not None:
        place, trace = f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}", trace.tb_next
    return f"{type(error).__name__} ({place})"


# -- in what they differ ----------------------------------------------------------------------------------


def tell_difference(official: tuple[Failed, ...] | DynamicError, compiled: tuple[Failed, ...]) -> str:
    """In what the compiled form differs from the official one, in French; '' when it does not.

    Failed asserts are compared as a multiset of (id, flag, location, text), and told by id and location:
    texts quote the document.
    """
    if isinstance(official, DynamicError):
        return f"la feuille officielle lève {official.code or 'une erreur'}, la forme compilée non"
    wanted, found = Counter(official), Counter(compiled)
    if wanted == found:
        return ""
    missing, extra = wanted - found, found - wanted
    places, others = (Counter((one.id, one.location) for one in side.elements()) for side in (missing, extra))
    differing = places & others
    parts = (
        ("manque", places - differing),
        ("en trop", others - differing),
        ("autre texte ou autre gravité", differing),
    )
    return " ; ".join(_tell(what, some) for what, some in parts if some)[:_LONGEST]


def _tell(what: str, some: Counter[tuple[str, str]]) -> str:
    shown = ", ".join(list(_name(some))[:_TOLD])
    more = some.total() - _TOLD
    return f"{what} : {shown}" + (f" et {more} autre{'s' if more > 1 else ''}" if more > 0 else "")


def _name(some: Counter[tuple[str, str]]) -> Iterator[str]:
    for rule, location in sorted(some.elements()):
        yield f"{rule or 'règle sans code'} en {_shorten(location)}"


def _shorten(location: str) -> str:
    """A path of SVRL without its namespaces."""
    return _NAMESPACE.sub(r"\1", location)
