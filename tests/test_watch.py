"""The real watcher in a thread: events shorten the wait, the scan is the truth, a stop is obeyed at once."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from workspace import answers, deposit, make_espace

from edi.app import App
from edi.espace import Espace
from edi.model import Flux
from edi.samples import LotSpec

FIRST, SECOND = (LotSpec("ubl", 1, numero_flux=numero, graine=numero, archive="xml") for numero in (1, 2))
SOON = 15.0  # seconds: generous on a busy machine, and far less than LONG
LONG = 60.0  # seconds between two scans when only an event can be what woke us


@contextmanager
def serving(app: App) -> Iterator[threading.Thread]:
    """The watcher at work; it must end when it is told to, long before its next scan."""
    stop = threading.Event()
    thread = threading.Thread(target=app.serve, args=(stop,))
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        app.wake.set()
        thread.join(SOON)
    assert not thread.is_alive(), "the watcher did not stop"


def wait_for(condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + SOON
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.02)
    return condition()


def test_a_file_renamed_into_place_is_answered_without_waiting_for_the_next_scan(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace", intervalle=LONG)
    settled: list[Flux] = []
    with serving(App(espace, settled=settled.append)):
        deposit(espace, FIRST)
        assert wait_for(lambda: len(settled) == 1 and len(answers(espace)) == 2)
        deposit(espace, SECOND)  # the watcher sleeps again by now, or is about to
        assert wait_for(lambda: len(settled) == 2 and len(answers(espace)) == 4)

    assert [flux.nom for flux in settled] == [FIRST.nom, SECOND.nom]


def test_a_file_that_was_there_before_the_start_is_answered(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace", intervalle=LONG)
    deposit(espace, FIRST)
    with serving(App(espace)):
        assert wait_for(lambda: len(answers(espace)) == 2)


def test_a_file_that_grows_is_taken_only_once_it_is_still(tmp_path: Path) -> None:
    espace = make_espace(
        tmp_path / "espace", readiness="immobilite", intervalle=LONG, observations=3, pas=0.4
    )
    settled: list[Flux] = []
    target = espace.spool.inbox("AAA123") / FIRST.nom
    with serving(App(espace, settled=settled.append)):
        with target.open("ab", buffering=0) as writer:
            for _ in range(16):  # for longer than it takes a still file to be taken
                writer.write(b"<!-- -->")
                time.sleep(0.1)
                assert settled == []
        assert wait_for(lambda: len(settled) == 1)

    assert settled[0].taille == 16 * len(b"<!-- -->")


def test_files_are_answered_by_the_scan_alone_when_no_event_ever_comes(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace", intervalle=0.2)
    inbox = espace.spool.inbox("AAA123")
    settled: list[Flux] = []
    with serving(App(espace, settled=settled.append)):
        deposit(espace, FIRST)
        assert wait_for(lambda: len(settled) == 1)
        inbox.rename(inbox.with_name("ancien"))  # the watch goes with the folder it was set on
        time.sleep(0.5)
        inbox.mkdir()
        deposit(espace, SECOND)
        assert wait_for(lambda: len(settled) == 2)


def test_a_missing_deposit_folder_does_not_keep_the_other_deposants_waiting(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace", intervalle=LONG)
    espace.spool.inbox("AAA123").rmdir()
    with serving(App(espace)):
        deposit(espace, LotSpec("ubl", 1, appli="BBB456"))
        assert wait_for(lambda: len(answers(espace, "BBB456")) == 2)


@pytest.mark.parametrize("waiting", [False, True])
def test_serve_ends_at_once_when_it_is_told_to(tmp_path: Path, waiting: bool) -> None:
    espace = make_espace(tmp_path / "espace", readiness="immobilite", intervalle=LONG, pas=LONG)
    if waiting:  # a file that is not still yet: the watcher waits for its next look
        deposit(espace, FIRST)
    with serving(App(espace)):
        time.sleep(0.3)
    # that it ended is asserted by ``serving``

    assert [p.name for p in espace.spool.inbox("AAA123").iterdir()] == ([FIRST.nom] if waiting else [])


def test_serve_until_idle_returns_everything_it_answered(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace", readiness="immobilite", intervalle=LONG)
    names = [deposit(espace, spec) for spec in (FIRST, SECOND)]
    done = App(espace).serve(threading.Event(), until_idle=True)

    assert [flux.nom for flux in done] == names


# -- one look at a time -----------------------------------------------------------------------------------


@pytest.fixture
def slow(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace", readiness="immobilite", observations=3, pas=1e-9)


def test_looks_alone_take_a_file_once_it_was_the_same_three_times(slow: Espace) -> None:
    app = App(slow)
    deposit(slow, FIRST)
    taken = [app.collect(), app.collect()]
    with (slow.spool.inbox("AAA123") / FIRST.nom).open("ab") as late:
        late.write(b"\n")
    taken += [app.collect(), app.collect(), app.collect()]

    assert taken == [0, 0, 0, 0, 1]
    assert [flux.nom for flux in app.drain()] == [FIRST.nom]
    assert len(answers(slow)) == 2


def test_a_folder_closed_for_a_while_starts_its_observation_again(slow: Espace) -> None:
    app = App(slow)
    inbox = slow.spool.inbox("AAA123")
    deposit(slow, FIRST)
    taken = [app.collect(), app.collect()]
    inbox.rename(inbox.with_name("absent"))
    taken.append(app.collect())
    inbox.with_name("absent").rename(inbox)
    taken += [app.collect(), app.collect(), app.collect()]

    assert taken == [0, 0, 0, 0, 0, 1]
