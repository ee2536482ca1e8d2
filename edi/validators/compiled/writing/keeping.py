"""What a module keeps: names that are given once, constants, tables of a document, keys of patterns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from sys import intern

from edi.validators.compiled.errors import NotCompiled
from edi.validators.compiled.reading.xpath import (
    Expr,
)


class Module:
    """A module while it is written: its constants, and the functions that its rules share."""

    def __init__(self, namespaces: Mapping[str, str]) -> None:
        self.namespaces = namespaces
        self.constants: dict[str, str] = {}  # name -> Python
        self.shared: list[str] = []  # whole functions
        self.formulas: dict[str, str] = {}  # Python -> name
        self._names: dict[tuple[str, str], str] = {}  # of constants
        self._tables: dict[tuple[str, Expr], str] = {}
        self._keys: dict[Expr, str] = {}
        self._count = 0

    def new_name(self, stem: str) -> str:
        self._count += 1
        return f"{stem}{self._count}"

    def keep_constant(self, stem: str, python: str) -> str:
        """The name of a module constant that holds this; one for all equal ones."""
        known = self._names.get((stem, python))
        if known is None:
            known = stem if stem not in self.constants else self.new_name(f"{stem}_")
            self.constants[known] = python
            self._names[stem, python] = known
        return known

    def tag(self, name: str) -> str:
        """The constant that holds the Clark name of a prefixed name."""
        readable = re.sub(r"\W", "_", name)
        return self.keep_constant(f"Q_{readable}", repr(self.clark(name)))

    def clark(self, name: str) -> str:
        prefix, colon, local = name.rpartition(":")
        if not colon:
            return name
        if prefix not in self.namespaces:
            raise NotCompiled(f"prefix {prefix} is not declared")
        return intern(f"{{{self.namespaces[prefix]}}}{local}")

    def keep_table(self, items: str, asked: Expr, keys: str) -> str:
        """A table of some items of the document by what is asked of each, kept with the document.

        ``keys``: the Python of it, a list for an item ``x``.
        """
        known = self._tables.get((items, asked))
        if known is None:
            name = self.new_name("by_")
            self.shared.append(f"def {name}(d):\n    return table([({keys}, x) for x in {items}])\n")
            known = self._tables[items, asked] = f"d({name})"
        return known

    def keep_key(self, asked: Expr, keys: str) -> str:
        """The function of an element whose answers patterns compare with constants, one for all of them."""
        known = self._keys.get(asked)
        if known is None:
            known = self._keys[asked] = self.new_name("key_")
            self.shared.append(f"def {known}(n, d):\n    return {keys}\n")
        return known
