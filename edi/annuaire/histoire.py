"""The history of a structure and of its services in words: what each import or correction changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection

from edi.annuaire.champs import tell_changes
from edi.model import Identifiant, Service, Structure
from edi.store.annuaire import Import
from edi.store.versions import Version, imports, versions_of_services, versions_of_structure

T = TypeVar("T", Structure, Service)


class Change(NamedTuple):
    """What one import or correction changed; ``service``: its code, '' for the structure itself."""

    service: str
    dit: str


class Etape(NamedTuple):
    """An import or a correction that changed something; None: what was there before history was kept."""

    par: Import | None
    changes: tuple[Change, ...]


def tell_history(conn: Connection, identifiant: Identifiant) -> list[Etape]:
    """What changed of a structure and of its services, the latest first."""
    told: dict[int, list[Change]] = defaultdict(list)
    for version, dit in _tell(versions_of_structure(conn, identifiant), "structure"):
        told[version].append(Change("", dit))
    by_code: dict[str, list[Version[Service]]] = defaultdict(list)
    for one in versions_of_services(conn, identifiant):
        by_code[one.valeur.code].append(one)
    for code, versions in sorted(by_code.items()):
        for version, dit in _tell(versions, "service"):
            told[version].append(Change(code, dit))
    known = imports(conn, told)
    return [Etape(known.get(one), tuple(told[one])) for one in sorted(told, reverse=True)]


def _tell(versions: Sequence[Version[T]], what: str) -> list[tuple[int, str]]:
    """With the import that brought it, each beginning, change and end of a series of versions."""
    feminine = "e" if what == "structure" else ""
    told: list[tuple[int, str]] = []
    for rank, one in enumerate(versions):
        before = versions[rank - 1] if rank else None
        if before is not None and before.jusqu_a == one.depuis:
            told.append((one.depuis, ", ".join(tell_changes(before.valeur, one.valeur)) or "rien de visible"))
        else:
            told.append((one.depuis, f"{what} ajouté{feminine}" if one.depuis else "première version connue"))
        follows = rank + 1 < len(versions) and versions[rank + 1].depuis == one.jusqu_a
        if one.jusqu_a and not follows:
            told.append((one.jusqu_a, f"{what} retiré{feminine} de l'annuaire"))
    return told
