"""Faults of ours and silences of the registry hold a flux: shown, retried, answered once it can be judged."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from typing import ParamSpec, TypeVar

import pytest
from workspace import answers, deposit, import_annuaire, later, make_espace

from edi.app import App
from edi.engine import EngineFailed, InProcess, JudgementEngine
from edi.espace import Espace, open_espace
from edi.gestes.relance import relaunch
from edi.judge import Demande, judge
from edi.model import ErrorClass, Facture, Flux, FluxStatut, Limites, Politique
from edi.model.gestes import GesteRefuse
from edi.samples import LotSpec, make_files
from edi.store import flux as flux_store

P = ParamSpec("P")
T = TypeVar("T")

LOT = LotSpec("ubl-reforme", 2, numero_flux=1)
OTHER = LotSpec("ubl-reforme", 2, numero_flux=2, graine=2)


class OutOfOrder:
    """An engine that has lost its workers."""

    window = 1

    def close(self) -> None:
        """Nothing was started."""

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        future: Future[T] = Future()
        future.set_exception(RuntimeError("the workers are gone"))
        return future


class FailsOn:
    """An engine that breaks on the files of one flux, known by a piece of their bytes."""

    window = 1

    def close(self) -> None:
        """Nothing was started."""

    def __init__(self, piece: bytes) -> None:
        self.piece = piece

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if any(isinstance(arg, bytes) and self.piece in arg for arg in args):
            return OutOfOrder().submit(function, *args, **kwargs)
        return InProcess().submit(function, *args, **kwargs)


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace", tentatives=3)


def run(espace: Espace, engine: JudgementEngine | None = None, hours: int = 0) -> list[Flux]:
    """One pass of the real application, some hours after the first one, judging on ``engine``."""
    app = App(later(espace, hours))
    app.pipeline = replace(app.pipeline, engine=engine or InProcess())
    return app.run_once()


def state(espace: Espace) -> list[tuple[FluxStatut, int]]:
    """Statut and failed attempts of every flux, in order of arrival."""
    with espace.engine.begin() as conn:
        _, found = flux_store.search(conn)
    return [(flux.statut, flux.tentatives) for flux in reversed(found)]


def queues(espace: Espace) -> dict[str, int]:
    counts = {q: len(espace.spool.entries(q)) for q in ("incoming", "active", "hold", "corrupt")}
    return {queue: n for queue, n in counts.items() if n}


def test_a_fault_of_ours_holds_the_flux_with_its_reason_and_answers_nothing(espace: Espace) -> None:
    deposit(espace, LOT)
    (held,) = run(espace, OutOfOrder())

    assert (held.statut, held.tentatives) == (FluxStatut.EN_ATTENTE, 1)
    assert held.incident == "RuntimeError: the workers are gone"
    assert (queues(espace), answers(espace)) == ({"hold": 1}, {})
    assert espace.spool.blob(held.sha256).stat().st_size == held.taille > 0


def test_a_fault_of_ours_is_tried_again_until_its_attempts_are_used_up_then_waits_for_an_operator(
    espace: Espace,
) -> None:
    deposit(espace, LOT)
    passes = [len(run(espace, OutOfOrder(), hours)) for hours in range(5)]
    mended = run(espace, hours=6)

    assert passes == [1, 1, 1, 0, 0]
    assert mended == []
    assert state(espace) == [(FluxStatut.EN_ATTENTE, 3)]
    assert (queues(espace), answers(espace)) == ({"hold": 1}, {})


def test_once_we_are_mended_a_relaunched_flux_is_answered_as_if_nothing_had_happened(
    espace: Espace, tmp_path: Path
) -> None:
    deposit(espace, LOT)
    for hours in range(3):
        (held,) = run(espace, OutOfOrder(), hours)
    relaunch(espace, held, "mended")
    assert state(espace) == [(FluxStatut.EN_ATTENTE, 0)]
    (settled,) = run(espace)
    undisturbed = make_espace(tmp_path / "autre")
    deposit(undisturbed, LOT)
    run(undisturbed)

    assert (settled.statut, settled.incident) == (FluxStatut.INTEGRE, "")
    assert queues(espace) == {}
    assert answers(espace) == answers(undisturbed)


def test_a_flux_that_fails_again_after_its_relaunch_has_all_its_attempts_again(espace: Espace) -> None:
    deposit(espace, LOT)
    for hours in range(3):
        (held,) = run(espace, OutOfOrder(), hours)
    relaunch(espace, held, "mended")

    assert [len(run(espace, OutOfOrder(), hours)) for hours in range(3, 7)] == [1, 1, 1, 0]


def test_before_its_attempts_are_used_up_a_flux_is_answered_by_the_next_pass_alone(espace: Espace) -> None:
    deposit(espace, LOT)
    run(espace, OutOfOrder())
    too_soon = run(espace)
    (settled,) = run(espace, hours=1)

    assert too_soon == []
    assert (settled.statut, len(answers(espace))) == (FluxStatut.INTEGRE, 2)


def test_one_flux_that_we_fail_does_not_keep_the_others_waiting(espace: Espace) -> None:
    for spec in (LOT, replace(OTHER, prefixe="AUTRE")):
        deposit(espace, spec)
    run(espace, FailsOn(b"FA-"))

    assert state(espace) == [(FluxStatut.EN_ATTENTE, 1), (FluxStatut.INTEGRE, 0)]
    assert len(answers(espace)) == 2


def test_a_flux_that_is_answered_cannot_be_relaunched(espace: Espace) -> None:
    deposit(espace, LOT)
    (settled,) = run(espace)

    with pytest.raises(GesteRefuse, match="n'est pas en attente"):
        relaunch(espace, settled, "mended")


def test_a_silent_registry_is_asked_for_ever_and_at_once_when_an_annuaire_comes(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "muet", annuaire=False, tentatives=1)
    deposit(espace, LOT)
    held = [run(espace, hours=2 * hours)[0] for hours in range(4)]
    import_annuaire(later(espace, 6))
    (settled,) = run(espace, hours=6)

    assert [flux.statut for flux in held] == [FluxStatut.EN_ATTENTE] * 4
    assert {flux.classe for flux in held} == {ErrorClass.TRANSIENT}
    assert "annuaire" in held[0].incident
    assert (settled.statut, settled.incident, len(answers(espace))) == (FluxStatut.INTEGRE, "", 2)


@pytest.mark.parametrize("again", [LOT, replace(LOT, nombre=3, graine=9)], ids=["same bytes", "other bytes"])
def test_a_second_delivery_waits_for_the_decision_on_the_first(espace: Espace, again: LotSpec) -> None:
    deposit(espace, LOT)
    run(espace, OutOfOrder())
    deposit(espace, again)
    first, second = sorted(run(espace, OutOfOrder(), hours=1), key=lambda flux: flux.id)
    same = again == LOT

    assert (first.incident, second.incident) == (
        "RuntimeError: the workers are gone",
        "attend la décision du flux n° 1",
    )
    assert [(f.statut, f.tentatives) for f in (first, second)] == [
        (FluxStatut.EN_ATTENTE, 2),
        (FluxStatut.EN_ATTENTE, 0),
    ]
    assert answers(espace) == {}

    first, second = sorted(run(espace, hours=2), key=lambda flux: flux.id)
    expected = (FluxStatut.RAPPEL, 1) if same else (FluxStatut.IRRECEVABLE, None)

    assert (first.statut, first.rappel_de) == (FluxStatut.INTEGRE, None)
    assert (second.statut, second.rappel_de) == expected
    assert [nom[:8] for nom in answers(espace)] == ["CSO1100A", "CSO1100A", "FEN1200A"]
    assert queues(espace) == {}


def test_a_second_delivery_outlasts_a_first_one_that_waits_for_an_operator(espace: Espace) -> None:
    deposit(espace, LOT)
    for hours in range(3):
        (held,) = run(espace, OutOfOrder(), hours)
    deposit(espace, LOT)
    waited = [{flux.id for flux in run(espace, hours=hours)} for hours in range(3, 7)]
    relaunch(espace, held, "mended")
    run(espace, hours=8)

    assert waited == [{2}] * 4
    assert [statut for statut, _ in state(espace)] == [FluxStatut.INTEGRE, FluxStatut.RAPPEL]


class Loses:
    """An engine whose worker dies on the files that hold a piece of bytes, as often as it is tried."""

    window = 1

    def close(self) -> None:
        """Nothing was started."""

    def __init__(self, piece: bytes) -> None:
        self.piece = piece
        self.tries = 0

    def submit(self, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        if any(isinstance(arg, bytes) and self.piece in arg for arg in args):
            self.tries += 1
            future: Future[T] = Future()
            future.set_exception(EngineFailed("le processus de contrôle s'est arrêté"))
            return future
        return InProcess().submit(function, *args, **kwargs)


def test_an_invoice_that_kills_its_worker_waits_alone_and_the_rest_of_the_lot_goes_on(
    espace: Espace,
) -> None:
    spec = LotSpec("ubl-reforme", 3, fautes={2: "ttc-faux"})
    deposit(espace, spec)
    numbers = [facture.numero for facture in invoices_of(spec)]
    engine = Loses(numbers[0].encode())
    run(espace, engine)

    assert engine.tries == 2, "once with the others, once alone"
    assert state(espace) == [(FluxStatut.EN_ATTENTE, 1)]
    assert [nom[:8] for nom in answers(espace)] == ["FEN1200A"]
    (told,) = [data.decode() for data in answers(espace).values()]
    assert (numbers[0] in told, numbers[1] in told, numbers[2] in told) == (False, True, True)

    run(espace, hours=1)
    flows = answers(espace)

    assert state(espace) == [(FluxStatut.INTEGRE_PARTIEL, 1)]
    assert sorted(nom[:8] for nom in flows) == ["CSO1100A", "FEN1200A", "FEN1200A"]
    report = next(data.decode() for nom, data in flows.items() if nom.startswith("CSO"))
    assert "3 factures reçues : 2 acceptées, 1 rejetée." in report
    cycles = "".join(data.decode() for nom, data in flows.items() if nom.startswith("FEN"))
    assert [cycles.count(f"<IdFacture>{n}<") for n in numbers] == [2, 2, 1], "each statut was told once"
    assert queues(espace) == {}


def test_all_or_nothing_waits_as_a_whole(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "whole", tentatives=3)
    config = espace.root / "config" / "edi.toml"
    config.write_text(
        config.read_text().replace('code = "AAA123"', 'code = "AAA123"\npolitique = "tout_ou_rien"')
    )
    espace = open_espace(espace.root)
    spec = LotSpec("ubl-reforme", 2)
    deposit(espace, spec)
    run(espace, Loses(invoices_of(spec)[0].numero.encode()))

    assert state(espace) == [(FluxStatut.EN_ATTENTE, 1)]
    assert answers(espace) == {}


def invoices_of(spec: LotSpec) -> list[Facture]:
    """The invoices of a sample lot, as the readers see them."""
    demande = Demande("", spec.jour, Politique(), Limites())
    files = [judge(nom, data, demande) for nom, data in make_files(spec)]
    return [jugee.facture for fichier in files for jugee in fichier.factures]
