"""What an operator keeps from being judged for a while."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Retenue:
    """A flux, or all that a déposant deposits from now on, kept undecided until an instant."""

    id: int
    appli: str
    flux_id: int | None  # None: every flux of the déposant received since
    raison: str
    par: str
    pose_le: datetime
    jusqu: datetime  # then it ends by itself
    levee_le: datetime | None = None  # ended earlier by somebody
    levee_par: str = ""
    levee_raison: str = ""

    def holds(self, at: datetime) -> bool:
        """Whether it holds anything at this instant."""
        return self.levee_le is None and at < self.jusqu


def say_held(jusqu: str) -> str:
    """Why a held flux waits, as its déposant reads it too; ``jusqu``: « 27/11/2026 à 10:00 »."""
    return f"Retenu par l'exploitant jusqu'au {jusqu}."
