"""The pieces of a module while it is written, and what its functions and its rules write alike."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.parser import parse
from edi.validators.compiled.reading.sharing import from_document
from edi.validators.compiled.reading.sheets import RuleText, Variable
from edi.validators.compiled.reading.xpath import Expr
from edi.validators.compiled.writing.casts import convert
from edi.validators.compiled.writing.env import Env
from edi.validators.compiled.writing.patterns import depth_of
from edi.validators.compiled.writing.writer import Writer


@dataclass
class Parts:
    """The pieces of a module while it is written."""

    functions: list[str] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def reader_of(rule: RuleText) -> Callable[[str], Expr]:
    """How the expressions of a rule are read: what they ask of the document element is named as such."""
    depth = depth_of_match(rule.match)
    return (lambda text: from_document(parse(text), depth - 1)) if depth else parse


def depth_of_match(match: str) -> int:
    """How far below the document the elements of a pattern lie; 0 where that is not known."""
    try:
        return depth_of(parse(match))
    except NotCompiled:  # told where the pattern is written
        return 0


def attempt(parts: Parts, what: str, act: Callable[[], object]) -> None:
    """Write a piece; where it does not compile, say so of it and go on."""
    try:
        act()
    except NotCompiled as error:
        parts.reasons.append(f"{what}: {error}")


def write_variables(
    writer: Writer, variables: Iterable[Variable], env: Env, read: Callable[[str], Expr]
) -> tuple[list[str], Env]:
    """The lines that compute some variables, and the names under which they are known afterwards."""
    lines = []
    for variable in variables:
        code = convert(writer.write(read(variable.select), env), variable.type)
        if not code.is_constant:
            name = writer.new_name(f"{identifier(variable.name)}_")
            lines.append(f"{name} = {code.text}")
            code = replace(code, text=name, fallible=False)
        env = env.bind(variable.name, code)
    return lines, env


def identifier(name: str) -> str:
    """A name as a part of one of Python."""
    return re.sub(r"\W", "_", name)
