"""How jobs of the night, their due dates and their runs are shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from edi.cli.affichage import console, print_table
from edi.cli.espace import Espace
from edi.model import Echeance, Feries, Issue, Passage, Tache
from edi.nuit.echeances import remark
from edi.nuit.etats import Situation
from edi.nuit.mots import tell_state

_JOURS = ("lun", "mar", "mer", "jeu", "ven", "sam", "dim")
_FERIES = {Feries.EXECUTER: "comme un autre jour", Feries.SAUTER: "sautés", Feries.DECALER: "décalés"}
_MANY = 3  # déposants named in a cell


def say(text: str) -> None:
    """One line for people."""
    console.print(text, markup=False, soft_wrap=True)


def show_moment(espace: Espace, at: datetime | None) -> str:
    """A day and an hour in the zone of the platform; '' for none."""
    return "" if at is None else f"{at.astimezone(espace.settings.fuseau):%d/%m/%Y %H:%M}"


# -- jobs -------------------------------------------------------------------------------------------------


def print_situations(espace: Espace, rows: Sequence[Situation]) -> None:
    """One row a job."""
    columns = ("tâche", "fenêtre", "jours", "fériés", "déposants", "état", "dernier", "prochaine échéance")
    print_table(columns, [_situation(espace, row) for row in rows])


def _situation(espace: Espace, row: Situation) -> tuple[str, ...]:
    tache, last = row.tache, row.dernier
    named = ", ".join(tache.deposants[:_MANY]) + (" …" if len(tache.deposants) > _MANY else "")
    jours = "tous" if len(tache.jours) == len(_JOURS) else " ".join(_JOURS[n] for n in sorted(tache.jours))
    return (
        tache.nom,
        f"{tache.debut:%H:%M}-{tache.fin:%H:%M}",
        jours,
        _FERIES[tache.feries],
        f"{len(tache.deposants)} : {named}" if named else "aucun",
        tell_state(row),
        "" if last is None else f"{last.jour:%d/%m/%Y} {last.issue.libelle}",
        show_moment(espace, row.prochaine.ouvre if row.prochaine else None),
    )


def as_json_situation(row: Situation) -> dict[str, Any]:
    """A job and how it stands, for programs."""
    tache = row.tache
    return {
        "nom": tache.nom,
        "debut": f"{tache.debut:%H:%M}",
        "fin": f"{tache.fin:%H:%M}",
        "jours": [_JOURS[n] for n in sorted(tache.jours)],
        "feries": tache.feries.value,
        "deposants": tache.deposants,
        "etapes": [etape.value for etape in tache.etapes],
        "couverte": row.etat.couverte,
        "pause_le": row.etat.pause_le,
        "en_cours": None if row.en_cours is None else as_json(row.en_cours),
        "interrompue": row.en_cours is not None and not row.vivant,
        "chevauche": row.chevauche,
        "due": row.du is not None,
        "dernier": None if row.dernier is None else as_json(row.dernier),
        "prochaine": None if row.prochaine is None else row.prochaine._asdict(),
    }


# -- due dates and runs -----------------------------------------------------------------------------------


def print_coming(espace: Espace, coming: Sequence[tuple[Tache, Echeance]]) -> None:
    """One row a due date to come."""
    rows = [
        (
            t.nom,
            _JOURS[due.jour.weekday()],
            show_moment(espace, due.ouvre),
            show_moment(espace, due.ferme),
            remark(t, due),
        )
        for t, due in coming
    ]
    if rows:
        print_table(("tâche", "jour", "s'ouvre", "se ferme", "remarque"), rows)
    else:
        say("Aucune échéance à venir.")


def print_passages(espace: Espace, some: Sequence[Passage]) -> None:
    """One row a due date, then what each run tells of itself."""
    if not some:
        say("Aucune échéance n'est encore passée.")
        return
    columns = ("tâche", "nuit du", "échéance", "début", "fin", "passage", "issue", "étapes")
    print_table(columns, [_passage(espace, one) for one in some])
    for one in some:
        if one.rapport:
            say(one.rapport)


def _passage(espace: Espace, one: Passage) -> tuple[str, ...]:
    issue = one.issue.libelle
    issue += f", {one.reprises} reprise(s)" if one.reprises else ""
    issue += f", {one.doubles} double(s) départ(s)" if one.doubles else ""
    issue += f", déborde sur le {show_moment(espace, one.chevauche)}" if one.chevauche else ""
    return (
        one.tache,
        f"{one.jour:%d/%m/%Y}",
        show_moment(espace, one.echeance),
        show_moment(espace, one.debut),
        show_moment(espace, one.fin),
        one.genre.libelle if one.debut else "",
        issue,
        _steps(one),
    )


def _steps(one: Passage) -> str:
    """What came of the steps: those that are not simply done, or that all are."""
    odd = [step for step in one.etapes if step.issue is not Issue.REUSSI]
    told = ", ".join(f"{step.etape.libelle} {step.issue.libelle}" for step in odd)
    return told or (f"{len(one.etapes)} faites" if one.etapes else "")


def as_json(one: Passage) -> dict[str, Any]:
    """A due date and what came of it, for programs."""
    return asdict(one)
