"""How the rules of a sheet are reached: straight to their elements, and not where nothing is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

from lxml import etree

_X = "{http://www.w3.org/1999/XSL/Transform}"
_STRANGE = re.compile(r"@|text\(|node\(|comment\(|processing-instruction\(|attribute\(|current\(|key\(|id\(")
_ROOTED = re.compile(r"([A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*)(?=/(?!/)|$)")
_QNAME = r"[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*"
_STEPS = rf"(?:(?:{_QNAME}|\((?:{_QNAME}\s*\|\s*)+{_QNAME}\))//?)*"
_ABSENT = re.compile(rf"\s*not\s*\(\s*(?://)?{_STEPS}({_QNAME}|@[A-Za-z]\w*)\s*\)\s*")
_FEW = 20  # names below which asking costs as much as testing

RARE = "edi-rare"  # parameter: whether the document has any of the names in Rewritten.rare


class Unrewritable(Exception):
    """A sheet is not of the shape that the rewriting knows; it can still be run as it is."""


# -- which tests are made at all --------------------------------------------------------------------------


def skip_absent(sheet: etree._Element) -> frozenset[str]:
    """Make the tests of the form ``not(a/b/c)`` only for a document that has a ``c`` somewhere.

    Without one the path finds nothing, the test succeeds, and a path of plain names cannot raise. Hundreds of
    tests forbid what no ordinary invoice has. The names returned are those that no other rule of the sheet
    speaks of: a document that has any of them gets all the tests, any other none.
    """
    tests = {step: name for step in sheet.iter(f"{_X}choose") if (name := _forbidden(step))}
    others = (
        expression
        for element in sheet.iter()
        if element.getparent() not in tests
        for expression in (element.get("test"), element.get("select"), element.get("match"))
        if expression
    )
    spoken = set(re.findall(rf"@\w+|{_QNAME}", " ".join(others)))
    rare = sorted(set(tests.values()) - spoken)
    if len(rare) < _FEW:
        return frozenset()
    for template in sheet.findall(f"{_X}template"):
        for skippable, row in groupby(list(template), lambda step: tests.get(step) in rare):
            if skippable:
                wrap(list(row), etree.Element(f"{_X}if", test=f"${RARE}"))
    sheet.insert(1, etree.Element(f"{_X}param", name=RARE))
    return frozenset(name if name.startswith("@") else name.partition(":")[2] for name in rare)


def _forbidden(step: etree._Element) -> str:
    """The last name of the path that an instruction tests to be absent, '' when it tests anything else."""
    when = step.find(f"{_X}when")
    found = None if when is None else _ABSENT.fullmatch(when.get("test", ""))
    return found[1] if found else ""


# -- how a rule is reached --------------------------------------------------------------------------------


def select_directly(sheet: etree._Element, starts: list[etree._Element]) -> None:
    """Go straight to the elements that a mode's rules may match, instead of walking the document.

    The selection is the union of the match patterns without their predicates: a superset, in document order,
    of what the walk would find, from which the templates still choose by their full patterns and priorities
    (an error in the predicate of a pattern is no match, in a selection it would be raised). The rest of the
    walk is then silent. A mode with a pattern that is not a path of elements keeps its walk.
    """
    templates = sheet.findall(f"{_X}template")
    roots: dict[str, str] = {}
    for start in starts:
        rules = [t for t in templates if t.get("mode") == start.get("mode") and not is_walk(t)]
        told = [t for t in rules if next(t.iter(f"{_X}choose", f"{_X}if"), None) is not None]
        found = [path for rule in told for path in paths(rule.get("match", ""))]
        if any(_STRANGE.search(path) for path in found):
            continue
        for template in (t for t in templates if t.get("mode") == start.get("mode")):
            for step in template.findall(f"{_X}apply-templates"):
                if step.get("mode") == start.get("mode"):
                    remove(step)
        if found:
            # A sequence put in document order: Saxon takes minutes to compile a union of hundreds of paths.
            union = ", ".join(dict.fromkeys(_from_anywhere(path, roots) for path in found))
            start.set("select", f"({union})/.")
        else:
            remove(start)
    for name, variable in roots.items():
        sheet.insert(1, etree.Element(f"{_X}variable", name=variable, select=f"//{name}"))


def is_walk(template: etree._Element) -> bool:
    return template.get("match") in ("text()", "@*|node()", "*|@*|node()", "node()|@*")


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
