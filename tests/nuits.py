"""A workspace with jobs of the night, and a clock that a test moves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from workspace import make_espace

from edi.espace import Espace, open_espace
from edi.model import Passage
from edi.store import passages

PARIS = ZoneInfo("Europe/Paris")


@dataclass
class Horloge:
    """A clock that stands still until it is moved."""

    at: datetime

    def move(self, **by: float) -> None:
        self.at = self.at.astimezone(UTC) + timedelta(**by)

    def set(self, text: str) -> None:
        """To a local hour."""
        self.at = datetime.fromisoformat(text).replace(tzinfo=PARIS)


@dataclass(frozen=True)
class EspaceDeNuit(Espace):
    """A workspace whose clock is that one."""

    horloge: Horloge

    def now(self) -> datetime:
        return self.horloge.at.astimezone(self.settings.fuseau)


def make_nights(root: Path, start: str, *blocs: str) -> EspaceDeNuit:
    """A new workspace with some blocks ``[[nuit]]``, its clock at a local hour."""
    espace = make_espace(root)
    espace.engine.dispose()
    add_settings(root, *(f"[[nuit]]\n{bloc}" for bloc in blocs))
    horloge = Horloge(datetime.fromisoformat(start).replace(tzinfo=PARIS))
    return at_night(open_espace(root), horloge)


def at_night(espace: Espace, horloge: Horloge) -> EspaceDeNuit:
    """The same workspace with another clock."""
    return EspaceDeNuit(espace.root, espace.settings, espace.engine, espace.spool, horloge)


def add_settings(root: Path, *blocs: str) -> None:
    config = root / "config" / "edi.toml"
    config.write_text("\n".join([config.read_text("utf-8"), *blocs]), "utf-8")


def history(espace: Espace, nom: str = "nuit") -> list[Passage]:
    """Every due date of a job that has passed, oldest first."""
    with espace.engine.begin() as conn:
        return list(reversed(passages.latest(conn, nom, 1000)))
