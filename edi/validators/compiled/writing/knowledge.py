"""Writes what is known of a check before any value is looked at: the formulas of shapes.py, as Python."""

from __future__ import annotations

from collections.abc import Mapping

from edi.validators.compiled import formulas
from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.formulas import ENDS, ENDS_NOT, HERE, All, Formula, Known, Some, both, either
from edi.validators.compiled.reading import shapes
from edi.validators.compiled.reading.knowing import shape_of
from edi.validators.compiled.reading.parser import parse
from edi.validators.compiled.reading.sheets import SheetText
from edi.validators.compiled.reading.xpath import Call, Expr
from edi.validators.compiled.writing.writer import Writer


def read_functions(sheet: SheetText) -> dict[str, shapes.Function]:
    """The functions of a sheet, for what their answers are known by. Raises NotCompiled."""
    return {
        one.name: shapes.Function(
            tuple((parameter.name, parameter.type) for parameter in one.parameters),
            tuple((variable.name, variable.type, parse(variable.select)) for variable in one.variables),
            parse(one.select),
            one.type,
        )
        for one in sheet.functions
    }


def scope_of(writer: Writer, functions: Mapping[str, shapes.Function], closed: bool) -> shapes.Scope:
    """Where the expressions of a rule stand; ``closed``: all of them are computed once a document."""
    here = shapes.of_ways((shapes.Way(HERE),))
    return shapes.Scope(here, here, {}, functions, writer.is_closed if not closed else _is_never)


def _is_never(expr: Expr) -> bool:
    return False


def know_guard(asked: tuple[tuple[Expr, int], ...], scope: shapes.Scope) -> tuple[Formula, Formula, Formula]:
    """Where the guard of a pattern agrees, where it does not, where it raises nothing."""
    found = []
    for condition, height in asked:
        way = shapes.Way(HERE, (formulas.UP,) * height)
        found.append(shape_of(condition, scope.within(shapes.of_ways((way,)))))
    safe = both(*(one.has_truth for one in found))
    never = both(safe, either(*(one.certainly_false for one in found)))
    return both(*(one.certainly_true for one in found)), never, safe


def write_formula(writer: Writer, formula: Formula) -> str:
    """The name of a formula in the module, or what it is when it is plain."""
    text = _write(writer, formula)
    if text in ("True", "False"):
        return text
    return writer.formulas.setdefault(text, f"SURE_{len(writer.formulas)}")


def _write(writer: Writer, formula: Formula) -> str:
    if isinstance(formula, bool):
        return repr(formula)
    if isinstance(formula, All | Some):
        parts = ", ".join(_write(writer, one) for one in formula.parts)
        return f"{'All' if isinstance(formula, All) else 'Some'}(({parts},))"
    if isinstance(formula, Known):
        if formula.kind in (ENDS, ENDS_NOT):
            return f"Known({formula.kind!r}, {formula.start!r}, (), {formula.path!r})"
        names = (_write_names(writer, formula.context), _write_names(writer, formula.path))
        return f"Known({formula.kind!r}, {_name(writer, formula.start)!r}, {', '.join(names)})"
    try:
        kept = writer.keep(Call("boolean", (formula.compute,)))
    except NotCompiled:  # told where it is written for a check
        return "False"
    if not kept.text.startswith("d("):
        return repr(formula.wanted is None or kept.text == repr(formula.wanted))
    return f"Told({kept.text[2:-1]}, {formula.wanted})"


def _name(writer: Writer, name: str) -> str:
    """The Clark name of a prefixed one, after its mark."""
    if name in (HERE, formulas.ELEMENT, formulas.DOCUMENT, formulas.UP, formulas.SELF):
        return name
    for mark in (formulas.ANYWHERE, formulas.ABOVE, formulas.ATTRIBUTE):
        if name.startswith(mark):
            return mark + _name(writer, name.removeprefix(mark))
    return writer.clark(name)


def _write_names(writer: Writer, names: tuple[str, ...]) -> str:
    written = (writer.keep_constant("N", repr(_name(writer, name))) for name in names)
    return f"({''.join(f'{one}, ' for one in written)})"
