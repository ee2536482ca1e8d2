"""What a cluster's engine makes of a line that breaks at the worst moment; real ones are cut in cluster/."""

from __future__ import annotations

import asyncio
from concurrent.futures import CancelledError, Future
from typing import Any

import pytest
from distributed.comm import CommClosedError

from edi.engine import Effectif, EngineAway
from edi.engine.envoi import Titre
from edi.engine.grappe import DaskCluster, Reglages, _Envoi
from edi.identite import read_identite


class Fini:
    """Dask's own Future of a work that is done, whose answer breaks off on its way."""

    def __init__(self, lost: BaseException) -> None:
        self.lost = lost

    async def exception(self) -> None:
        return None

    async def result(self) -> bytes:
        raise self.lost


class Joint:
    """As much of a client of Dask as the sending of a work asks for."""

    loop: Any = None

    def __init__(self, lost: BaseException) -> None:
        self.lost = lost
        self.asked: list[list[str] | None] = []
        self.loop = self

    def submit(self, *work: Any, workers: list[str] | None, **asked: Any) -> Fini:
        self.asked.append(workers)
        return Fini(self.lost)

    def add_callback(self, follow: Any, *about: Any) -> None:
        with pytest.raises(StopIteration):
            follow(*about).send(None)  # nothing in it waits here


@pytest.mark.parametrize("lost", [CommClosedError("cut"), CancelledError()], ids=["cut", "given up"])
def test_an_answer_that_is_lost_is_asked_for_again_once_the_cluster_was_seen(lost: BaseException) -> None:
    """Not a fault of the document, nor of our disk, which a bare OSError would be taken for."""
    engine = DaskCluster(Reglages("tcp://127.0.0.1:1", Titre(read_identite(), read_identite)))
    engine._fit, engine.effectif = {"tcp://127.0.0.1:2"}, Effectif(1)
    told: Future[Any] = Future()
    envoi = _Envoi(told, b"", 1.0)
    engine._envois.add(envoi)

    asyncio.run(engine._follow(Joint(lost), envoi))  # type: ignore[arg-type]

    with pytest.raises(EngineAway, match="s'est perdue"):
        told.result(0)
    assert engine.effectif == Effectif(0)  # whoever sends next waits until somebody was seen
    assert engine.stopped == 0


def named(engine: DaskCluster, *there: str) -> dict[str, dict[str, Any]]:
    return {address: {"resources": {engine._resource: 1.0}} for address in there}


def test_who_has_refused_is_asked_no_more_however_often_the_cluster_is_seen() -> None:
    """It still announces itself, and is always free: Dask would give it the same work again, for ever."""
    engine = DaskCluster(Reglages("tcp://127.0.0.1:1", Titre(read_identite(), read_identite)))
    client = Joint(CommClosedError("cut"))
    engine._see(named(engine, "tcp://stale", "tcp://good"))
    engine._send(client, _Envoi(Future(), b"", 1.0))  # type: ignore[arg-type]
    engine._refused.add("tcp://stale")
    engine._see(named(engine, "tcp://stale", "tcp://good"))
    engine._send(client, _Envoi(Future(), b"", 1.0))  # type: ignore[arg-type]
    engine._see(named(engine, "tcp://good"))
    engine._send(client, _Envoi(Future(), b"", 1.0))  # type: ignore[arg-type]

    assert client.asked == [None, ["tcp://good"], None]


def test_what_waits_for_workers_that_are_gone_is_sent_to_whoever_came() -> None:
    engine = DaskCluster(Reglages("tcp://127.0.0.1:1", Titre(read_identite(), read_identite)))
    client = Joint(CommClosedError("cut"))
    engine._see(named(engine, "tcp://new"))
    waiting = _Envoi(Future(), b"", 1.0, only=frozenset({"tcp://gone"}))
    judged = _Envoi(Future(), b"", 1.0, only=frozenset({"tcp://gone", "tcp://new"}))
    engine._envois |= {waiting, judged}
    engine._send_on(client)  # type: ignore[arg-type]

    assert client.asked == [None]
    assert waiting.told.done()
    assert not judged.told.done()
