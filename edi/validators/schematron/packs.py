"""Which official rules exist, read from ``schemas/packs.toml``: their files, versions, days and severities.

Nothing here runs a rule. A file is trusted only while its sha256 is the recorded one.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

from edi.model import Severity
from edi.resources import locate

_DYNAMIC = {"hold": Severity.HOLD, "error": Severity.ERROR}


class PackUnavailable(Exception):
    """A file of a pack is missing, or is not the one recorded. For the operator to mend."""


class PackAbsent(PackUnavailable):
    """The Python package that carries a pack is not installed."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """An official stylesheet: package, path inside it, sha256; without package, beside its packs.toml."""

    name: str
    file: str
    sha256: str
    package: str = ""
    folder: str = ""  # where ``file`` lies when there is no package
    extra: tuple[tuple[str, str], ...] = ()  # files it reads, beside it: (name, sha256)
    select: bool = False  # the rewritten sheet goes straight to the elements its rules speak of
    rewrite: bool = True  # False: always run as it is


@dataclass(frozen=True, slots=True)
class Part:
    """A sheet and the selection of its asserts that apply (regexes of ids; no ``keep`` keeps all)."""

    sheet: Sheet
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()

    def applies(self, rule: str) -> bool:
        """Whether the assert of this id is of the pack; '' is the id of a report."""
        kept = not self.keep or any(re.match(pattern, rule) for pattern in self.keep)
        return kept and not any(re.match(pattern, rule) for pattern in self.drop)

    @property
    def selective(self) -> bool:
        return bool(self.keep or self.drop)


@dataclass(frozen=True, slots=True)
class Pack:
    """One version of a set of official rules, for invoices of ``valid_from`` to ``valid_to``, half open."""

    id: str
    libelle: str
    version: str
    parts: tuple[Part, ...]
    flags: tuple[tuple[str, Severity], ...]
    motif: str
    dynamic: tuple[tuple[str, Severity], ...] = ()  # severity of a dynamic error, by Saxon's code or "*"
    valid_from: date = date.min
    valid_to: date | None = None
    candidat: bool = False  # installed by the operator and judging nothing yet, whatever its days

    @property
    def source(self) -> str:
        """How a finding names where it comes from."""
        return f"{self.id} {self.version}"

    @property
    def sha256(self) -> tuple[str, ...]:
        """Of each sheet and each file it reads, in order: what a verdict stores."""
        sums = ((part.sheet.sha256, *(sha for _, sha in part.sheet.extra)) for part in self.parts)
        return tuple(dict.fromkeys(sha for group in sums for sha in group))

    def severity_of(self, flag: str) -> Severity:
        """An unknown flag blocks: a rule is never softened by our ignorance."""
        return dict(self.flags).get(flag.lower(), Severity.ERROR)

    def severity_of_dynamic(self, code: str) -> Severity:
        policy = dict(self.dynamic)
        return policy.get(code, policy.get("*", Severity.ERROR))

    def is_valid_on(self, jour: date) -> bool:
        begun = self.valid_from <= jour and (self.valid_to is None or jour < self.valid_to)
        return begun and not self.candidat


Packs: TypeAlias = Mapping[str, tuple[Pack, ...]]  # by id, every version known, oldest first, candidates last


def read_packs(path: Path) -> Packs:
    """The packs of one file, by id, oldest version first. Raises PackUnavailable when two overlap."""
    return {name: _in_order(versions) for name, versions in read_versions(path).items()}


def read_versions(path: Path) -> Packs:
    """The packs of one file, by id, as they are written there."""
    data = tomllib.loads(path.read_text("utf-8"))
    flags = tuple((flag, Severity[name]) for flag, name in data["severities"].items())
    sheets = {entry["name"]: _sheet(entry, path.parent) for entry in data.get("sheet", ())}
    found: dict[str, list[Pack]] = {}
    for entry in data.get("pack", ()):
        found.setdefault(entry["id"], []).append(_pack(entry, sheets, flags))
    return {name: tuple(versions) for name, versions in found.items()}


def _sheet(entry: Mapping[str, Any], folder: Path) -> Sheet:
    extra = tuple(entry.get("extra", {}).items())
    where = "" if entry.get("package") else str(folder)
    return Sheet(**{**entry, "extra": extra, "folder": where})


def _pack(
    entry: Mapping[str, Any], sheets: Mapping[str, Sheet], flags: tuple[tuple[str, Severity], ...]
) -> Pack:
    parts = tuple(
        Part(sheets[part["sheet"]], tuple(part.get("keep", ())), tuple(part.get("drop", ())))
        for part in entry["sheets"]
    )
    dynamic = tuple((code, _DYNAMIC[policy]) for code, policy in entry.get("dynamic", {}).items())
    rest = {key: value for key, value in entry.items() if key not in ("sheets", "dynamic")}
    return Pack(**rest, parts=parts, flags=flags, dynamic=dynamic)


def _in_order(versions: Iterable[Pack]) -> tuple[Pack, ...]:
    ordered = tuple(sorted(versions, key=lambda pack: pack.valid_from))
    for before, after in pairwise(ordered):
        if before.valid_to is None or before.valid_to > after.valid_from:
            raise PackUnavailable(f"packs {before.source} and {after.source} judge the same days")
    return ordered


PACKS: Packs = read_packs(locate("schemas", "packs.toml"))


def pack_on(name: str, jour: date, packs: Packs = PACKS) -> Pack:
    """The version of a pack in force on the day of an invoice. Raises PackUnavailable when there is none."""
    for pack in packs.get(name, ()):
        if pack.is_valid_on(jour):
            return pack
    raise PackUnavailable(f"no version of rule pack {name} is in force on {jour} (schemas/packs.toml)")


def tell_absence(pack: Pack) -> str:
    """Why a pack cannot be used on this installation; '' when it can."""
    try:
        for part in pack.parts:
            locate_sheet(part.sheet)
    except PackUnavailable as error:
        return str(error)
    return ""


@cache
def locate_sheet(sheet: Sheet) -> Path:
    """The file of a sheet, once it and each file it reads are known to be the recorded ones.

    Raises PackAbsent when its package is not installed, PackUnavailable when a file is missing or altered.
    """
    path = _folder_of(sheet) / sheet.file
    for file, expected in ((path, sheet.sha256), *((path.parent / name, sha) for name, sha in sheet.extra)):
        if not file.is_file():
            raise PackUnavailable(f"{file.name} of sheet {sheet.name} is missing ({file.parent})")
        if hashlib.sha256(file.read_bytes()).hexdigest() != expected:
            raise PackUnavailable(
                f"{file.name} of sheet {sheet.name} is not the one recorded in packs.toml (sha256 differs)"
            )
    return path


def _folder_of(sheet: Sheet) -> Path:
    if not sheet.package:
        return Path(sheet.folder).resolve()
    spec = find_spec(sheet.package)
    if spec is None or not spec.submodule_search_locations:
        raise PackAbsent(f"sheet {sheet.name} needs the Python package {sheet.package}, not installed")
    return Path(spec.submodule_search_locations[0]).resolve()
