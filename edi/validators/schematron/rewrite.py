"""An official stylesheet made faster without changing what it finds.

The sheets are generated from Schematron by a tool that writes for generality: each pattern walks the whole
document, some walk it twice, and what they find is XML that has to be parsed again. The rules themselves
(patterns, variables, tests, messages) are never touched; only how they are reached and how a failure is told.
The result lives in memory and is never written. Each step says why it is exact; tests compare the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import groupby
from typing import NamedTuple

from lxml import etree

from edi import xml

_XSL = "http://www.w3.org/1999/XSL/Transform"
_X = f"{{{_XSL}}}"
_S = "{http://purl.oclc.org/dsdl/svrl}"
_ERR = "http://www.w3.org/2005/xqt-errors"
_FAILURES = (f"{_S}failed-assert", f"{_S}successful-report")
_STRANGE = re.compile(r"@|text\(|node\(|comment\(|processing-instruction\(|attribute\(|current\(|key\(|id\(")
_ROOTED = re.compile(r"([A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*)(?=/(?!/)|$)")
_QNAME = r"[A-Za-z_][\w.-]*:[A-Za-z_][\w.-]*"
_STEPS = rf"(?:(?:{_QNAME}|\((?:{_QNAME}\s*\|\s*)+{_QNAME}\))//?)*"
_ABSENT = re.compile(rf"\s*not\s*\(\s*(?://)?{_STEPS}({_QNAME}|@[A-Za-z]\w*)\s*\)\s*")
_DOCUMENT = re.compile(r"document\(\s*'([^']+)'\s*\)")

_FEW = 20  # names below which asking costs as much as testing

REPORT = "report"  # flag of what a report tells; it has no id
DYNAMIC = "dynamic"  # flag of a rule that raised, in the isolated form
RAISED = "raised"  # flag of the only line of a sheet that raised: the code of the error, then what Saxon says
EXTRA = "edi-extra-"  # parameters: + rank, an extra file that the sheet would read
RARE = "edi-rare"  # parameter: whether the document has any of the names in Rewritten.rare

# One failure is one line of four fields. Neither separator can occur in a field: the text is normalised, the
# location translated, and ids and flags are checked here.
FIELD, LINE = "\t", "\n"


class Rewritten(NamedTuple):
    """The text of a sheet, and the names (``Percent``, ``@listID``) about which it wants to be told."""

    text: str
    rare: frozenset[str]


class Unrewritable(Exception):
    """A sheet is not of the shape that the rewriting knows; it can still be run as it is."""


def rewrite(
    data: bytes,
    base: str,
    *,
    select: bool = False,
    keep: Callable[[str], bool] | None = None,
    extra: tuple[str, ...] = (),
    isolate: bool = False,
) -> Rewritten:
    """A sheet that prints one line ``id, flag, location, text`` for each failure.

    ``base`` is the URI of the original. ``keep`` leaves out the asserts whose id it refuses ('' for a
    report). ``extra`` names the files that the caller hands over parsed, as parameters, so that they are not
    read again for each document. With ``isolate``, a rule that raises is told as a failure of flag
    :data:`DYNAMIC`, with the error in place of its message, and the others go on. Raises Unrewritable.
    """
    sheet = xml.parse(data).getroot()
    sheet.set("{http://www.w3.org/XML/1998/namespace}base", base)
    _print_text(sheet)
    modes = _shorten_root(sheet)
    for failure in list(sheet.iter(*_FAILURES)):
        _tell_in_a_line(failure, keep, isolate)
    for noise in [*sheet.iter(f"{_S}fired-rule"), *sheet.findall(f"{_S}text")]:
        _remove(noise)
    rare = _skip_absent(sheet)
    if select:
        _select_directly(sheet, modes)
    for rank, name in enumerate(extra):
        _take_as_parameter(sheet, name, f"{EXTRA}{rank}")
    if isolate:
        _isolate_templates(sheet, {start.get("mode") for start in modes})
    _catch(modes)
    return Rewritten(etree.tostring(sheet, encoding="unicode"), rare)


def _print_text(sheet: etree._Element) -> None:
    for output in sheet.findall(f"{_X}output"):
        _remove(output)
    sheet.insert(0, etree.Element(f"{_X}output", method="text", encoding="UTF-8"))


def _shorten_root(sheet: etree._Element) -> list[etree._Element]:
    """Leave in the template of the root only what starts each pattern; return those starts.

    What is dropped walks the document in the default mode, where nothing may be printed: that is checked.
    """
    default = [t for t in sheet.findall(f"{_X}template") if t.get("mode") is None]
    roots = [t for t in default if t.get("match") == "/"]
    silent = [t for t in default if t.get("match") == "text()" and len(t) == 0 and not (t.text or "").strip()]
    if len(roots) != 1 or len(default) != 1 + len(silent):
        raise Unrewritable("templates of the default mode that are not those of a schematron")
    (root,) = roots
    starts = [a for a in root.iter(f"{_X}apply-templates") if a.get("mode")]
    if not starts or any(start.get("select") != "/" for start in starts):
        raise Unrewritable("patterns that do not start from the root")
    for child in list(root):
        _remove(child)
    root.text = None
    root.extend(starts)
    return starts


# -- what is told of a failure ----------------------------------------------------------------------------


def _tell_in_a_line(failure: etree._Element, keep: Callable[[str], bool] | None, isolate: bool) -> None:
    """Replace an element of SVRL by the line that says the same."""
    fields = {a.get("name", ""): a for a in failure.findall(f"{_X}attribute")}
    text, location = failure.find(f"{_S}text"), fields.get("location")
    if text is None or location is None or set(fields) - {"id", "flag", "location", "role", "see"}:
        raise Unrewritable("a failure that is not told in the usual way")
    is_report = failure.tag == f"{_S}successful-report"
    rule = _literal(fields.get("id"), failure.get("id", ""))
    flag = REPORT if is_report else _literal(fields.get("flag"), failure.get("flag", ""))
    test = _find_test(failure, is_report)
    if keep is not None and not keep(rule):
        _remove(test)
        return
    line = _line(rule, flag, list(location), location.text, list(text), text.text)
    parent = failure.getparent()
    assert parent is not None
    for part in reversed(line):
        failure.addnext(part)
    _remove(failure)
    if isolate:
        _isolate(test, rule)


def _literal(attribute: etree._Element | None, fallback: str) -> str:
    if attribute is None:
        return fallback
    if len(attribute) or any(mark in (attribute.text or "") for mark in "\t\r\n"):
        raise Unrewritable("an id or a flag that is not plain text")
    return attribute.text or ""


def _find_test(failure: etree._Element, is_report: bool) -> etree._Element:
    """What tests: the ``xsl:if`` of a report, the ``xsl:choose`` of an assert; it holds nothing else."""
    parent = failure.getparent()
    assert parent is not None
    if is_report and parent.tag == f"{_X}if" and len(parent) == 1:
        return parent
    choose = parent.getparent()
    if is_report or parent.tag != f"{_X}otherwise" or len(parent) != 1 or choose is None or len(choose) != 2:
        raise Unrewritable("a test that is not written in the usual way")
    return choose


def _line(
    rule: str,
    flag: str,
    location: list[etree._Element],
    location_text: str | None,
    message: list[etree._Element],
    message_text: str | None,
) -> list[etree._Element]:
    place, text = (etree.Element(f"{_X}variable", name=f"edi-{name}") for name in ("place", "text"))
    place.text, text.text = location_text, message_text
    place.extend(location)
    text.extend(message)
    return [
        place,
        text,
        _print(f"{rule}{FIELD}{flag}{FIELD}"),
        etree.Element(f"{_X}value-of", select="translate($edi-place, '\t\r\n', '   ')"),
        _print(FIELD),
        etree.Element(f"{_X}value-of", select="normalize-space($edi-text)"),
        _print(LINE),
    ]


def _print(text: str) -> etree._Element:
    element = etree.Element(f"{_X}text")
    element.text = text
    return element


def _isolate(test: etree._Element, rule: str) -> None:
    """Wrap one test so that its error is told, with its code, in place of a message."""
    path = etree.Element(f"{_X}apply-templates", select=".", mode="schematron-select-full-path")
    _try([test], rule, DYNAMIC, [path])


def _isolate_templates(sheet: etree._Element, modes: set[str | None]) -> None:
    """The same for what a rule computes before its tests: that element alone is then not judged by it."""
    for template in sheet.findall(f"{_X}template"):
        if template.get("mode") not in modes or _is_walk(template):
            continue
        body = [step for step in template if step.tag != f"{_X}apply-templates"]
        path = etree.Element(f"{_X}apply-templates", select=".", mode="schematron-select-full-path")
        _try(body, "", DYNAMIC, [path])


def _catch(starts: list[etree._Element]) -> None:
    """Let the sheet print its own error: Saxon tells its code to nobody, but all of it to standard error."""
    _try([start for start in starts if start.getparent() is not None], "", RAISED, [])


def _try(tried: list[etree._Element], rule: str, flag: str, place: list[etree._Element]) -> None:
    if not tried:
        return
    attempt = etree.Element(f"{_X}try", nsmap={"edi-err": _ERR})
    _wrap(tried, attempt)
    error = etree.Element(
        f"{_X}value-of",
        select="concat(local-name-from-QName($edi-err:code), ' ', $edi-err:description)",
    )
    caught = etree.SubElement(attempt, f"{_X}catch", errors="*")
    caught.extend(_line(rule, flag, place, None, [error], None))


# -- which tests are made at all --------------------------------------------------------------------------


def _skip_absent(sheet: etree._Element) -> frozenset[str]:
    """Make the tests of the form ``not(a/b/c)`` only for a document that has a ``c`` somewhere.

    Without one the path finds nothing, the test succeeds, and a path of plain names cannot raise. Hundreds of
    tests forbid what no ordinary invoice has. The names returned are those that no other rule of the sheet speaks
    of: a document that has any of them gets all the tests, any other none.
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
                _wrap(list(row), etree.Element(f"{_X}if", test=f"${RARE}"))
    sheet.insert(1, etree.Element(f"{_X}param", name=RARE))
    return frozenset(name if name.startswith("@") else name.partition(":")[2] for name in rare)


def _forbidden(step: etree._Element) -> str:
    """The last name of the path that an instruction tests to be absent, '' when it tests anything else."""
    when = step.find(f"{_X}when")
    found = None if when is None else _ABSENT.fullmatch(when.get("test", ""))
    return found[1] if found else ""


def _wrap(steps: list[etree._Element], wrapper: etree._Element) -> None:
    steps[0].addprevious(wrapper)
    for step in steps:
        _remove(step)
        wrapper.append(step)


# -- how a rule is reached --------------------------------------------------------------------------------


def _select_directly(sheet: etree._Element, starts: list[etree._Element]) -> None:
    """Go straight to the elements that a mode's rules may match, instead of walking the document.

    The selection is the union of the match patterns without their predicates: a superset, in document order,
    of what the walk would find, from which the templates still choose by their full patterns and priorities
    (an error in the predicate of a pattern is no match, in a selection it would be raised). The rest of the
    walk is then silent. A mode with a pattern that is not a path of elements keeps its walk.
    """
    templates = sheet.findall(f"{_X}template")
    roots: dict[str, str] = {}
    for start in starts:
        rules = [t for t in templates if t.get("mode") == start.get("mode") and not _is_walk(t)]
        told = [t for t in rules if next(t.iter(f"{_X}choose", f"{_X}if"), None) is not None]
        paths = [path for rule in told for path in _paths(rule.get("match", ""))]
        if any(_STRANGE.search(path) for path in paths):
            continue
        for template in (t for t in templates if t.get("mode") == start.get("mode")):
            for step in template.findall(f"{_X}apply-templates"):
                if step.get("mode") == start.get("mode"):
                    _remove(step)
        if paths:
            # A sequence put in document order: Saxon takes minutes to compile a union of hundreds of paths.
            union = ", ".join(dict.fromkeys(_from_anywhere(path, roots) for path in paths))
            start.set("select", f"({union})/.")
        else:
            _remove(start)
    for name, variable in roots.items():
        sheet.insert(1, etree.Element(f"{_X}variable", name=variable, select=f"//{name}"))


def _is_walk(template: etree._Element) -> bool:
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


def _paths(pattern: str) -> Iterator[str]:
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


def _take_as_parameter(sheet: etree._Element, name: str, parameter: str) -> None:
    """Let a file that the sheet reads be handed over instead: it is then parsed once a process."""
    seen = False
    for element in sheet.iter():
        for attribute in ("select", "test", "match"):
            expression = element.get(attribute, "")
            if "document(" not in expression:
                continue
            changed = _DOCUMENT.sub(lambda m: f"${parameter}" if m[1] == name else m[0], expression)
            seen = seen or changed != expression
            element.set(attribute, changed)
    if seen:
        sheet.insert(1, etree.Element(f"{_X}param", name=parameter))


def _remove(element: etree._Element) -> None:
    """Take an element out; the text that follows it is layout, which a stylesheet ignores."""
    parent = element.getparent()
    if parent is None:
        return
    if (element.tail or "").strip():
        raise Unrewritable("text between instructions")
    parent.remove(element)
