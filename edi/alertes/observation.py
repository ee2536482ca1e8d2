"""Taking the picture that alerts are made of: rows are read, disks are asked; nothing is changed."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from edi.alertes.silences import PERIODE
from edi.alertes.tableau import Disque, EcartConnu, Muet, Refus, RegleDoutee, Tableau
from edi.disjoncteur import Usuel, count_held, measure_all
from edi.model import Canal, Serveur, Seuils
from edi.store import (
    alertes,
    annonces,
    attendus,
    canaux,
    comptes,
    decomptes,
    disjoncteurs,
    feuilles,
    signalements,
)
from edi.validators.schematron.confiance import COMPILED


@dataclass
class Observation:
    """What is looked at."""

    serveurs: Sequence[Serveur]
    deposants: Sequence[str]
    disques: Sequence[Path]  # folders that we write in
    canaux: Sequence[str]  # of alerts
    seuils: Seuils
    compilateur: str = COMPILED.compiler  # of official sheets, whose work is looked at
    _usual: Usuel = field(default_factory=Usuel)
    _habits: dict[str, set[date]] = field(default_factory=dict)
    _read: datetime | None = None  # up to when habits were read

    def take(self, conn: Connection, at: datetime) -> Tableau:
        """The platform at this instant."""
        return Tableau(
            at,
            tuple(comptes.waiting(conn)),
            tuple(_see(conn, serveur) for serveur in self.serveurs),
            tuple(EcartConnu(*row) for row in alertes.audited(conn)),
            see_disks(self.disques),
            self._read_habits(conn, at),
            tuple(
                Refus(rule, mesure, tuple(decomptes.senders(conn, rule, at - self.seuils.fenetre)))
                for rule, mesure in measure_all(conn, self.seuils, at, self._usual).items()
            ),
            tuple(RegleDoutee(one, count_held(conn, one.regle)) for one in disjoncteurs.open_ones(conn)),
            tuple(Muet(*row) for row in annonces.failing(conn, self.canaux)),
            tuple(signalements.open_ones(conn)),
            tuple(feuilles.set_aside(conn, self.compilateur)),
        )

    def _read_habits(self, conn: Connection, at: datetime) -> Mapping[str, tuple[date, ...]]:
        """The days on which each déposant sent something; weeks of them are read once, then what is new."""
        since = at - PERIODE if self._read is None else min(at, self._read) - timedelta(days=1)
        for code, days in comptes.days_of_deposit(conn, since).items():
            self._habits.setdefault(code, set()).update(days)
        self._read, first = at, (at - PERIODE).date()
        awaited = attendus.awaited(conn)  # looked after by what was confirmed of them
        return {
            code: tuple(sorted(day for day in self._habits[code] if day >= first))
            for code in self.deposants
            if code in self._habits and code not in awaited
        }


def _see(conn: Connection, serveur: Serveur) -> Canal:
    """A channel that was stopped is open again once its pin is another."""
    canal = canaux.get(conn, serveur.nom)
    return replace(canal, arrete=canal.arrete and canal.empreinte == serveur.empreinte)


def see_disks(folders: Sequence[Path]) -> tuple[Disque, ...]:
    """The room on the disk of each folder; of two on one disk, the first."""
    found: dict[int, Disque] = {}
    for folder in folders:
        with suppress(OSError):  # a folder that is away stops more than alerts, and is told elsewhere
            usage = shutil.disk_usage(folder)
            found.setdefault(folder.stat().st_dev, Disque(str(folder), usage.free, usage.total))
    return tuple(found.values())
