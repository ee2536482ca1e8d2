"""The paths of names that any document has had, each made once and shared by all documents."""

from __future__ import annotations

from sys import intern
from typing import Any

_MOST_SPOTS = 50_000  # paths that are remembered: a full invoice has about a thousand


class Spot:
    """A path of names from the document down. ``plans`` belong to plans.py."""

    __slots__ = ("above", "below", "depth", "name", "plans", "step")

    def __init__(self, name: str, above: Spot | None) -> None:
        self.name = intern(name)
        self.above = above
        self.depth: int = 0 if above is None else above.depth + 1
        self.below: dict[str, Spot] = {}
        self.plans: dict[object, Any] = {}
        uri, _, local = name[1:].partition("}") if name.startswith("{") else ("", "", name)
        self.step = f"/*:{local}[namespace-uri()='{uri}']" if uri else f"/{local}"  # as SVRL writes it

    def go(self, name: str) -> Spot:
        """The spot of a child, made when it is new."""
        found = self.below.get(name)
        if found is None:
            found = self.below[intern(name)] = Spot(name, self)
            _count_spot()
        return found


_top = Spot("", None)
_spots = 0


def _count_spot() -> None:
    global _spots
    _spots += 1


def top() -> Spot:
    """The spot of a document that is to be read; anew when documents have brought more paths than any
    invoice explains."""
    global _top, _spots
    if _spots > _MOST_SPOTS:
        _top, _spots = Spot("", None), 0
    return _top
