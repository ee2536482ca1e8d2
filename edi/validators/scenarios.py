"""Which checks a document gets, read from ``schemas/scenarios.toml``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from edi.model import Interface
from edi.resources import locate


class SchemaUnavailable(Exception):
    """A schema cannot be found, or is not the one this version was tested with. For the operator to mend."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One kind of document we judge: its reader, its schema, its family of rules, its official packs."""

    id: str
    libelle: str
    interface: str
    racine: str  # Clark name of the root
    profil: str  # what BT-24 begins with; '' for any
    famille: str  # "chorus" | "reforme"
    lecteur: str  # "ubl" | "cii" | "facturx" | "cpp"
    schema: str  # name of a Schema
    packs: tuple[str, ...] = ()  # ids of official rule packs, in their order
    mixte: bool = False  # E2: the invoice itself comes with the data, attached or around them
    niveau: str = ""  # ConformanceLevel that a Factur-X PDF declares

    @property
    def pdf(self) -> bool:
        """True when the document is held in a PDF."""
        return self.lecteur == "facturx"


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
SCENARIOS: tuple[Scenario, ...] = tuple(
    Scenario(**{**entry, "packs": tuple(entry.get("packs", ()))}) for entry in _DATA["scenario"]
)
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


def fold_profil(profil: str) -> str:
    """A profile as it is compared: older editions of Factur-X write the same ones with other separators."""
    return profil.replace("#urn:", ":").replace("#", ":").replace(":conformant:", ":compliant:")


_FOLDED = tuple((scenario, fold_profil(scenario.profil)) for scenario in SCENARIOS)


def find_scenario(
    racine: str,
    profil: str = "",
    interface: str = "",
    *,
    chorus: bool = False,
    mixte: bool = False,
    pdf: bool = False,
) -> Scenario | None:
    """The scenario of a root (Clark name) and a profile (BT-24); None when no scenario is for them.

    ``chorus``: it bears marks of Chorus Pro's own formats, whatever its profile. ``mixte``: the invoice
    itself is attached to it. ``pdf``: it lies in a PDF. The longest profile wins; the scenario may be of
    another interface than ``interface``, which only settles what the document itself does not tell.
    """
    folded = fold_profil(profil)
    fitting = [
        s
        for s, begin in _FOLDED
        if s.racine == racine
        and s.pdf == pdf
        and folded.startswith(begin)
        and (s.famille == "chorus" or not chorus)
    ]

    def worth(scenario: Scenario) -> tuple[int, bool, bool, bool]:
        return (
            len(scenario.profil),
            (scenario.famille == "chorus") == chorus,
            scenario.interface == interface,
            scenario.mixte == mixte,
        )

    return max(fitting, key=worth, default=None)


def admits(interface: str, racine: str, pdf: bool = False) -> bool:
    """Whether an interface (any, when it is '') may carry a document of this root."""
    return any(s.racine == racine and s.pdf == pdf and interface in ("", s.interface) for s in SCENARIOS)


def name_document(racine: str = "", data: bytes = b"") -> Document | None:
    """What a document that has no scenario is, by its root or by its first bytes; None when unknown."""
    by_bytes = (document for debut, document in SIGNATURES.items() if data.startswith(debut))
    return DOCUMENTS.get(racine) or next(by_bytes, None)
