"""The réglages that judged, as text: each kept once, and read back as the values they were."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select

from edi.model import Deposant, Interface, Limites, Politique, Reglage, Severity
from edi.store import journal
from edi.store.tables import reglage as table

# What of a déposant can change a judgement.
_DEPOSANT = ("code", "libelle", "siret", "raccordement_actif", "emetteur_edi", "politique", "signature")


def record(conn: Connection, reglage: Reglage, at: datetime) -> int:
    """The id of these réglages; recorded, and told by the journal, when they were never seen."""
    texte = write(reglage)
    sha256 = hashlib.sha256(texte.encode()).hexdigest()
    known = conn.execute(select(table.c.id).where(table.c.sha256 == sha256)).scalar_one_or_none()
    if known is not None:
        return int(known)
    made = insert(table).values(sha256=sha256, texte=texte).returning(table.c.id)
    number = int(conn.execute(made).scalar_one())
    detail = {"sha256": sha256, "version": reglage.version}
    sujet = f"réglages n° {number} de {reglage.deposant.code}"
    journal.note_act(conn, "reglages-nouveaux", sujet, at, detail=detail)
    return number


def write(reglage: Reglage) -> str:
    """The same réglages always give the same text."""
    limites, politique = reglage.limites, reglage.politique
    told: dict[str, Any] = {
        "version": reglage.version,
        "limites": {**_values(limites), "extensions": sorted(limites.extensions)},
        "politique": {
            **_values(politique),
            "tolerance": format(politique.tolerance, "f"),
            "severites": {code: severity.name for code, severity in politique.severites.items()},
            "ancres": [pem.decode("latin-1") for pem in politique.ancres],
        },
        "deposant": {name: getattr(reglage.deposant, name) for name in _DEPOSANT},
        "interfaces": {code: [one.libelle, one.ouverte] for code, one in reglage.interfaces.items()},
    }
    return json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def read(texte: str) -> Reglage:
    """What an earlier version wrote too: a key it did not know has its value by default."""
    told = json.loads(texte)
    limites, politique = _known(Limites, told["limites"]), _known(Politique, told["politique"])
    return Reglage(
        politique=Politique(
            **{
                **politique,
                "tolerance": Decimal(politique["tolerance"]),
                "severites": {code: Severity[name] for code, name in politique["severites"].items()},
                "ancres": tuple(pem.encode("latin-1") for pem in politique["ancres"]),
            }
        ),
        limites=Limites(**{**limites, "extensions": frozenset(limites["extensions"])}),
        deposant=Deposant(**_known(Deposant, told["deposant"])),
        interfaces={code: Interface(code, *one) for code, one in told["interfaces"].items()},
        version=told["version"],
    )


def _values(value: Limites | Politique) -> dict[str, Any]:
    return {field.name: getattr(value, field.name) for field in fields(value)}


def _known(kind: type, told: Mapping[str, Any]) -> dict[str, Any]:
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in told.items() if name in names}
