"""How much each class holds: counted, never guessed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from edi.espace import Espace
from edi.retention.classes import CLASSES, Classe
from edi.retention.fichiers import is_releve, is_reste, is_signalement
from edi.store import flux as flux_store
from edi.store import oubliables, tenues


class Tenue(NamedTuple):
    """What one class holds now."""

    classe: Classe
    nombre: int
    octets: int | None = None  # None: rows of the database
    depuis: datetime | None = None  # the oldest; None: there is none, or nothing that we trust tells it


def count_all(espace: Espace) -> list[Tenue]:
    """Every class, in the order of :data:`CLASSES`."""
    with espace.engine.begin() as conn:
        rows = tenues.count_rows(conn)
        stock = oubliables.held(conn)
    found = {code: Tenue(_class(code), many, None, since) for code, (many, since) in rows.items()}
    for code, refused in (("originaux", False), ("refuses", True)):
        found[code] = Tenue(_class(code), *stock.get(refused, (0, 0, None)))
    found["quarantaine"] = _count_quarantine(espace)
    for code, paths in _files(espace).items():
        found[code] = Tenue(_class(code), len(paths), sum(path.stat().st_size for path in paths))
    return [found[classe.code] for classe in CLASSES]


def _class(code: str) -> Classe:
    return next(classe for classe in CLASSES if classe.code == code)


def _count_quarantine(espace: Espace) -> Tenue:
    entries = espace.spool.entries("quarantaine")
    with espace.engine.begin() as conn:
        flux_list = [flux_store.find_by_ticket(conn, entry.ticket) for entry in entries]
    since = min((flux.recu_le for flux in flux_list if flux is not None), default=None)
    size = sum(entry.path.lstat().st_size for entry in entries)
    return Tenue(_class("quarantaine"), len(entries), size, since)


def _files(espace: Espace) -> dict[str, list[Path]]:
    spool = espace.spool
    out = [path for home in spool.outboxes() for path in _ordinary(home)]
    statut = [path for appli in espace.settings.deposants for path in _ordinary(spool.statut(appli))]
    trials = [p for appli in espace.settings.deposants for p in _ordinary(spool.statut(appli) / "test")]
    return {
        "restes": [path for path in out if is_reste(path.name)],
        "retours": [path for path in out if not is_reste(path.name)],
        "releves": [path for path in statut if is_releve(path.name)],
        "suivis": [p for p in statut if not (is_releve(p.name) or is_signalement(p.name))],
        "signalements": [path for path in statut if is_signalement(path.name)],
        "rapports": [spool.report_file(nom) for nom in spool.reports()],
        "racines": [spool.root_file(jour) for jour in spool.root_days()],
        "essais": trials,
        "ecartes": [entry.path for entry in spool.entries("corrupt") if entry.is_ordinary],
        "logs": list(_ordinary(espace.root / "logs")),
    }


def _ordinary(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (path for path in sorted(folder.iterdir()) if path.is_file() and path.name[0] != ".")
