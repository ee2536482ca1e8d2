"""Writes the rules of a sheet: what they match, their variables, their checks and what these say."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.formulas import Formula, both
from edi.validators.compiled.reading import shapes
from edi.validators.compiled.reading.knowing import shape_of
from edi.validators.compiled.reading.parser import parse
from edi.validators.compiled.reading.shapes import as_type
from edi.validators.compiled.reading.sharing import repeated
from edi.validators.compiled.reading.sheets import CheckText, RuleText, Variable
from edi.validators.compiled.reading.xpath import Expr
from edi.validators.compiled.writing.codes import MANY, NODE, ONE, WORDS, Code, many, told
from edi.validators.compiled.writing.env import Common, Env
from edi.validators.compiled.writing.knowledge import know_guard, scope_of, write_formula
from edi.validators.compiled.writing.parts import (
    Parts,
    attempt,
    depth_of_match,
    identifier,
    reader_of,
    write_variables,
)
from edi.validators.compiled.writing.patterns import read_patterns
from edi.validators.compiled.writing.watching import paths_feared
from edi.validators.compiled.writing.writer import Writer

_TEXTS = re.compile(r"n\.t\b|n\.a\.get\('\w+'\)")
_NODE = Code("n", NODE)
_HERE = Env(context=_NODE, current=_NODE)


def write_rule(
    writer: Writer, parts: Parts, rule: RuleText, rank: int, known: Mapping[str, shapes.Function]
) -> None:
    """Write one rule and its functions; what does not compile is told in ``parts.reasons``."""
    matches: list[str] = []
    where = " ".join(rule.match.split())
    attempt(parts, where[:120], lambda: matches.extend(_write_matches(writer, parts, rule, rank, known)))
    read = reader_of(rule)
    env, lines, kept = replace(_HERE, closed=depth_of_match(rule.match) == 1), list[str](), list[str]()
    checks: list[str] = []
    scope = scope_of(writer, known, env.closed)
    safe: Formula = True
    for step in rule.steps:
        try:
            if isinstance(step, Variable):
                new, env = write_variables(writer, [step], env, read)
                lines += new
                kept += [line.partition(" = ")[0] for line in new]
                shape = as_type(shape_of(read(step.select), scope), step.type)
                scope, safe = scope.bind(step.name, shape), both(safe, shape.safe)
                continue
            checks.append(_write_check(writer, parts, step, _in_check(env, kept), where, read, scope))
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
        f"({''.join(f'{c}, ' for c in checks)}), {let}, {rule.descends}, {write_formula(writer, safe)}),"
    )


def _in_check(env: Env, kept: list[str]) -> Env:
    """The variables of a rule as its checks see them: handed over in a tuple."""
    ranks = {name: f"v[{rank}]" for rank, name in enumerate(kept)}
    bound = {
        name: replace(code, text=ranks.get(code.text, code.text)) for name, code in env.variables.items()
    }
    return replace(env, variables=bound)


def _write_matches(
    writer: Writer, parts: Parts, rule: RuleText, rank: int, known: Mapping[str, shapes.Function]
) -> list[str]:
    told = []
    scope = scope_of(writer, known, False)
    for number, pattern in enumerate(read_patterns(writer, parse(rule.match))):
        guard = "None"
        if pattern.guard:
            guard = f"match_{rank}_{number}"
            parts.functions.append(_guard_of(guard, pattern.guard))
        formulas = (write_formula(writer, one) for one in know_guard(pattern.asked, scope))
        known_of = f", {', '.join(formulas)}" if pattern.guard else ""
        if pattern.key:
            rest = f"rest_{rank}_{number}" if pattern.rest else "None"
            if pattern.rest:
                parts.functions.append(_guard_of(rest, pattern.rest))
            single = pattern.key[1].startswith("(")
            known_of += f", {writer.keep_key(*pattern.key)}, {pattern.value!r}, {rest}, {single}"
        told.append(f"Match({pattern.steps!r}, {pattern.rooted}, {guard}, {pattern.suffix!r}{known_of})")
    return told


def _guard_of(name: str, condition: str) -> str:
    return f"def {name}(n, d):\n    return {condition}\n"


def _write_check(
    writer: Writer,
    parts: Parts,
    check: CheckText,
    env: Env,
    where: str,
    read: Callable[[str], Expr],
    scope: shapes.Scope,
) -> str:
    test = read(check.test)
    stem = f"{check.rank}_{identifier(check.id or check.flag)}"
    common = Common(repeated(test))
    code = writer.truth(test, replace(env, common=common))
    first = "".join(f"    {line}\n" for line in common.lines)
    about = f"{check.id} ({check.flag})\n\n    {where}\n    {' '.join(check.test.split())}\n    "
    answer = f"not {code.text}" if check.report else code.text  # what passes is true
    if asked := _only_text(f"{first}{answer}"):
        body = f"{first}    return {answer}\n".replace(asked, "t")
        parts.functions.append(f"@remembered\ndef of_{stem}(t):\n{body}")
        first, answer = "", f"of_{stem}({asked})"
    parts.functions.append(f"def test_{stem}(n, d, v):\n    {about!r}\n{first}    return {answer}\n")
    parts.functions.append(f"def say_{stem}(n, d, v):\n    return {_write_message(writer, check, env)}\n")
    watch = () if check.report else paths_feared(writer, test, env)
    known = shape_of(test, scope)
    sure = write_formula(writer, known.certainly_false if check.report else known.certainly_true)
    return f"Check({check.rank}, {check.id!r}, {check.flag!r}, test_{stem}, say_{stem}, {watch!r}, {sure})"


def _only_text(code: str) -> str:
    """The one string of the element that a look-up in a list of codes asks; '' where it asks more."""
    asked = set(_TEXTS.findall(code))
    if len(asked) != 1 or not ("listed(" in code or "CODES_" in code):
        return ""
    (text,) = asked
    return "" if re.search(r"\b[ndv]\b", code.replace(text, "")) else text


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
