"""How the rules of a sheet are reached: straight to their elements, and not where nothing is there."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby

from lxml import etree

from edi.validators.schematron import presence
from edi.validators.schematron.presence import Watched, Way

_X = "{http://www.w3.org/1999/XSL/Transform}"
_STRANGE = re.compile(r"@|text\(|node\(|comment\(|processing-instruction\(|attribute\(|current\(|key\(|id\(")
_ROOTED = re.compile(r"([A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*)(?=/(?!/)|$)")
_ABSENT = re.compile(rf"\s*not\s*\(\s*({presence.PATH})\s*\)\s*")
_FEW = 20  # such tests, below which it costs more to say what a document has
_TOGETHER = 8  # of them that hang on one condition


class Unrewritable(Exception):
    """A sheet is not of the shape that the rewriting knows; it can still be run as it is."""


# -- which tests are made at all --------------------------------------------------------------------------


def skip_absent(sheet: etree._Element, watched: Watched) -> None:
    """Make the tests of the form ``not(a/b/c)`` only for a document that may have such a path.

    Elsewhere the path finds nothing, the test succeeds, and a path of plain names cannot raise. Hundreds of
    tests forbid what no ordinary invoice has; neighbours hang on one condition.
    """
    templates = sheet.findall(f"{_X}template")
    if sum(bool(_forbidden(step)) for template in templates for step in template) < _FEW:
        return
    for template in templates:
        contexts = [_last_step(path) for path in paths(template.get("match", ""))]
        for forbidding, run in groupby(list(template), lambda step: bool(_forbidden(step))):
            steps = list(run)
            for start in range(0, len(steps) if forbidding else 0, _TOGETHER):
                row = steps[start : start + _TOGETHER]
                found = [way for step in row for way in _ways(contexts, _forbidden(step))]
                wrap(row, etree.Element(f"{_X}if", test=watched.watch(found)))


def _forbidden(step: etree._Element) -> str:
    """The path that an instruction tests to find nothing, '' when it tests anything else."""
    when = step.find(f"{_X}when") if step.tag == f"{_X}choose" else None
    found = None if when is None else _ABSENT.fullmatch(when.get("test", ""))
    return found[1] if found else ""


def _last_step(path: str) -> str:
    step = path.rpartition("/")[2]
    return step if re.fullmatch(presence.PATH, step) else "*"


def _ways(contexts: list[str], path: str) -> Iterable[Way]:
    if path.startswith("/"):
        return presence.ways(path)
    return (way for context in contexts for way in presence.ways(f"{context}/{path}"))


# -- how a rule is reached --------------------------------------------------------------------------------


def select_directly(sheet: etree._Element, starts: list[etree._Element]) -> None:
    """Go straight to the elements that a mode's rules may match, instead of walking the document.

    The selection is made of the match patterns without their predicates: a superset, in document order, of
    what the walk would find, from which the templates still choose by their full patterns and priorities (an
    error in the predicate of a pattern is no match, in a selection it would be raised). The rest of the walk
    is then silent. A mode with a pattern that is not a path of elements keeps its walk.
    """
    templates = sheet.findall(f"{_X}template")
    roots: dict[str, str] = {}
    for start in starts:
        rules = [t for t in templates if t.get("mode") == start.get("mode") and not is_walk(t)]
        told = [t for t in rules if next(t.iter(f"{_X}choose", f"{_X}if"), None) is not None]
        found = list(dict.fromkeys(path for rule in told for path in _expand(rule.get("match", ""))))
        if any(_STRANGE.search(path) for path in found):
            continue
        for template in (t for t in templates if t.get("mode") == start.get("mode")):
            for step in template.findall(f"{_X}apply-templates"):
                if step.get("mode") == start.get("mode"):
                    remove(step)
        if found:
            start.set("select", _select(found, roots))
        else:
            remove(start)
    for name, variable in roots.items():
        sheet.insert(1, etree.Element(f"{_X}variable", name=variable, select=f"//{name}"))


def _expand(pattern: str) -> Iterator[str]:
    """The paths of a pattern, those of a group it begins with taken one by one."""
    for path in paths(pattern):
        group = re.fullmatch(r"\(([^()]+)\)(/.+)?", path)
        yield from (f"{one.strip()}{group[2] or ''}" for one in group[1].split("|")) if group else (path,)


def is_walk(template: etree._Element) -> bool:
    return template.get("match") in ("text()", "@*|node()", "*|@*|node()", "node()|@*")


def _select(found: list[str], roots: dict[str, str]) -> str:
    """All elements that some paths may stand for, each once and in document order."""
    if not {"*", "//*"}.isdisjoint(found):
        return "//*"
    # A sequence put in document order: Saxon takes minutes to compile a union of hundreds of paths.
    return f"({', '.join(dict.fromkeys(_from_anywhere(path, roots) for path in found))})/."


def _from_anywhere(path: str, roots: dict[str, str]) -> str:
    """A match pattern as a path: what begins with a plain name may stand anywhere, looked up once for all."""
    if path.startswith("/"):
        return path
    rooted = _ROOTED.match(path)
    if rooted is None:
        return f"//{path}"
    variable = roots.setdefault(rooted[1], f"edi-root-{rooted[1].replace(':', '-')}")
    return f"${variable}{path[rooted.end() :]}"


def paths(pattern: str) -> Iterator[str]:
    """The alternatives of a match pattern, without their predicates."""
    path, depth, brackets, quote = "", 0, 0, ""
    for char in pattern:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char in "[]":
            brackets += 1 if char == "[" else -1
            continue
        elif not brackets and char in "()":
            depth += 1 if char == "(" else -1
        elif not brackets and not depth and char == "|":
            yield " ".join(path.split())
            path = ""
            continue
        path += "" if brackets else char
    yield " ".join(path.split())


# -- moving instructions ---------------------------------------------------------------------------------


def wrap(steps: list[etree._Element], wrapper: etree._Element) -> None:
    steps[0].addprevious(wrapper)
    for step in steps:
        remove(step)
        wrapper.append(step)


def remove(element: etree._Element) -> None:
    """Take an element out; the text that follows it is layout, which a stylesheet ignores."""
    parent = element.getparent()
    if parent is None:
        return
    if (element.tail or "").strip():
        raise Unrewritable("text between instructions")
    parent.remove(element)
