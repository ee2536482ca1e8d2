"""What is held against the official sheets: a way of running a part of a pack on a document."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol

from lxml import etree

from differential.sheets import pack_of
from edi.validators.schematron import saxon
from edi.validators.schematron.packs import Part

COMPILED = "compiled"  # the sheets compiled to Python (edi/validators/compiled)
_ENGINE = "edi.validators.compiled.engine"


class Declined(Exception):
    """The subject leaves a document to Saxon, which is its right; ``cause`` says why."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


class Subject(Protocol):
    name: str

    def open(self, tree: etree._ElementTree) -> Any:
        """The document as the subject wants it, to be shown to several sheets."""
        ...

    def run(self, part: Part, document: Any) -> tuple[saxon.Failed, ...]:
        """Raises Declined, or DynamicError where it knows that the sheet raises."""
        ...


class InSaxon:
    """The sheets in Saxon, run in one of its ways."""

    def __init__(self, way: str) -> None:
        self.name = way

    def open(self, tree: etree._ElementTree) -> saxon.Document:
        return saxon.open_document(tree)

    def run(self, part: Part, document: saxon.Document) -> tuple[saxon.Failed, ...]:
        return saxon.run_pack(pack_of(part), document, self.name)


class Compiled:
    """The sheets compiled to Python."""

    name = COMPILED

    def __init__(self) -> None:
        self._engine: Any = import_module(_ENGINE)

    def open(self, tree: etree._ElementTree) -> Any:
        try:
            return self._engine.open_document(tree)
        except self._engine.AskSaxon as error:
            return Declined(tell_cause(error))

    def run(self, part: Part, document: Any) -> tuple[saxon.Failed, ...]:
        if isinstance(document, Declined):
            raise Declined(document.cause)
        try:
            return tuple(self._engine.run(part, document))
        except self._engine.AskSaxon as error:
            raise Declined(tell_cause(error)) from error
        except self._engine.NotCompiled as error:
            raise Declined(f"not compiled: {part.sheet.name}") from error


def tell_cause(error: Exception) -> str:
    """The first words of why, so that causes can be counted."""
    return " ".join(str(error).split(":")[0].split())[:60] or type(error).__name__


def find_subject(name: str) -> Subject:
    """Raises ImportError for the compiled sheets where they are not built in."""
    return Compiled() if name == COMPILED else InSaxon(name)


def digest_of_compiler() -> str:
    """What identifies the compiler whose output was tried. Raises ImportError."""
    return str(import_module(_ENGINE).COMPILER)
