"""What a run came to, in one value and in one line of French."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from edi.model import Etape, EtapeFaite, Genre, Issue, Passage


@dataclass(frozen=True, slots=True)
class Rapport:
    """A run as it is told: what was counted, what failed, what was made good."""

    tache: str
    jour: date
    genre: Genre
    debut: datetime
    fin: datetime
    issue: Issue
    comptes: Mapping[str, int]
    incidents: tuple[str, ...]
    rattrapees: tuple[date, ...]  # earlier nights that it makes good
    chevauche: datetime | None  # the next due date, when it had come already
    ferme: datetime | None  # when its window had closed, when it was not done by then
    reprises: int  # after interruptions: a step that was done again counts what was left of it


def issue_of(etapes: Sequence[EtapeFaite]) -> Issue:
    """What a run came to: failed when nothing of it could be done, but for telling so."""
    issues = {step.issue for step in etapes if (step.etape, step.issue) != (Etape.RAPPORT, Issue.REUSSI)}
    if issues <= {Issue.REUSSI}:
        return Issue.REUSSI
    return Issue.ECHOUE if issues == {Issue.ECHOUE} else Issue.AVEC_DEFAUTS


def make_rapport(
    passage: Passage,
    rattrapees: Sequence[date],
    at: datetime,
    chevauche: datetime | None,
    ferme: datetime | None,
) -> Rapport:
    """The report of a run, of its steps that are done."""
    done = [step for step in passage.etapes if step.fin is not None]
    return Rapport(
        tache=passage.tache,
        jour=passage.jour,
        genre=passage.genre,
        debut=passage.debut or at,
        fin=at,
        issue=issue_of(done),
        comptes={mot: n for step in done for mot, n in step.comptes.items()},
        incidents=tuple(f"{step.etape.libelle} : {why}" for step in done for why in step.incidents),
        rattrapees=tuple(rattrapees),
        chevauche=chevauche,
        ferme=ferme,
        reprises=passage.reprises,
    )


def write_line(rapport: Rapport, fuseau: ZoneInfo) -> str:
    """The report in one line, for people."""
    hours = f"{rapport.debut.astimezone(fuseau):%H:%M}-{rapport.fin.astimezone(fuseau):%H:%M}"
    head = f"« {rapport.tache} », nuit du {rapport.jour:%d/%m/%Y}, {rapport.genre.libelle}, {hours}"
    if rapport.rattrapees:
        days = ", ".join(f"{jour:%d/%m}" for jour in rapport.rattrapees)
        head += f", rattrape {days}"
    if rapport.reprises:
        head += f", repris {rapport.reprises} fois après interruption (comptes depuis la reprise)"
    parts = [f"{mot} {n}" for mot, n in rapport.comptes.items()]
    parts += [f"DÉFAUT {why}" for why in rapport.incidents]
    if rapport.ferme is not None:
        parts.append(f"fini après sa fenêtre, fermée à {rapport.ferme.astimezone(fuseau):%H:%M}")
    if rapport.chevauche is not None:
        at = rapport.chevauche.astimezone(fuseau)
        parts.append(f"déborde sur l'échéance du {at:%d/%m/%Y à %H:%M}")
    return f"{head} : {' ; '.join(parts) or 'rien'}"
