"""Emission: at least once, always the same bytes; what cannot leave stays booked and hinders nobody else."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from workspace import answers, assert_valid_return_flow, deposit, make_espace

from edi.app import App
from edi.espace import Espace, open_espace
from edi.model import Identifiant, Partie
from edi.outbound import emit
from edi.samples import LotSpec, make_lot
from edi.store import emissions
from edi.store.tables import metadata

LOT = LotSpec("ubl", 3, numero_flux=1, fautes=("service-inconnu",))


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


def run(espace: Espace, statut_rejet: str = "37") -> None:
    """One pass of the real application that tells a rejected invoice by ``statut_rejet``."""
    app = App(espace)
    emitter = app.pipeline.emitter._replace(statut_rejet=statut_rejet)
    app.pipeline = replace(app.pipeline, emitter=emitter)
    app.run_once()


def booked(espace: Espace) -> list[str]:
    """Interfaces of the return flows that still have to leave."""
    with espace.engine.begin() as conn:
        return [emission.interface for emission in emissions.pending(conn)]


def forget_emissions(espace: Espace) -> None:
    """As if the process had died after each return flow was published and before it was confirmed."""
    table = metadata.tables["emission"]
    with espace.engine.begin() as conn:
        conn.execute(table.update().values(emis_le=None, sha256=""))


def test_every_return_flow_of_a_pass_is_valid_and_confirmed(espace: Espace) -> None:
    deposit(espace, LOT)
    run(espace)

    assert [nom[:8] for nom in answers(espace)] == ["CSO1100A", "FEN1200A"]
    for data in answers(espace).values():
        assert_valid_return_flow(data)
    assert booked(espace) == []


def test_emitting_again_puts_the_same_bytes_under_the_same_names(
    espace: Espace, monkeypatch: pytest.MonkeyPatch
) -> None:
    deposit(espace, LOT)
    run(espace)
    first = answers(espace)
    forget_emissions(espace)
    for path in espace.spool.outbox("AAA123").iterdir():
        path.unlink()
    monkeypatch.setenv("EDI_ESSAIS__HORLOGE", "2031-01-02T03:04:05+00:00")  # another day, another zone
    run(open_espace(espace.root))

    assert answers(espace) == first
    assert len(first) == 2


def test_a_return_flow_that_our_schema_refuses_stays_and_the_others_leave(espace: Espace) -> None:
    deposit(espace, LOT)
    deposit(espace, LotSpec("ubl", 1, appli="BBB456"))
    run(espace, statut_rejet="999")

    assert booked(espace) == ["FEN1200A"]
    assert [nom[:8] for nom in answers(espace)] == ["CSO1100A"]
    assert [nom[:8] for nom in answers(espace, "BBB456")] == ["CSO1100A", "FEN1200A"]

    run(espace)

    assert booked(espace) == []
    assert [nom[:8] for nom in answers(espace)] == ["CSO1100A", "FEN1200A"]


def test_a_missing_out_folder_keeps_nobody_else_waiting_and_is_served_later(espace: Espace) -> None:
    espace.spool.outbox("AAA123").rmdir()
    deposit(espace, LOT)
    deposit(espace, LotSpec("ubl", 1, appli="BBB456"))
    run(espace)

    assert booked(espace) == ["CSO1100A", "FEN1200A"]
    assert len(answers(espace, "BBB456")) == 2

    run(open_espace(espace.root))

    assert (booked(espace), len(answers(espace))) == ([], 2)


def test_what_leaves_is_what_was_recorded(espace: Espace) -> None:
    deposit(espace, LOT)
    run(espace)
    table = metadata.tables["emission"]
    with espace.engine.begin() as conn:
        rows = conn.execute(select(table).order_by(table.c.id)).all()

    assert [(row.interface, row.numero) for row in rows] == [("CSO1100A", 1), ("FEN1200A", 1)]
    assert {row.nom: row.sha256 for row in rows} == {
        nom: hashlib.sha256(data).hexdigest() for nom, data in answers(espace).items()
    }


def test_a_service_too_long_does_not_keep_the_cycle_de_vie_of_its_lot_from_leaving(espace: Espace) -> None:
    deposit(espace, LotSpec("ubl", 2, fautes=("service-trop-long",)))
    run(espace)

    assert booked(espace) == []


def test_a_country_that_is_no_code_does_not_keep_a_cycle_de_vie_from_leaving(espace: Espace) -> None:
    lot = make_lot(LotSpec("ubl", 1, archive="xml"))
    odd = lot.data.replace(b">FR<", b">FRA<")
    assert odd != lot.data
    (espace.spool.inbox("AAA123") / lot.nom).write_bytes(odd)
    run(espace)

    assert booked(espace) == []
    assert "CSO1100A" in [nom[:8] for nom in answers(espace)]


def test_only_invoices_that_a_cycle_de_vie_can_name_are_told_there() -> None:
    named = Partie(Identifiant("1", "00031001100010")), Partie(Identifiant("1", "00021290200019"))
    short = Partie(Identifiant("1", "0002129020"))

    assert emit.can_be_told(*named, "FA-1")
    assert not emit.can_be_told(*named, "")
    assert not emit.can_be_told(named[0], short, "FA-1")
    assert not emit.can_be_told(Partie(Identifiant("", "x")), named[1], "FA-1")
