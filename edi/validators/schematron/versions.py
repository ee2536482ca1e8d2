"""Versions of official packs side by side: those we ship and those an operator installed. Values only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from enum import Enum
from typing import Any

from edi.validators.schematron.packs import Pack, Packs, Part, Sheet


class Etat(Enum):
    """What a version does on a day."""

    CANDIDAT = "candidat"
    A_VENIR = "à venir"
    EN_VIGUEUR = "en vigueur"
    REMPLACE = "remplacé"


def state_on(pack: Pack, jour: date) -> Etat:
    """The state of a version on a day."""
    if pack.candidat:
        return Etat.CANDIDAT
    if pack.valid_to is not None and pack.valid_to <= max(jour, pack.valid_from):
        return Etat.REMPLACE
    return Etat.A_VENIR if jour < pack.valid_from else Etat.EN_VIGUEUR


def merge(shipped: Packs, own: Packs) -> Packs:
    """Every version known, each active one ended by the next: the day on which it begins is the next one's.

    On one day the operator's version wins over ours. Where both have a version of the same name, the
    operator's counts if it was activated, ours if it was not.
    """
    return {
        name: _succeed(shipped.get(name, ()), own.get(name, ())) for name in dict.fromkeys((*shipped, *own))
    }


def _succeed(shipped: Iterable[Pack], own: Iterable[Pack]) -> tuple[Pack, ...]:
    activated = [pack for pack in own if not pack.candidat]
    taken = {pack.version for pack in activated}
    ours = [pack for pack in shipped if pack.version not in taken]
    known = {pack.version for pack in (*ours, *activated)}
    candidates = [pack for pack in own if pack.candidat and pack.version not in known]
    active = sorted((*ours, *activated), key=lambda pack: pack.valid_from)
    ends = [*(pack.valid_from for pack in active[1:]), None]
    closed = (_end(pack, end) for pack, end in zip(active, ends, strict=True))
    return (*closed, *candidates)


def _end(pack: Pack, day: date | None) -> Pack:
    if day is None or (pack.valid_to is not None and pack.valid_to <= day):
        return pack
    return replace(pack, valid_to=day)


# -- the text of a packs.toml -----------------------------------------------------------------------------


def render(packs: Packs) -> str:
    """A packs.toml that reads back as these packs; sheets without package lie beside it."""
    versions = [pack for group in packs.values() for pack in group]
    names = _name_sheets(part.sheet for pack in versions for part in pack.parts)
    flags = {flag: severity.name for pack in versions for flag, severity in pack.flags}
    blocks = [_table("[severities]", flags)]
    blocks += [_table("[[sheet]]", _sheet(sheet, name)) for sheet, name in names.items()]
    blocks += [_table("[[pack]]", _pack(pack, names)) for pack in versions]
    return "\n".join(blocks)


def _name_sheets(sheets: Iterable[Sheet]) -> dict[Sheet, str]:
    """A name for each sheet: its own, with the beginning of its hash where another one has it already."""
    names: dict[Sheet, str] = {}
    for sheet in sheets:
        if sheet not in names:
            taken = sheet.name in names.values()
            names[sheet] = f"{sheet.name}-{sheet.sha256[:8]}" if taken else sheet.name
    return names


def _sheet(sheet: Sheet, name: str) -> dict[str, Any]:
    fields: dict[str, Any] = {"name": name, "package": sheet.package}
    fields |= {"file": sheet.file, "sha256": sheet.sha256}
    fields |= {"extra": dict(sheet.extra), "select": sheet.select}
    return {key: value for key, value in fields.items() if value} | {"rewrite": sheet.rewrite}


def _pack(pack: Pack, names: Mapping[Sheet, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {"id": pack.id, "libelle": pack.libelle, "version": pack.version}
    fields |= {"motif": pack.motif, "sheets": [_part(part, names) for part in pack.parts]}
    fields["dynamic"] = {
        code: "hold" if severity.name == "HOLD" else "error" for code, severity in pack.dynamic
    }
    fields["valid_from"] = None if pack.valid_from == date.min else pack.valid_from
    fields |= {"valid_to": pack.valid_to, "candidat": pack.candidat}
    return {key: value for key, value in fields.items() if value}


def _part(part: Part, names: Mapping[Sheet, str]) -> dict[str, Any]:
    fields = {"sheet": names[part.sheet], "keep": list(part.keep), "drop": list(part.drop)}
    return {key: value for key, value in fields.items() if value}


def _table(head: str, values: Mapping[str, Any]) -> str:
    return "\n".join([head, *(f"{json.dumps(key)} = {_value(value)}" for key, value in values.items()), ""])


def _value(value: Any) -> str:
    """A value of TOML; its strings are those of JSON, but for DEL, which no name of a file has."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(key)} = {_value(one)}' for key, one in value.items())} }}"
    return json.dumps(value, ensure_ascii=False)
