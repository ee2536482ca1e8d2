"""Writes the Python module of a sheet: one function a check, with its id, its test and what it speaks of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.parser import parse
from edi.validators.compiled.reading.sharing import ELEMENT, count_prefixes, from_document
from edi.validators.compiled.reading.sheets import CheckText, Function, RuleText, SheetText, Variable
from edi.validators.compiled.reading.xpath import (
    Binary,
    Call,
    Expr,
    Filter,
    For,
    Here,
    Literal,
    Path,
    Step,
    Var,
)
from edi.validators.compiled.writing.codes import MANY, NODE, ONE, WORDS, Code, many, told
from edi.validators.compiled.writing.functions import Signature, convert
from edi.validators.compiled.writing.patterns import depth_of, read_patterns
from edi.validators.compiled.writing.writer import Env, Writer

_NODE = Code("n", NODE)
_HERE = Env(context=_NODE, current=_NODE)


@dataclass
class _Parts:
    """The pieces of a module while it is written."""

    functions: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def write_module(sheet: SheetText, title: str) -> str:
    """The Python of a sheet. Raises NotCompiled with one reason for each piece that does not compile."""
    variables = {one.name: parse(one.select) for one in sheet.variables}
    writer = Writer(sheet.namespaces, variables, count_prefixes([*variables.values(), *_read_all(sheet)]))
    parts = _Parts()
    for function in sheet.functions:
        _attempt(parts, function.name, lambda f=function: parts.functions.append(_write_function(writer, f)))  # type: ignore[misc]
    for rank, rule in enumerate(sheet.rules):
        _write_rule(writer, parts, rule, rank)
    if parts.reasons:
        raise NotCompiled(*parts.reasons)
    constants = (f"{name} = {python}" for name, python in writer.constants.items())
    return "\n".join(
        [
            f'"""{title}"""',
            "",
            "import re",
            "",
            "from edi.validators.compiled.running.runtime import *",
            "",
            *constants,
            "",
            "",
            "\n\n".join([*writer.shared, *parts.functions]),
            "",
            "RULES = (",
            *parts.rules,
            ")",
            "",
        ]
    )


def _read_all(sheet: SheetText) -> Iterator[Expr]:
    """Every expression of the rules, as it will be written."""
    for rule in sheet.rules:
        read = _reader(rule)
        for step in rule.steps:
            with suppress(NotCompiled):  # told where it is written
                yield read(step.select if isinstance(step, Variable) else step.test)


def _reader(rule: RuleText) -> Callable[[str], Expr]:
    """How the expressions of a rule are read: what they ask of the document element is named as such."""
    depth = _depth(rule.match)
    return (lambda text: from_document(parse(text), depth - 1)) if depth else parse


def _depth(match: str) -> int:
    try:
        return depth_of(parse(match))
    except NotCompiled:  # told where the pattern is written
        return 0


def _attempt(parts: _Parts, what: str, act: Callable[[], object]) -> None:
    try:
        act()
    except NotCompiled as error:
        parts.reasons.append(f"{what}: {error}")


# -- functions of the sheet ---------------------------------------------------------------------------------


def _write_function(writer: Writer, function: Function) -> str:
    name = f"call_{_identifier(function.name)}"
    env = Env()
    names = []
    for parameter in function.parameters:
        value = _of_type(parameter.type, f"p_{_identifier(parameter.name)}")
        names.append(value.text)
        env = env.bind(parameter.name, value)
    lines, env = _write_variables(writer, function.variables, env, parse)
    answer = convert(writer.write(parse(function.select), env), function.type)
    writer.signatures[function.name] = Signature(
        name,
        tuple(one.type for one in function.parameters),
        replace(answer, text="", fallible=True, value=None),
    )
    body = "".join(f"    {line}\n" for line in [*lines, f"return {answer.text}"])
    return f"def {name}({', '.join(['d', *names])}):\n    {function.name!r}\n{body}"


def _of_type(type_: str, name: str) -> Code:
    """A parameter, which has been converted to its type where the function is called."""
    if not type_:
        raise NotCompiled("a parameter of any type")
    kinds = {"element()": NODE, "node()": NODE}
    kind = kinds.get(type_.rstrip("?"), type_.rstrip("?").removeprefix("xs:"))
    return Code(name, kind, "?" if type_.endswith("?") else ONE)


def _write_variables(
    writer: Writer, variables: Iterable[Variable], env: Env, read: Callable[[str], Expr]
) -> tuple[list[str], Env]:
    lines = []
    for variable in variables:
        code = convert(writer.write(read(variable.select), env), variable.type)
        if not code.is_constant:
            name = writer.new_name(f"{_identifier(variable.name)}_")
            lines.append(f"{name} = {code.text}")
            code = replace(code, text=name, fallible=False)
        env = env.bind(variable.name, code)
    return lines, env


# -- rules --------------------------------------------------------------------------------------------------


def _write_rule(writer: Writer, parts: _Parts, rule: RuleText, rank: int) -> None:
    matches: list[str] = []
    where = " ".join(rule.match.split())
    _attempt(parts, where[:120], lambda: matches.extend(_write_matches(writer, parts, rule, rank)))
    read = _reader(rule)
    env, lines, kept = replace(_HERE, closed=_depth(rule.match) == 1), list[str](), list[str]()
    checks: list[str] = []
    for step in rule.steps:
        try:
            if isinstance(step, Variable):
                new, env = _write_variables(writer, [step], env, read)
                lines += new
                kept += [line.partition(" = ")[0] for line in new]
                continue
            checks.append(_write_check(writer, parts, step, _in_check(env, kept), where, read))
        except NotCompiled as error:
            parts.reasons.append(
                f"{step.name if isinstance(step, Variable) else step.id or 'report'}: {error}"
            )
    let = f"let_{rank}" if kept else "None"
    if kept:
        body = "".join(f"    {line}\n" for line in [*lines, f"return ({', '.join(kept)},)"])
        parts.functions.append(f"def {let}(n, d):\n{body}")
    parts.rules.append(
        f"    Rule({rule.mode}, ({''.join(f'{m}, ' for m in matches)}), "
        f"({''.join(f'{c}, ' for c in checks)}), {let}, {rule.descends}),"
    )


def _in_check(env: Env, kept: list[str]) -> Env:
    """The variables of a rule as its checks see them: handed over in a tuple."""
    ranks = {name: f"v[{rank}]" for rank, name in enumerate(kept)}
    bound = {
        name: replace(code, text=ranks.get(code.text, code.text)) for name, code in env.variables.items()
    }
    return replace(env, variables=bound)


def _write_matches(writer: Writer, parts: _Parts, rule: RuleText, rank: int) -> list[str]:
    told = []
    for number, pattern in enumerate(read_patterns(writer, parse(rule.match))):
        guard = "None"
        if pattern.guard:
            guard = f"match_{rank}_{number}"
            parts.functions.append(f"def {guard}(n, d):\n    return {pattern.guard}\n")
        told.append(f"Match({pattern.steps!r}, {pattern.rooted}, {guard}, {pattern.suffix!r})")
    return told


def _write_check(
    writer: Writer, parts: _Parts, check: CheckText, env: Env, where: str, read: Callable[[str], Expr]
) -> str:
    test = read(check.test)
    stem = f"{check.rank}_{_identifier(check.id or check.flag)}"
    code = writer.truth(test, env)
    about = f"{check.id} ({check.flag})\n\n    {where}\n    {' '.join(check.test.split())}\n    "
    answer = f"not {code.text}" if check.report else code.text  # what passes is true
    parts.functions.append(f"def test_{stem}(n, d, v):\n    {about!r}\n    return {answer}\n")
    parts.functions.append(f"def say_{stem}(n, d, v):\n    return {_write_message(writer, check, env)}\n")
    watch = () if check.report else _watched(writer, test, env)
    return f"Check({check.rank}, {check.id!r}, {check.flag!r}, test_{stem}, say_{stem}, {watch!r})"


def _write_message(writer: Writer, check: CheckText, env: Env) -> str:
    parts = [
        _tell(writer.write(parse(part), env)) if is_expr else repr(part) for is_expr, part in check.message
    ]
    return f"squeeze({' + '.join(parts) or repr('')})"


def _tell(code: Code) -> str:
    """What xsl:value-of writes: every item, with a space between."""
    if code.card != MANY or code.kind == "empty":
        return told(code).text
    item = told(replace(code, text="x", card=ONE, value=None))
    between = "''" if code.kind == WORDS else "' '"
    return f"{between}.join([{item.text} for x in {many(code).text}])"


def _watched(writer: Writer, test: Expr, env: Env) -> tuple[tuple[str, ...], ...]:
    """Paths of names without which a test is true, whatever else there is; () where none are known.

    Where they lead nowhere nothing is computed that could raise.
    """
    match test:
        case Call("not", (path,)) | For("every", ((_, path),)):
            return _first_names(writer, path)
        case Binary("<=", Call("count", (path,)), Literal(int())):
            return _first_names(writer, path)
        case Binary(
            "<=", Call("string-length", (Call("substring-after", (path, Literal())),)), Literal(int())
        ):
            return _first_names(writer, path)
        case Binary("or", left, right) if found := _watched(writer, left, env):
            return () if writer.truth(right, env).fallible else found
    return ()


def _first_names(writer: Writer, path: Expr) -> tuple[tuple[str, ...], ...]:
    """The child names that a path begins with, one row for each way along it; () where a way has none."""
    ways = _ways(path)
    if not ways or not all(names for names, _ in ways):
        return ()
    return tuple(dict.fromkeys(tuple(map(writer.clark, names)) for names, _ in ways))


def _ways(path: Expr) -> list[tuple[list[str], bool]]:
    """The names of each way, and whether it is known to its end."""
    match path:
        case Here() | Var(ELEMENT.name):
            return [([], True)]
        case Binary("|", left, right):
            return [*_ways(left), *_ways(right)] if _ways(left) and _ways(right) else []
        case Filter(operand, ()):
            return _ways(operand)
        case Path(start, steps):
            ways = _ways(start)
            for step in steps:
                ways = [longer for way in ways for longer in _go_on(way, step)]
            return ways
    return []


def _go_on(way: tuple[list[str], bool], step: Step | Filter) -> list[tuple[list[str], bool]]:
    names, known = way
    if not known:
        return [way]
    if isinstance(step, Filter):
        options = _ways(step.operand)
        return [([*names, *more], on and not step.predicates) for more, on in options] or [(names, False)]
    if step.axis != "child" or "*" in step.test or "(" in step.test:
        return [(names, False)]
    return [([*names, step.test], not step.predicates)]


def _identifier(name: str) -> str:
    return re.sub(r"\W", "_", name)
