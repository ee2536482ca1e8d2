"""What a worker process does: documents made, judged on both sides, counted; what differs is kept small.

Saxon is one processor and one thread a process; whatever is cached here lives as long as the worker.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from differential.cases import Case, make
from differential.compare import DIFFERENT, Outcome, ask_official, compare, open_both
from differential.minimise import Minimal, minimise
from differential.sheets import Feuille, broken_ranks, find_feuille
from differential.subjects import COMPILED, Subject, digest_of_compiler, find_subject
from differential.tally import Tallies, Tally
from edi import xml
from edi.exemples.edits import EditRefused
from edi.validators.schematron import saxon

_RANK = re.compile(r"\[\d+\]")
_KEPT = 2  # differences of one signature that are made small, in each worker
_seen_failures: set[tuple[str, ...]] = set()
_seen_signatures: dict[str, int] = {}


class Task(NamedTuple):
    """A case and the sheets that it is shown to."""

    case: Case
    sheets: tuple[str, ...]


class Difference(NamedTuple):
    """A document on which the subject and the official sheet disagree."""

    case: Case
    outcome: Outcome
    minimal: Minimal | None  # None where enough of its like are known


class Report(NamedTuple):
    tallies: Tallies
    differences: list[Difference]
    unmade: int  # cases that no document could be made of
    refused: list[Case]  # what edi.xml does not let in, or what Saxon does not hold
    compiler: str = ""  # what identifies the subject; '' for Saxon


def judge(tasks: Iterable[Task], subject_name: str, log: str = "", ranks: bool = True) -> Report:
    """``log`` is the file that Saxon's own complaints go to; '' leaves them on standard error. ``ranks``:
    whether to note which rules fail."""
    if log:
        _redirect(log)
    subject = _subject(subject_name)
    report = Report({}, [], 0, [], digest_of_compiler() if subject_name == COMPILED else "")
    unmade = 0
    for task in tasks:
        try:
            opened = open_both(subject, make(task.case))
        except (EditRefused, ValueError):
            unmade += 1
            continue
        except (xml.XmlRefused, saxon.Unreadable):
            report.refused.append(task.case)
            continue
        for name in task.sheets:
            feuille = find_feuille(name)
            tally = report.tallies.setdefault(name, Tally())
            tally.documents += 1
            official = ask_official(feuille, opened)
            for outcome in compare(subject, feuille, opened, official):
                tally.count(outcome)
                if outcome.kind == DIFFERENT:
                    report.differences.append(_keep(subject, task.case, name, outcome))
            if ranks and official:
                tally.broken |= _new_ranks(feuille, opened.official, official, task.case)
    return report._replace(unmade=unmade)


def _keep(subject: Subject, case: Case, name: str, outcome: Outcome) -> Difference:
    times = _seen_signatures.get(outcome.signature, 0)
    _seen_signatures[outcome.signature] = times + 1
    small = minimise(subject, find_feuille(name), case, outcome) if times < _KEPT else None
    return Difference(case, outcome, small)


def _new_ranks(
    feuille: Feuille, document: saxon.Document, official: Iterable[saxon.Failed], case: Case
) -> frozenset[int]:
    """The rules that a document breaks; none where it breaks none but those that this worker knows of.

    Rules of one id are told apart by where they fail; a case made to break a rule is always looked at.
    """
    failures = {_tell_apart(feuille.name, failed) for failed in official}
    if failures <= _seen_failures and not case.origin.startswith(("exemple", "recette")):
        return frozenset()
    _seen_failures.update(failures)
    try:
        return broken_ranks(feuille, document)
    except saxon.DynamicError:  # what raises depends on what Saxon has seen before (guards.py)
        return frozenset()


def _tell_apart(name: str, failed: saxon.Failed) -> tuple[str, ...]:
    return name, failed.id, _RANK.sub("", failed.location), "" if failed.id else failed.text


@cache
def _subject(name: str) -> Subject:
    return find_subject(name)


@cache
def _redirect(log: str) -> None:
    """Saxon tells its errors to the standard error of the process, and would bury what the rig prints."""
    os.dup2(os.open(f"{log}.{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), 2)
