"""The mandats as the portal exports them: its columns, in a CSV that a French spreadsheet opens as it is."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from datetime import date

from edi.model import EtatMandat, Mandat

COLONNES = ("Mandat", "Signataire", "Date création", "Date révocation", "Statut")


def write_csv(mandats: Iterable[Mandat], jour: date) -> bytes:
    """The mandats with their statut on ``jour``; UTF-8 with its mark, semicolons, days as jj/mm/aaaa."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLONNES)
    writer.writerows(_row(mandat, jour) for mandat in mandats)
    return text.getvalue().encode("utf-8-sig")


def name_etat(mandat: Mandat, jour: date) -> str:
    """The state of a mandat on a day, in the portal's own words where it has one."""
    etat = mandat.etat_le(jour)
    return "À venir" if etat is None else etat.value


def tell_etat(mandat: Mandat, jour: date) -> str:
    """``Actif depuis le 12/03/2026, révoqué le 30/06/2026``."""
    etat = mandat.etat_le(jour)
    if etat is None:
        return f"{name_etat(mandat, jour)}, le {mandat.cree_le:%d/%m/%Y}"
    reached = {
        EtatMandat.REVOQUE: mandat.revoque_le,
        EtatMandat.ACTIF: mandat.signe_le,
        EtatMandat.EN_COURS_DE_VALIDATION: mandat.soumis_le,
    }
    told = f"{etat.value} depuis le {reached.get(etat) or mandat.cree_le:%d/%m/%Y}"
    coming = ((mandat.signe_le, "signé"), (mandat.revoque_le, "révoqué"))
    return ", ".join([told, *(f"{word} le {le:%d/%m/%Y}" for le, word in coming if le and le > jour)])


def _row(mandat: Mandat, jour: date) -> tuple[str, ...]:
    return (
        f"{mandat.id} - {mandat.mandant} - {mandat.mandataire}",
        _plain(mandat.signataire),
        f"{mandat.cree_le:%d/%m/%Y}",
        f"{mandat.revoque_le:%d/%m/%Y}" if mandat.revoque_le else "",
        name_etat(mandat, jour),
    )


def _plain(text: str) -> str:
    """A name is never a formula, whatever it begins with."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text
