"""An official stylesheet read into what it says: functions, variables, patterns, rules and their checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from edi import xml
from edi.validators.compiled.errors import NotCompiled
from edi.validators.schematron.guards import guard_casts

_X = "{http://www.w3.org/1999/XSL/Transform}"
_S = "{http://purl.oclc.org/dsdl/svrl}"
_WALKS = ("@*|node()", "*|@*|node()", "node()|@*")
_DOWN = frozenset({"*", "@*|*", "*|@*", "*|comment()|processing-instruction()", "@*|node()", "node()"})
REPORT = "report"  # flag of a report


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    select: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class CheckText:
    """An assert, or a report, as it is written. Parts of the message are (is an expression, text)."""

    rank: int
    id: str
    flag: str
    test: str
    report: bool
    message: tuple[tuple[bool, str], ...]


@dataclass(frozen=True, slots=True)
class RuleText:
    mode: int
    match: str
    priority: float
    position: int
    steps: tuple[Variable | CheckText, ...]
    descends: bool


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    parameters: tuple[Variable, ...]
    variables: tuple[Variable, ...]
    select: str
    type: str


@dataclass(frozen=True, slots=True)
class SheetText:
    namespaces: Mapping[str, str]
    variables: tuple[Variable, ...]
    functions: tuple[Function, ...]
    rules: tuple[RuleText, ...]


def read_sheet(data: bytes) -> SheetText:
    """What a sheet says. Raises NotCompiled when it is not of the shape of a compiled Schematron."""
    sheet = xml.parse(data).getroot()
    if any(name.startswith("xpath-default") for name in map(str, sheet.keys())):
        raise NotCompiled("a default namespace of expressions")
    guard_casts(sheet)
    modes = {mode: rank for rank, mode in enumerate(_read_modes(sheet))}
    failures = sheet.iter(f"{_S}failed-assert", f"{_S}successful-report")
    ranks = {failure: rank for rank, failure in enumerate(failures)}
    rules = [
        _read_rule(template, modes[template.get("mode", "")], position, ranks)
        for position, template in enumerate(sheet.findall(f"{_X}template"))
        if template.get("mode") in modes and not _is_walk(template)
    ]
    ordered = sorted(rules, key=lambda rule: (rule.mode, -rule.priority, -rule.position))
    return SheetText(
        namespaces={prefix: uri for prefix, uri in sheet.nsmap.items() if prefix},
        variables=tuple(_read_variable(one) for one in sheet.findall(f"{_X}variable") if one.get("select")),
        functions=tuple(map(_read_function, sheet.findall(f"{_X}function"))),
        rules=tuple(ordered),
    )


def _read_modes(sheet: etree._Element) -> list[str]:
    """The modes in the order in which the root starts them."""
    root = next(
        (t for t in sheet.findall(f"{_X}template") if t.get("match") == "/" and not t.get("mode")), None
    )
    starts = [] if root is None else [a for a in root.iter(f"{_X}apply-templates") if a.get("mode")]
    if not starts or any(start.get("select") != "/" for start in starts):
        raise NotCompiled("patterns that do not start from the root")
    return [start.get("mode", "") for start in starts]


def _is_walk(template: etree._Element) -> bool:
    """What only goes on to the next elements; checked to be so."""
    match = "".join(template.get("match", "").split())
    if match == "text()" and len(template) == 0:
        return True
    if match not in _WALKS:
        return False
    if len(template) != 1 or not _goes_down(template[0], template.get("mode", "")):
        raise NotCompiled("a walk of another kind")
    return True


def _goes_down(step: etree._Element, mode: str) -> bool:
    if step.tag != f"{_X}apply-templates":
        return False
    if step.get("mode") != mode or "".join(step.get("select", "").split()) not in _DOWN or len(step):
        raise NotCompiled(f"a walk to {step.get('select')}")
    return True


def _read_rule(
    template: etree._Element, mode: int, position: int, ranks: Mapping[etree._Element, int]
) -> RuleText:
    match, priority = template.get("match", ""), template.get("priority")
    if priority is None:
        raise NotCompiled(f"a rule without priority: {match}")
    steps: list[Variable | CheckText] = []
    walks = 0
    for step in template:
        if step.tag == f"{_S}fired-rule":
            continue
        if _goes_down(step, template.get("mode", "")):
            walks += 1
        elif step.tag == f"{_X}variable":
            steps.append(_read_variable(step))
        else:
            steps.append(_read_check(step, ranks))
    if walks > 1:
        raise NotCompiled("a rule that goes down twice")
    return RuleText(mode, match, float(priority), position, tuple(steps), bool(walks))


def _read_variable(element: etree._Element) -> Variable:
    if len(element) or not element.get("select"):
        raise NotCompiled(f"variable {element.get('name')} that is not an expression")
    return Variable(element.get("name", ""), element.get("select", ""), element.get("as", ""))


def _read_check(step: etree._Element, ranks: Mapping[etree._Element, int]) -> CheckText:
    """An assert is a choice between nothing and a failure; a report a condition that tells."""
    if step.tag == f"{_X}if" and len(step) == 1:
        failure, test = step[0], step.get("test", "")
    elif step.tag == f"{_X}choose" and len(step) == 2 and len(step[0]) == 0 and len(step[1]) == 1:
        failure, test = step[1][0], step[0].get("test", "")
    else:
        raise NotCompiled(f"an instruction {step.tag} in a rule")
    report = failure.tag == f"{_S}successful-report"
    text = failure.find(f"{_S}text")
    if failure not in ranks or report != (step.tag == f"{_X}if") or text is None:
        raise NotCompiled("a check that is not told in the usual way")
    said = {a.get("name", ""): a for a in failure.findall(f"{_X}attribute")}
    flag = REPORT if report else _literal(said.get("flag"), failure.get("flag", ""))
    rule = _literal(said.get("id"), failure.get("id", ""))
    return CheckText(ranks[failure], rule, flag, test, report, _read_message(text))


def _literal(attribute: etree._Element | None, fallback: str) -> str:
    if attribute is None:
        return fallback
    if len(attribute):
        raise NotCompiled("an id or a flag that is not plain text")
    return attribute.text or ""


def _read_message(text: etree._Element) -> tuple[tuple[bool, str], ...]:
    parts = [(False, text.text or "")]
    for child in text:
        if child.tag == f"{_X}value-of" and child.get("select") and not child.get("separator"):
            parts.append((True, child.get("select", "")))
        elif child.tag == f"{_X}text":
            parts.append((False, child.text or ""))
        else:
            raise NotCompiled(f"{child.tag} in a message")
        parts.append((False, child.tail or ""))
    # white space alone between instructions is layout, and is not told
    return tuple(
        (is_expr, part) for is_expr, part in parts if is_expr or part.strip(" \t\r\n") or _is_kept(text)
    )


def _is_kept(text: etree._Element) -> bool:
    return len(text) == 0


def _read_function(element: etree._Element) -> Function:
    steps = list(element)
    parameters = [one for one in steps if one.tag == f"{_X}param"]
    variables = [one for one in steps if one.tag == f"{_X}variable"]
    answer = steps[-1] if steps else element
    if len(steps) != len(parameters) + len(variables) + 1 or answer.tag != f"{_X}sequence":
        raise NotCompiled(f"function {element.get('name')} of another shape")
    return Function(
        name=element.get("name", ""),
        parameters=tuple(Variable(one.get("name", ""), "", one.get("as", "")) for one in parameters),
        variables=tuple(map(_read_variable, variables)),
        select=answer.get("select", ""),
        type=element.get("as", ""),
    )
