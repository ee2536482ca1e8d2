"""What is bound where an expression stands, while its Python is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from edi.validators.compiled.reading.xpath import (
    Expr,
)
from edi.validators.compiled.writing.codes import (
    Code,
)


@dataclass
class Common:
    """What a check asks more than once of its element: computed first, in lines of its own."""

    exprs: frozenset[Expr]
    known: dict[Expr, Code] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Env:
    """What is bound where an expression stands.

    ``closed``: the whole of what is being written is computed once a document, so that no part of it need be
    kept by itself.
    """

    context: Code | None = None
    current: Code | None = None
    variables: Mapping[str, Code] = field(default_factory=dict)
    closed: bool = False
    kept: Expr | None = None  # the expression that is being written as the answer of a function of its own
    common: Common | None = None

    def within(self, context: Code) -> Env:
        """Inside a predicate or a step, where the context is another one."""
        return replace(self, context=context, closed=False, common=None)

    def bind(self, name: str, code: Code) -> Env:
        return replace(self, variables={**self.variables, name: code})
