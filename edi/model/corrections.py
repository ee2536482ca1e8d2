"""What a person says of the annuaire, where the last import is wrong or late."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from edi.model.facture import Identifiant

MAINTIEN = timedelta(days=92)  # the longest that a correction outlives imports

Valeur = bool | str | date | None


@dataclass(frozen=True, slots=True)
class Correction:
    """What some fields of a structure, or of one of its services, are from now on."""

    identifiant: Identifiant
    champs: Mapping[str, Valeur]  # by the names of Structure or Service
    raison: str
    service: str = ""  # its code; '': the structure itself
    ajout: bool = False  # the service is not in the annuaire yet
    jusqu_au: date | None = None  # made again after each import until that day; None: the next one has it
    vu: int | None = (
        None  # the import since which it read so when somebody looked, 0 for none; None: nobody did
    )


@dataclass(frozen=True, slots=True)
class Maintien:
    """A correction that imports do not undo before a day."""

    import_id: int  # its place among the imports
    identifiant: Identifiant
    service: str
    champs: Mapping[str, Valeur]
    ajout: bool
    jusqu_au: date
    par: str
    raison: str
