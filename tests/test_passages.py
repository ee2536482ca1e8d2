"""One run of the night: claimed once, step by step, whatever breaks or ends in the middle of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

import pytest
from bases import open_base
from nuits import PARIS, Horloge
from sqlalchemy import Engine
from workspace import MORNING

from edi.bilan.tenue import Tenue
from edi.model import Constat, Etape, Genre, Issue, Passage, Processus, Rattrapage, Tache
from edi.nuit import etats
from edi.nuit.passages import Nuit, Tour
from edi.spool import Spool
from edi.store import passages, processus

JOUR = date(2026, 11, 20)
TACHE = Tache("nuit", ("AAA123",), time(22), time(5), PARIS)
DOING = tuple(etape for etape in Etape if etape is not Etape.RAPPORT)


class Killed(BaseException):
    """The process ends here."""


@dataclass
class Atelier:
    """A database, a clock, and steps that write down that they were done."""

    base: Engine
    clock: Horloge
    tenue: Tenue
    done: list[tuple[str, str]] = field(default_factory=list)  # by whom, which step

    def nuit(self, process: str = "one", tache: Tache = TACHE, **faire: Callable[[], Constat | None]) -> Nuit:
        def step(etape: Etape) -> Callable[[Tache, Passage], Constat]:
            def do(tache: Tache, passage: Passage) -> Constat:
                self.done.append((process, etape.value))
                return faire.get(etape.value, lambda: None)() or Constat({etape.value: 1})

            return do

        steps: Mapping[Etape, Any] = {etape: step(etape) for etape in DOING}
        return Nuit(self.base, {tache.nom: tache}, steps, process, lambda: self.clock.at, self.tenue)

    def leave(self, process: str) -> None:
        with self.base.begin() as conn:
            processus.leave(conn, process)

    def history(self) -> list[Passage]:
        with self.base.begin() as conn:
            return list(reversed(passages.latest(conn, TACHE.nom, 100)))

    def story(self) -> list[tuple[int, Issue, Genre]]:
        return [(one.jour.day, one.issue, one.genre) for one in self.history()]


@pytest.fixture
def atelier(tmp_path: Path) -> Atelier:
    base = open_base(tmp_path)
    clock = Horloge(datetime.fromisoformat(MORNING))
    with base.begin() as conn:
        for name in ("one", "two"):
            processus.enter(conn, Processus(name, "here", 1, clock.at, clock.at))
    (tmp_path / "spool").mkdir()
    tenue = Tenue(Spool(tmp_path / "spool"), "Navette", PARIS, {})
    atelier = Atelier(base, clock, tenue)
    atelier.nuit().run_due()  # the job is known from this morning on
    clock.set("2026-11-20T22:00")
    return atelier


def kill() -> None:
    raise Killed


def fail() -> None:
    raise KeyError("ours")


def test_a_run_does_its_steps_in_order_and_keeps_its_report(atelier: Atelier) -> None:
    (run,) = atelier.nuit().run_due().faits
    again = atelier.nuit().run_due()

    assert [step.etape for step in run.etapes] == list(Etape)
    assert {step.issue for step in run.etapes} == {run.issue} == {Issue.REUSSI}
    assert (run.jour, run.genre, run.chevauche) == (JOUR, Genre.PREVU, None)
    assert run.rapport == (
        "« nuit », nuit du 20/11/2026, à l'heure, 22:00-22:00 : "
        "collecte 1 ; traitement 1 ; emission 1 ; releve 1"
    )
    assert again == ((), ())


def test_a_step_that_breaks_is_told_and_the_others_are_done(atelier: Atelier) -> None:
    (run,) = atelier.nuit(traitement=fail).run_due().faits

    assert run.issue is Issue.AVEC_DEFAUTS
    assert [step.issue for step in run.etapes] == [
        Issue.REUSSI,
        Issue.ECHOUE,
        Issue.REUSSI,
        Issue.REUSSI,
        Issue.REUSSI,
    ]
    assert "DÉFAUT traitement : KeyError : 'ours'" in run.rapport
    assert atelier.nuit().run_due() == ((), ())


def test_a_run_of_which_nothing_could_be_done_has_failed(atelier: Atelier) -> None:
    (run,) = atelier.nuit(**{etape.value: fail for etape in DOING}).run_due().faits

    assert run.issue is Issue.ECHOUE
    assert run.rapport.count("DÉFAUT") == len(DOING)


def test_what_a_step_says_that_failed_is_a_fault_of_the_run(atelier: Atelier) -> None:
    (run,) = atelier.nuit(releve=lambda: Constat({}, ("la clé manque",))).run_due().faits

    assert run.issue is Issue.AVEC_DEFAUTS
    assert run.rapport.endswith("DÉFAUT relevé : la clé manque")


# -- several processes ------------------------------------------------------------------------------------


def test_a_start_while_another_is_at_it_is_turned_away_and_counted_once(atelier: Atelier) -> None:
    other = atelier.nuit("two")
    found: list[Tour] = []

    def start_twice() -> None:
        found.extend(other.run_due(asked=True) for _ in range(2))

    (run,) = atelier.nuit(traitement=start_twice).run_due().faits

    assert [tour.faits for tour in found] == [(), ()]
    assert [one.processus for tour in found for one in tour.ailleurs] == ["one", "one"]
    assert run.doubles == 1
    assert len(atelier.history()) == 1
    assert {process for process, _ in atelier.done} == {"one"}


def test_a_run_that_was_interrupted_is_taken_up_at_its_step(atelier: Atelier) -> None:
    with pytest.raises(Killed):
        atelier.nuit(emission=kill).run_due()
    turned_away = atelier.nuit("two").run_due()
    atelier.leave("one")
    (run,) = atelier.nuit("two").run_due().faits

    assert turned_away.faits == ()
    assert (run.issue, run.reprises, run.processus) == (Issue.REUSSI, 1, "two")
    assert [step for process, step in atelier.done if process == "two"] == ["emission", "releve"]
    assert len(atelier.history()) == 1


def test_a_run_that_was_interrupted_long_ago_is_made_good_by_the_next_one(atelier: Atelier) -> None:
    with pytest.raises(Killed):
        atelier.nuit(collecte=kill).run_due()
    atelier.leave("one")
    atelier.clock.set("2026-11-22T12:00")
    (run,) = atelier.nuit("two").run_due().faits

    assert atelier.story() == [(20, Issue.RATTRAPE, Genre.PREVU), (21, Issue.REUSSI, Genre.RATTRAPAGE)]
    assert atelier.history()[0].rattrape_par == run.id
    assert "rattrape 20/11" in run.rapport


def test_who_was_thought_dead_and_comes_back_finishes_nothing(atelier: Atelier) -> None:
    def lose() -> None:
        atelier.leave("one")
        assert len(atelier.nuit("two").run_due().faits) == 1

    tour = atelier.nuit(collecte=lose).run_due()
    (run,) = atelier.history()

    assert [one.issue for one in tour.faits] == [Issue.REUSSI]  # as the other has made it
    assert [step for process, step in atelier.done if process == "one"] == ["collecte"]
    assert (run.processus, run.reprises) == ("two", 1)


# -- late, missed, paused ---------------------------------------------------------------------------------


def test_a_run_that_lasts_beyond_the_next_due_date_is_told_and_the_next_follows_at_once(
    atelier: Atelier,
) -> None:
    slow = [25.0]

    def last() -> None:
        if slow:
            atelier.clock.move(hours=slow.pop())

    first, second = atelier.nuit(traitement=last).run_due().faits

    assert (first.jour.day, first.chevauche) == (20, second.echeance)
    assert "fini après sa fenêtre, fermée à 05:00" in first.rapport
    assert "déborde sur l'échéance du 21/11/2026 à 22:00" in first.rapport
    assert (second.jour.day, second.genre, second.chevauche) == (21, Genre.PREVU, None)


def test_what_is_beyond_the_next_due_date_is_seen_while_it_lasts(atelier: Atelier) -> None:
    seen = []

    def look() -> None:
        atelier.clock.move(hours=25)
        with atelier.base.begin() as conn:
            seen.append(etats.look_at(conn, TACHE, atelier.clock.at))
        atelier.clock.move(hours=-25)

    (run,) = atelier.nuit(traitement=look).run_due().faits
    (now,) = seen

    assert now.en_cours is not None
    assert now.du is not None
    assert (now.en_cours.id, now.vivant) == (run.id, True)
    assert now.chevauche == now.du.echeance.ouvre


@pytest.mark.parametrize(
    ("rattrapage", "story"),
    [
        (
            Rattrapage.AUSSITOT,
            [
                (20, Issue.RATTRAPE, Genre.PREVU),
                (21, Issue.REUSSI, Genre.RATTRAPAGE),
                (22, Issue.REUSSI, Genre.PREVU),
            ],
        ),
        (
            Rattrapage.FENETRE,
            [
                (20, Issue.RATTRAPE, Genre.PREVU),
                (21, Issue.RATTRAPE, Genre.PREVU),
                (22, Issue.REUSSI, Genre.PREVU),
            ],
        ),
    ],
)
def test_missed_nights_are_made_good_once(
    atelier: Atelier, rattrapage: Rattrapage, story: list[tuple[int, Issue, Genre]]
) -> None:
    tache = Tache("nuit", ("AAA123",), time(22), time(5), PARIS, rattrapage=rattrapage)
    for at in ("2026-11-22T10:00", "2026-11-22T11:00", "2026-11-22T22:00", "2026-11-22T23:00"):
        atelier.clock.set(at)
        atelier.nuit(tache=tache).run_due()

    assert atelier.story() == story


@pytest.mark.parametrize("catch_up", [False, True])
def test_a_pause_lets_due_dates_pass_and_its_end_says_what_becomes_of_them(
    atelier: Atelier, catch_up: bool
) -> None:
    nuit = atelier.nuit()
    with atelier.base.begin() as conn:
        etats.pause(conn, TACHE, atelier.clock.at)
    atelier.clock.set("2026-11-22T10:00")
    asleep = (nuit.is_due(()), nuit.run_due())
    with atelier.base.begin() as conn:
        passed = etats.resume(conn, TACHE, atelier.clock.at, catch_up=catch_up)
    tour = nuit.run_due()

    assert asleep == (False, ((), ()))
    assert [one.jour.day for one in passed] == [20, 21]
    assert [one.issue for one in atelier.history()] == (
        [Issue.RATTRAPE, Issue.REUSSI] if catch_up else [Issue.SUSPENDU, Issue.SUSPENDU]
    )
    assert len(tour.faits) == catch_up


def test_a_run_by_hand_leaves_the_due_dates_as_they_are(atelier: Atelier) -> None:
    atelier.clock.set("2026-11-20T15:00")
    (by_hand,) = atelier.nuit().run_now("nuit").faits
    again = atelier.nuit().run_now("nuit").faits
    atelier.clock.set("2026-11-20T22:00")
    (run,) = atelier.nuit().run_due().faits

    assert (by_hand.genre, by_hand.issue, len(again)) == (Genre.MANUEL, Issue.REUSSI, 1)
    assert (run.genre, run.jour) == (Genre.PREVU, JOUR)
