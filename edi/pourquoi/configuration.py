"""What of the configuration is not today what it was when a judgement was made. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from edi.model import Reglage
from edi.pourquoi.rejouer import Passee, Reponse
from edi.store import reglages

_NOT_SET = frozenset({"version", "deposant.code"})


class Changement(NamedTuple):
    """One key whose value is another now; '' where it was not, or is no longer, set."""

    cle: str  # ``politique.mandat``
    avant: str
    apres: str


def changes(avant: Reglage, apres: Reglage) -> list[Changement]:
    """The keys that differ, in their order."""
    before, after = (dict(_flatten("", json.loads(reglages.write(one)))) for one in (avant, apres))
    return [
        Changement(cle, before.get(cle, ""), after.get(cle, ""))
        for cle in sorted({*before, *after} - _NOT_SET)
        if before.get(cle) != after.get(cle)
    ]


def changes_since(passee: Passee, reponse: Reponse) -> list[Changement]:
    """What was set otherwise when a pass was decided; nothing where it is not known."""
    known = passee.jugement.reglage if passee.jugement else None
    return changes(known, reponse.aujourd_hui.reglage) if known and reponse.aujourd_hui else []


def _flatten(prefix: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _flatten(f"{prefix}.{name}" if prefix else name, inner)
    elif prefix == "politique.ancres":
        yield prefix, ", ".join(hashlib.sha256(pem.encode()).hexdigest()[:8] for pem in value)
    elif isinstance(value, list):
        yield prefix, ", ".join(map(str, value))
    else:
        yield prefix, str(value).lower() if isinstance(value, bool) else str(value)
