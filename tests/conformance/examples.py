"""The examples of the rules, put together so that few runs of a sheet show many of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from edi.exemples.bases import load_bases, parse, write_base
from edi.exemples.edits import Edit, EditRefused, apply_edits
from edi.exemples.variantes import Variante, load_variantes
from edi.validators.scenarios import SCENARIOS
from edi.validators.schematron import rewrite, saxon
from edi.validators.schematron.official import Assertion, read_asserts
from edi.validators.schematron.packs import Pack, locate_sheet

WITHOUT_INVOICES = frozenset({"br-fr-cdv"})  # packs that judge messages of the cycle de vie
TOGETHER = 40  # examples of one base in one document
_FREE = ("insere", "texte", "attribut")  # acts that leave the places of the others where they are


class Groupe(NamedTuple):
    """A document that breaks several rules at once, and which."""

    root: etree._Element
    regles: tuple[str, ...]


def asserts_of(pack: Pack) -> list[Assertion]:
    """The asserts of a pack that have an id."""
    return [
        rule
        for part in pack.parts
        for rule in read_asserts(locate_sheet(part.sheet).read_bytes())
        if rule.id and part.applies(rule.id)
    ]


def packs_of(base: str) -> tuple[str, ...]:
    """The packs that a base is valid under: those of its scenario, and its own."""
    one = load_bases()[base]
    return (*one.packs, *(name for s in SCENARIOS if s.id == one.scenario for name in s.packs))


def bases_of(pack: Pack) -> list[str]:
    return [name for name in load_bases() if pack.id in packs_of(name)]


def fired(pack: Pack, root: etree._Element, way: str) -> set[str] | None:
    """The asserts that fail; None for a sheet that raises."""
    try:
        found = saxon.run_pack(pack, saxon.open_document(root.getroottree()), way)
        return {one.id for one in found if one.flag != rewrite.DYNAMIC}
    except saxon.DynamicError:
        return None


def make(variante: Variante) -> etree._Element:
    root = parse(write_base(variante.base))
    apply_edits(root, variante.edits)
    return root


def groups(pack: Pack, together: int = TOGETHER) -> Iterator[Groupe]:
    """Every variant of a pack, those of one base put together where their acts do not disturb each other."""
    by_base: dict[str, list[tuple[str, Variante]]] = {}
    for rule, variante in load_variantes(pack.id).variantes.items():
        if variante.leve:
            yield Groupe(make(variante), (rule,))
            continue
        by_base.setdefault(variante.base, []).append((rule, variante))
    for base, some in by_base.items():
        while some:
            taken, some = _take(some, together)
            root = parse(write_base(base))
            ordered = sorted({edit for _, variante in taken for edit in variante.edits}, key=_order)
            try:
                apply_edits(root, ordered)
            except EditRefused:
                yield from (Groupe(make(variante), (rule,)) for rule, variante in taken)
                continue
            yield Groupe(root, tuple(rule for rule, _ in taken))


def _take(
    some: list[tuple[str, Variante]], together: int
) -> tuple[list[tuple[str, Variante]], list[tuple[str, Variante]]]:
    """The variants that go with the first one, and the others."""
    taken, left, places = some[:1], [], _places(some[0][1])
    free = all(edit.acte in _FREE for edit in some[0][1].edits)
    for rule, variante in some[1:]:
        mine = _places(variante)
        fits = free and len(taken) < together and all(edit.acte in _FREE for edit in variante.edits)
        if variante.edits == taken[0][1].edits or (fits and places.isdisjoint(mine)):
            taken.append((rule, variante))
            places |= mine
        else:
            left.append((rule, variante))
    return taken, left


def _places(variante: Variante) -> set[tuple[str, str]]:
    """What an edit writes over; two insertions never write over each other."""
    return {(edit.en, edit.nom) for edit in variante.edits if edit.acte != "insere"}


def _order(edit: Edit) -> tuple[bool, str, str]:
    """Texts and attributes first: an insertion may move what follows."""
    return edit.acte == "insere", edit.en, edit.valeur or ""
