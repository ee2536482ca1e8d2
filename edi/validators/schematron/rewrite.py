"""An official stylesheet made faster without changing what it finds.

The sheets are generated from Schematron by a tool that writes for generality: each pattern walks the whole
document, some walk it twice, and what they find is XML that has to be parsed again. What the rules say
(patterns, variables, tests, messages) is never touched: only how they are reached, how often the same
question is asked, and how a failure is told. The result lives in memory and is never written. Each step says
why it is exact; tests compare the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from lxml import etree

from edi import xml
from edi.validators.schematron.guards import guard_casts
from edi.validators.schematron.memo import remember_codes, remember_elements
from edi.validators.schematron.presence import PRESENT, Watched
from edi.validators.schematron.reach import (
    Unrewritable,
    is_walk,
    remove,
    select_directly,
    skip_absent,
    wrap,
)

_XSL = "http://www.w3.org/1999/XSL/Transform"
_X = f"{{{_XSL}}}"
_S = "{http://purl.oclc.org/dsdl/svrl}"
_ERR = "http://www.w3.org/2005/xqt-errors"
_FAILURES = (f"{_S}failed-assert", f"{_S}successful-report")
_DOCUMENT = re.compile(r"document\(\s*'([^']+)'\s*\)")


REPORT = "report"  # flag of what a report tells; it has no id
DYNAMIC = "dynamic"  # flag of a rule that raised, in the isolated form
RAISED = "raised"  # flag of the only line of a sheet that raised: the code of the error, then what Saxon says
EXTRA = "edi-extra-"  # parameters: + rank, an extra file that the sheet would read

# One failure is one line of four fields. Neither separator can occur in a field: the text is normalised, the
# location translated, and ids and flags are checked here.
FIELD, LINE = "\t", "\n"


class Rewritten(NamedTuple):
    """The text of a sheet, and what it wants to be told of each document."""

    text: str
    watched: Watched


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
        remove(noise)
    guard_casts(sheet)
    remember_elements(sheet)
    remember_codes(sheet)
    watched = Watched()
    skip_absent(sheet, watched)
    if select:
        select_directly(sheet, modes)
    for rank, name in enumerate(extra):
        _take_as_parameter(sheet, name, f"{EXTRA}{rank}")
    if isolate:
        _isolate_templates(sheet, {start.get("mode") for start in modes})
    _catch(modes)
    if watched:
        sheet.insert(1, etree.Element(f"{_X}param", name=PRESENT))
    return Rewritten(etree.tostring(sheet, encoding="unicode"), watched)


def _print_text(sheet: etree._Element) -> None:
    for output in sheet.findall(f"{_X}output"):
        remove(output)
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
        remove(child)
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
        remove(test)
        return
    line = _line(rule, flag, list(location), location.text, list(text), text.text)
    parent = failure.getparent()
    assert parent is not None
    for part in reversed(line):
        failure.addnext(part)
    remove(failure)
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
        if template.get("mode") not in modes or is_walk(template):
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
    wrap(tried, attempt)
    error = etree.Element(
        f"{_X}value-of",
        select="concat(local-name-from-QName($edi-err:code), ' ', $edi-err:description)",
    )
    caught = etree.SubElement(attempt, f"{_X}catch", errors="*")
    caught.extend(_line(rule, flag, place, None, [error], None))


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
