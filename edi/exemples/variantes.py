"""For each official rule, the change that breaks it: ``schemas/exemples/<pack>.toml``, read pack by pack."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from edi.exemples.bases import parse, write, write_base
from edi.exemples.edits import Edit, apply_edits, read_edit
from edi.resources import locate


class Variante(NamedTuple):
    """A document one fault away from a valid one."""

    base: str
    edits: tuple[Edit, ...]
    hors_schema: bool = False  # its XSD refuses it too, and first
    leve: bool = False  # another rule of the official sheet raises on it; the isolated way tells both


@dataclass(frozen=True, slots=True)
class Variantes:
    """What is known of the rules of one pack, by their ids."""

    variantes: Mapping[str, Variante] = field(default_factory=dict)
    injouables: Mapping[str, str] = field(default_factory=dict)  # rules that no document breaks, and why


@cache
def load_variantes(pack: str) -> Variantes:
    """The variants of a pack; none when it has no file. Raises EditRefused for what cannot be read."""
    try:
        path = locate("schemas", "exemples", f"{pack}.toml")
    except FileNotFoundError:
        return Variantes()
    data = tomllib.loads(path.read_text("utf-8"))
    return Variantes(
        {
            rule: Variante(**{**entry, "edits": tuple(map(read_edit, entry["edits"]))})
            for rule, entry in data.get("variantes", {}).items()
        },
        data.get("injouables", {}),
    )


def write_variante(variante: Variante) -> bytes:
    """The faulty document. Raises EditRefused when it cannot be made."""
    root = parse(write_base(variante.base))
    apply_edits(root, variante.edits)
    return write(root)
