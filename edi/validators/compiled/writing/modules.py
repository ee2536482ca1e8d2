"""Writes the Python module of a sheet: one function a check, with its id, its test and what it speaks of."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.parser import parse
from edi.validators.compiled.reading.sharing import count_prefixes
from edi.validators.compiled.reading.sheets import Function, SheetText, Variable
from edi.validators.compiled.reading.xpath import (
    Expr,
)
from edi.validators.compiled.writing.casts import convert
from edi.validators.compiled.writing.codes import NODE, ONE, Code
from edi.validators.compiled.writing.env import Env
from edi.validators.compiled.writing.functions import Signature
from edi.validators.compiled.writing.knowledge import read_functions
from edi.validators.compiled.writing.parts import Parts, attempt, identifier, reader_of, write_variables
from edi.validators.compiled.writing.rules import write_rule
from edi.validators.compiled.writing.writer import Writer

_ASKS = re.compile(r"\bd\b")  # code that asks the document


def write_module(sheet: SheetText, title: str) -> str:
    """The Python of a sheet. Raises NotCompiled with one reason for each piece that does not compile."""
    variables = {one.name: parse(one.select) for one in sheet.variables}
    writer = Writer(sheet.namespaces, variables, count_prefixes([*variables.values(), *_read_all(sheet)]))
    parts = Parts()
    for function in sheet.functions:
        attempt(parts, function.name, lambda f=function: parts.functions.append(_write_function(writer, f)))  # type: ignore[misc]
    known = read_functions(sheet)
    for rank, rule in enumerate(sheet.rules):
        write_rule(writer, parts, rule, rank, known)
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
            *(f"{name} = {python}" for python, name in writer.formulas.items()),
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
        read = reader_of(rule)
        for step in rule.steps:
            with suppress(NotCompiled):  # told where it is written
                yield read(step.select if isinstance(step, Variable) else step.test)


# -- functions of the sheet ---------------------------------------------------------------------------------


def _write_function(writer: Writer, function: Function) -> str:
    name = f"call_{identifier(function.name)}"
    env = Env()
    names = []
    for parameter in function.parameters:
        value = _of_type(parameter.type, f"p_{identifier(parameter.name)}")
        names.append(value.text)
        env = env.bind(parameter.name, value)
    lines, env = write_variables(writer, function.variables, env, parse)
    answer = convert(writer.write(parse(function.select), env), function.type)
    body = "".join(f"    {line}\n" for line in [*lines, f"return {answer.text}"])
    is_pure = all(one.type.startswith("xs:") for one in function.parameters) and not _ASKS.search(body)
    writer.signatures[function.name] = Signature(
        name,
        tuple(one.type for one in function.parameters),
        replace(answer, text="", fallible=True, value=None),
        is_pure,
    )
    head, given = ("@remembered\n", names) if is_pure else ("", ["d", *names])
    return f"{head}def {name}({', '.join(given)}):\n    {function.name!r}\n{body}"


def _of_type(type_: str, name: str) -> Code:
    """A parameter, which has been converted to its type where the function is called."""
    if not type_:
        raise NotCompiled("a parameter of any type")
    kinds = {"element()": NODE, "node()": NODE}
    kind = kinds.get(type_.rstrip("?"), type_.rstrip("?").removeprefix("xs:"))
    return Code(name, kind, "?" if type_.endswith("?") else ONE)
