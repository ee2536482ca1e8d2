"""What a decision was made under, kept so that it can be asked again: the histories, the réglages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from edi.model.monde import Deposant
from edi.model.reglages import Interface, Limites, Politique
from edi.model.reperes import Repere


@dataclass(frozen=True, slots=True)
class Reglage:
    """What an operator had set, of all that can change a judgement."""

    politique: Politique
    limites: Limites
    deposant: Deposant  # only what is judged of it: the way its files come is left as it is by default
    interfaces: Mapping[str, Interface] = field(default_factory=dict)
    version: str = ""  # of Navette


class Passe(Enum):
    """What made us judge."""

    DEPOT = "dépôt"
    REJEU = "rejeu"


@dataclass(frozen=True, slots=True)
class Jugement:
    """One judgement that decided something of a flux."""

    id: int
    flux_id: int
    passe: Passe
    le: datetime
    jour: date  # the day of the deposit, or of the replay, in the zone of the platform
    repere: Repere
    reglage: Reglage | None  # None: judged before it was kept
