"""Writes the look-up of a value in a list of codes that lies beside the sheet."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.xpath import (
    Binary,
    Call,
    Here,
    Literal,
    Path,
    Step,
)
from edi.validators.compiled.writing.codes import (
    LEAF,
    NODE,
    ONE,
    OPT,
    PRESENCE,
    Code,
    many,
    string_of,
)

if TYPE_CHECKING:
    from edi.validators.compiled.writing.env import Env
    from edi.validators.compiled.writing.writer import Writer


def look_up(writer: Writer, path: Path, env: Env) -> Code:
    """``document('f')/codedb/cl[@id=n]/enumeration[@value=x]``: whether x is in list n of the file."""
    match path:
        case Path(
            Call("document", (Literal(str() as file),)),
            (
                Step("child", "codedb", ()),
                Step(
                    "child",
                    "cl",
                    (Binary("=", Path(Here(), (Step("attribute", "id", ()),)), Literal(int() as number)),),
                ),
                Step(
                    "child",
                    "enumeration",
                    (Binary("=", Path(Here(), (Step("attribute", "value", ()),)), wanted),),
                ),
            ),
        ):
            codes = writer.keep_constant(f"CODES_{number}", f"read_codes({file!r}, {number})")
            item = many(writer.write(wanted, env.within(Code("None", LEAF, OPT))))
            texts = item if item.kind == NODE else replace(item, kind=string_of(item).kind)
            value = f"[x.t for x in {texts.text}]" if texts.kind == NODE else texts.text
            return Code(f"(not {codes}.isdisjoint({value}))", PRESENCE, ONE, item.fallible)
    raise NotCompiled("a document of another shape than a list of codes")
