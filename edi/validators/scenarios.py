"""Which checks a document gets, read from ``schemas/scenarios.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from edi.model import Interface
from edi.resources import locate


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of document we judge: its reader, its schema, its family of rules."""

    id: str
    libelle: str
    interface: str
    racine: str  # Clark name of the root
    profil: str  # what BT-24 begins with; '' for any
    famille: str  # "chorus" | "reforme"
    lecteur: str  # "ubl" | "cpp"
    schema: str  # name of a Schema


class Document(NamedTuple):
    """Something else that people put into flows, with its name and the interface it would belong to."""

    libelle: str
    interface: str = ""


@dataclass(frozen=True, slots=True)
class Schema:
    """Where an XSD lies: ``path`` from our own resources, or from ``folder`` of an installed package."""

    name: str
    path: str
    package: str = ""
    folder: str = ""
    sha256: str = ""  # of the file at ``path``; '' for our own
    files: Mapping[str, str] = field(default_factory=dict)  # what it includes, with their sha256


_DATA = tomllib.loads(locate("schemas", "scenarios.toml").read_text("utf-8"))
_INCLUDES = _DATA["includes"]

INTERFACES: Mapping[str, Interface] = {entry["code"]: Interface(**entry) for entry in _DATA["interface"]}
SCENARIOS: tuple[Scenario, ...] = tuple(Scenario(**entry) for entry in _DATA["scenario"])
SCHEMAS: Mapping[str, Schema] = {
    entry["name"]: Schema(
        **{key: value for key, value in entry.items() if key != "includes"},
        files=_INCLUDES.get(entry.get("includes"), {}),
    )
    for entry in _DATA["schema"]
}


def _documents(key: str) -> dict[str, Document]:
    return {
        entry[key]: Document(entry["libelle"], entry.get("interface", ""))
        for entry in _DATA["document"]
        if key in entry
    }


DOCUMENTS: Mapping[str, Document] = _documents("racine")
SIGNATURES: Mapping[bytes, Document] = {
    debut.encode("latin-1"): document for debut, document in _documents("debut").items()
}


def find_scenario(racine: str, profil: str = "") -> Scenario | None:
    """The scenario of a root (Clark name) and a profile (BT-24): the longest profile that fits wins."""
    fitting = [s for s in SCENARIOS if s.racine == racine and profil.startswith(s.profil)]
    return max(fitting, key=lambda scenario: len(scenario.profil), default=None)


def name_document(racine: str = "", data: bytes = b"") -> Document | None:
    """What a document that has no scenario is, by its root or by its first bytes; None when unknown."""
    by_bytes = (document for debut, document in SIGNATURES.items() if data.startswith(debut))
    return DOCUMENTS.get(racine) or next(by_bytes, None)
