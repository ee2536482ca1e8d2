"""The mandats as the portal exports them: its columns, in a CSV that a French spreadsheet opens as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from edi.model import Mandat

COLONNES = ("Mandat", "Signataire", "Date création", "Date révocation", "Statut")


def write_csv(mandats: Iterable[Mandat], jour: date) -> bytes:
    """The mandats with their statut on ``jour``; UTF-8 with its mark, semicolons, days as jj/mm/aaaa."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLONNES)
    writer.writerows(_row(mandat, jour) for mandat in mandats)
    return text.getvalue().encode("utf-8-sig")


def _row(mandat: Mandat, jour: date) -> tuple[str, ...]:
    etat = mandat.etat_le(jour)
    return (
        f"{mandat.id} - {mandat.mandant} - {mandat.mandataire}",
        _plain(mandat.signataire),
        f"{mandat.cree_le:%d/%m/%Y}",
        f"{mandat.revoque_le:%d/%m/%Y}" if mandat.revoque_le else "",
        etat.value if etat else "À venir",
    )


def _plain(text: str) -> str:
    """A name is never a formula, whatever it begins with."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
