"""What the paths of a document settle: the answers to formulas, before any value is looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from edi.validators.compiled import formulas
from edi.validators.compiled.formulas import (
    ENDS,
    ENDS_NOT,
    FILLED,
    FULL,
    LONE,
    NONE,
    All,
    Formula,
    Known,
    Some,
    Told,
)
from edi.validators.compiled.running.spots import Spot
from edi.validators.compiled.running.tree import Document

_MARKED = formulas.ANYWHERE + formulas.ATTRIBUTE


class Settling:
    """The answers of the paths of one document, each found once."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._answers: dict[tuple[Spot, Known], bool] = {}

    def settle(self, spot: Spot, formula: Formula) -> Formula:
        """What remains of a formula on the elements of a spot: what values tell, once a document."""
        if isinstance(formula, Known):
            return self._answer(spot, formula)
        if isinstance(formula, bool | Told):
            return formula
        decided = isinstance(formula, Some)
        left = []
        for part in formula.parts:
            one = self.settle(spot, part)
            if one is decided:
                return decided
            if not isinstance(one, bool):
                left.append(one)
        if not left:
            return not decided
        return left[0] if len(left) == 1 else type(formula)(tuple(left))

    def _answer(self, spot: Spot, known: Known) -> bool:
        key = (spot, known)
        found = self._answers.get(key)
        if found is None:
            found = self._answers[key] = _ask(self._document, spot, known)
        return found


def holds(formula: Formula, document: Document) -> bool:
    """Whether what remained of a formula is true of a document. Raises AskSaxon."""
    if isinstance(formula, Told):
        told = document(formula.compute)
        return formula.wanted is None or told is formula.wanted
    if isinstance(formula, All):
        return all(holds(one, document) for one in formula.parts)
    if isinstance(formula, Some):
        return any(holds(one, document) for one in formula.parts)
    return formula is True


def _ask(document: Document, here: Spot, known: Known) -> bool:
    if known.kind in (ENDS, ENDS_NOT):
        return here.name.endswith(known.path[0]) == (known.kind == ENDS)
    if known.start.startswith(_MARKED):
        name = known.start.removeprefix(_MARKED)
        return known.kind == NONE and not known.path and not document.has_attribute(name)
    spots = [spot for start in _starts(document, here, known.start) for spot in _lead(document, start, known)]
    if known.kind == NONE:
        return not spots
    if known.kind == FILLED and known.context[-1:] and known.context[-1].startswith(formulas.ATTRIBUTE):
        return False
    if known.kind == FILLED:
        return all(document.is_filled(spot) for spot in spots)
    if not spots:
        return known.kind == LONE
    each: Callable[[Document, Spot, tuple[str, ...]], bool] = _is_full if known.kind == FULL else _is_lone
    return all(each(document, spot, known.path) for spot in spots)


def _starts(document: Document, here: Spot, start: str) -> Iterable[Spot]:
    if start == formulas.HERE:
        return (here,)
    if start == formulas.ELEMENT:
        return (document.every[0].s,)
    if start == formulas.DOCUMENT:
        return (document.r.s,)
    if start.startswith(formulas.ABOVE):
        return [spot for spot in _above(here) if spot.name == start.removeprefix(formulas.ABOVE)]
    name = start.removeprefix(formulas.ANYWHERE)
    return [spot for spot in document.nodes if spot.name == name]


def _above(spot: Spot) -> Iterator[Spot]:
    while spot.above is not None:
        spot = spot.above
        yield spot


def _lead(document: Document, spot: Spot, known: Known) -> Iterator[Spot]:
    """The spot that the context leads to, if there is any: an attribute is where some element has it."""
    for name in known.context:
        if name.startswith(formulas.ATTRIBUTE):
            if document.has_attribute(name[1:], spot):
                continue
            return
        found = _go(document, spot, name)
        if found is None:
            return
        spot = found
    yield spot


def _go(document: Document, spot: Spot, name: str) -> Spot | None:
    if name == formulas.SELF:
        return spot
    if name == formulas.UP:
        return spot.above
    found = spot.below.get(name)
    return found if found in document.nodes else None


def _is_full(document: Document, spot: Spot, path: tuple[str, ...]) -> bool:
    for name in path:
        if name.startswith(formulas.ATTRIBUTE):
            return document.has_everywhere(name[1:], spot)
        found = _go(document, spot, name)
        if found is None or (name not in (formulas.UP, formulas.SELF) and not document.is_everywhere(found)):
            return False
        spot = found
    return True


def _is_lone(document: Document, spot: Spot, path: tuple[str, ...]) -> bool:
    for name in path:
        if name.startswith(formulas.ATTRIBUTE):
            return True
        found = _go(document, spot, name)
        if found is None:
            return True
        if name not in (formulas.UP, formulas.SELF) and found in document.repeated:
            return False
        spot = found
    return True
