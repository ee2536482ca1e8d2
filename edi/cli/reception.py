"""``edi flux list --en-reception``: what lies in the deposit folders and is not complete yet."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, NamedTuple

from edi.cli.affichage import console, print_json, print_table
from edi.cli.espace import Espace
from edi.inbound.display import escape_name, show_size
from edi.model import Reception
from edi.outbound.phrases import count
from edi.store import receptions

UNSEEN = "pas encore regardé"  # since the file came, no process has looked into the folder


_LAST = datetime.max.replace(tzinfo=UTC)


class Ligne(NamedTuple):
    """One file of an ``in``: as the folder has it now, and as it was last looked at, if it ever was."""

    appli: str
    nom: str
    taille: int  # bytes
    vu: Reception | None


def read_folders(espace: Espace, appli: str = "") -> list[Ligne]:
    """The folders tell what is there; the table, since when and what for. Raises OSError."""
    with espace.engine.begin() as conn:
        known = {(one.appli, one.nom): one for one in receptions.waiting(conn, appli)}
    found = [
        Ligne(code, escape_name(nom), size, known.get((code, escape_name(nom))))
        for code in sorted(espace.settings.deposants)
        if appli in ("", code)
        for nom, (_, size, _) in espace.spool.listing(code).items()
    ]
    return sorted(found, key=lambda one: (one.vu.vu_le if one.vu else _LAST, one.nom))


def show_receptions(espace: Espace, appli: str, *, en_json: bool) -> None:
    """What is being received, the longest wait first."""
    found = read_folders(espace, appli)
    if en_json:
        print_json([_as_json(one) for one in found])
        return

    def local(at: datetime | None) -> str:
        return f"{at.astimezone(espace.settings.fuseau):%d/%m/%Y %H:%M:%S}" if at else ""

    rows = [
        (
            one.appli,
            one.nom,
            show_size(one.taille),
            local(one.vu.vu_le if one.vu else None),
            local(one.vu.change_le if one.vu else None),
            one.vu.attend.libelle if one.vu else UNSEEN,
            local(one.vu.echeance if one.vu else None),
        )
        for one in found
    ]
    columns = ("appli", "fichier", "taille", "vu depuis", "dernier changement", "attend", "échéance")
    print_table(columns, rows)
    console.print(f"{count(len(found), 'fichier', 'fichiers')} en réception.")


def _as_json(one: Ligne) -> dict[str, Any]:
    seen = one.vu
    return {
        "appli": one.appli,
        "nom": one.nom,
        "taille": one.taille,
        "vu_le": seen.vu_le if seen else None,
        "change_le": seen.change_le if seen else None,
        "attend": seen.attend.name if seen else "",
        "libelle": seen.attend.libelle if seen else UNSEEN,
        "echeance": seen.echeance if seen else None,
        "quarantaine": bool(seen and seen.attend.ends_in_quarantine),
    }
