"""Incomplete deposits: waited for, remembered over a restart, shown, and ended at their deadline."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from workspace import answers, deposit, make_espace

from edi.app import App
from edi.espace import Espace
from edi.model import Attente, FluxStatut
from edi.samples import LotSpec, make_lot
from edi.store import factures, receptions
from edi.store import flux as flux_store

SPEC = LotSpec("ubl", 2)
LOT = make_lot(SPEC)
MORNING = datetime.fromisoformat("2026-11-20T09:00:00+01:00")
HOUR = timedelta(hours=1)


class Clock:
    """The instant that the collecting is handed; it goes where the test says."""

    def __init__(self) -> None:
        self.at = MORNING

    def __call__(self) -> datetime:
        return self.at


def start(espace: Espace, clock: Clock) -> App:
    """A process that starts on the workspace, as after a stop."""
    app = App(espace)
    app.collecte.now = clock
    app.recover()
    app.drain()
    return app


def look(app: App, times: int = 3) -> list[str]:
    """Some looks, and the names that were taken and treated."""
    for _ in range(times):
        app.collect()
    return [flux.nom for flux in app.drain()]


def waiting(espace: Espace) -> dict[str, Attente]:
    with espace.engine.begin() as conn:
        return {one.nom: one.attend for one in receptions.waiting(conn)}


def put(espace: Espace, nom: str, data: bytes) -> Path:
    path = espace.spool.inbox("AAA123") / nom
    path.write_bytes(data)
    return path


def left(espace: Espace) -> list[str]:
    return sorted(path.name for path in espace.spool.inbox("AAA123").iterdir())


def codes(espace: Espace, flux_id: int = 1) -> list[str]:
    with espace.engine.begin() as conn:
        return [finding.code for _, _, finding in factures.findings_of(conn, flux_id)]


Make = Callable[[str], Espace]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    return lambda readiness: make_espace(
        tmp_path / "espace", readiness=readiness, observations=3, pas=1e-9, attente_max=3600
    )


# -- archives ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("readiness", ["archive", "immobilite"])
def test_an_archive_that_is_completed_before_its_deadline_is_taken_as_any_other(
    make: Make, readiness: str
) -> None:
    espace, clock = make(readiness), Clock()
    app = start(espace, clock)
    path = put(espace, LOT.nom, LOT.data[:500])
    taken = [look(app)]
    seen = waiting(espace)
    clock.at += HOUR - timedelta(seconds=1)
    taken.append(look(app))
    with path.open("ab") as late:
        late.write(LOT.data[500:])
    taken.append(look(app))

    assert taken == [[], [], [LOT.nom]]
    assert seen == {LOT.nom: Attente.ARCHIVE}
    assert waiting(espace) == {}
    assert codes(espace) == []


@pytest.mark.parametrize("readiness", ["archive", "immobilite"])
def test_an_archive_that_stays_cut_is_quarantined_and_its_sender_told(make: Make, readiness: str) -> None:
    espace, clock = make(readiness), Clock()
    app = start(espace, clock)
    put(espace, LOT.nom, LOT.data[:500])
    look(app)
    clock.at += HOUR
    taken = look(app)

    assert taken == [LOT.nom]
    assert codes(espace) == ["EDI-RECEPTION-01"]
    (answer,) = answers(espace).values()
    assert "jusqu'au 20/11/2026 à 10:00" in answer.decode()
    assert "dépose de nouveau le fichier entier" in answer.decode()
    (kept,) = espace.spool.entries("quarantaine")
    assert (kept.nom, kept.path.read_bytes()) == (LOT.nom, LOT.data[:500])
    assert espace.spool.blob(hashlib.sha256(LOT.data[:500]).hexdigest()).is_file()
    assert (left(espace), waiting(espace)) == ([], {})


def test_the_flux_that_was_quarantined_may_be_deposited_again_under_its_name(make: Make) -> None:
    espace, clock = make("archive"), Clock()
    app = start(espace, clock)
    put(espace, LOT.nom, LOT.data[:500])
    look(app)
    clock.at += HOUR
    look(app)
    deposit(espace, SPEC)
    look(app)
    with espace.engine.begin() as conn:
        _, found = flux_store.search(conn)

    assert [flux.statut for flux in found] == [FluxStatut.INTEGRE, FluxStatut.IRRECEVABLE]


def test_an_upload_that_goes_on_is_given_time(make: Make) -> None:
    espace, clock = make("archive"), Clock()
    app = start(espace, clock)
    taken = []
    for size in range(100, 500, 100):
        put(espace, LOT.nom, LOT.data[:size])
        taken += look(app)
        clock.at += HOUR - timedelta(seconds=1)
    taken += look(app)

    assert (taken, waiting(espace)) == ([], {LOT.nom: Attente.ARCHIVE})


def test_a_restart_does_not_begin_the_wait_anew(make: Make) -> None:
    espace, clock = make("archive"), Clock()
    put(espace, LOT.nom, LOT.data[:500])
    look(start(espace, clock))
    clock.at += HOUR / 2
    look(start(espace, clock))
    with espace.engine.begin() as conn:
        (seen,) = receptions.waiting(conn)
    clock.at += HOUR / 2
    app = start(espace, clock)

    assert (seen.vu_le, seen.change_le, seen.echeance) == (MORNING, MORNING, MORNING + HOUR)
    assert look(app, 1) == []  # one look is no proof that nobody writes
    assert look(app, 2) == [LOT.nom]


def test_a_deposant_may_have_a_wait_of_its_own(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "espace", readiness="archive", pas=1e-9)
    config = espace.root / "config" / "edi.toml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("[[deposant]]", "[[deposant]]\nattente_max = 60"),
        encoding="utf-8",
    )
    from edi.espace import open_espace

    espace, clock = open_espace(espace.root), Clock()
    app = start(espace, clock)
    put(espace, LOT.nom, LOT.data[:500])
    look(app)
    clock.at += timedelta(minutes=1)

    assert look(app) == [LOT.nom]


@pytest.mark.parametrize("moved", [False, True])
def test_a_quarantine_that_was_interrupted_is_taken_up_again(make: Make, moved: bool) -> None:
    """Killed after the table said so, before or after the move."""
    espace, clock = make("archive"), Clock()
    put(espace, LOT.nom, LOT.data[:500])
    look(start(espace, clock))
    with espace.engine.begin() as conn:
        (one,) = receptions.waiting(conn)
        receptions.quarantine(conn, one, "001-AAA123")
    if moved:
        espace.spool.take("AAA123", LOT.nom, "001-AAA123")
    clock.at += HOUR
    look(start(espace, clock))

    assert codes(espace) == ["EDI-RECEPTION-01"]
    assert [entry.nom for entry in espace.spool.entries("quarantaine")] == [LOT.nom]


def test_a_deposit_completed_while_its_quarantine_was_interrupted_is_taken_as_any_other(make: Make) -> None:
    espace, clock = make("archive"), Clock()
    put(espace, LOT.nom, LOT.data[:500])
    look(start(espace, clock))
    with espace.engine.begin() as conn:
        (one,) = receptions.waiting(conn)
        receptions.quarantine(conn, one, "001-AAA123")
    put(espace, LOT.nom, LOT.data)
    look(start(espace, clock))

    assert codes(espace) == []
    assert espace.spool.entries("quarantaine") == []


# -- done files -------------------------------------------------------------------------------------------


def test_a_done_file_makes_its_deposit_be_taken_at_once_and_is_consumed_with_it(make: Make) -> None:
    espace, clock = make("temoin"), Clock()
    app = start(espace, clock)
    put(espace, LOT.nom, LOT.data)
    taken = [look(app)]
    put(espace, f"{LOT.nom}.ok", b"")
    taken.append(look(app, 1))

    assert taken == [[], [LOT.nom]]
    assert (left(espace), waiting(espace)) == ([], {})
    assert codes(espace) == []


def test_a_deposit_whose_done_file_never_comes_is_quarantined(make: Make) -> None:
    espace, clock = make("temoin"), Clock()
    app = start(espace, clock)
    put(espace, LOT.nom, LOT.data)
    look(app)
    seen = waiting(espace)
    clock.at += HOUR
    look(app)

    assert seen == {LOT.nom: Attente.TEMOIN}
    assert codes(espace) == ["EDI-RECEPTION-03"]


def test_a_done_file_without_its_deposit_stays_and_is_shown(make: Make) -> None:
    espace, clock = make("temoin"), Clock()
    app = start(espace, clock)
    put(espace, "lot.zip.ok", b"")
    look(app)
    clock.at += 2 * HOUR
    taken = look(app)

    assert taken == []
    assert left(espace) == ["lot.zip.ok"]
    assert waiting(espace) == {"lot.zip.ok": Attente.FICHIER}


# -- manifests --------------------------------------------------------------------------------------------


def line(data: bytes, nom: str, *, taille: bool = True) -> str:
    size = f"{len(data)}  " if taille else ""
    return f"{hashlib.sha256(data).hexdigest()}  {size}{nom}\n"


OTHER = make_lot(LotSpec("ubl", 1, numero_flux=2, graine=2))


@pytest.mark.parametrize("taille", [False, True])
def test_the_files_of_a_manifest_are_taken_one_by_one_and_it_goes_with_the_last(
    make: Make, taille: bool
) -> None:
    espace, clock = make("manifeste"), Clock()
    app = start(espace, clock)
    text = line(LOT.data, LOT.nom, taille=taille) + line(OTHER.data, OTHER.nom, taille=taille)
    put(espace, "nuit.manifeste", text.encode())
    put(espace, LOT.nom, LOT.data)
    taken = [look(app)]
    between = left(espace)
    put(espace, OTHER.nom, OTHER.data)
    taken.append(look(app))

    assert taken == [[LOT.nom], [OTHER.nom]]
    assert (between, left(espace)) == (["nuit.manifeste"], [])


def test_a_manifest_goes_with_its_last_file_even_after_a_restart(make: Make) -> None:
    espace, clock = make("manifeste"), Clock()
    app = start(espace, clock)
    text = line(LOT.data, LOT.nom) + line(OTHER.data, OTHER.nom)
    clock.at -= HOUR  # the manifest is seen before anything is received
    put(espace, "nuit.manifeste", text.encode())
    put(espace, LOT.nom, LOT.data)
    look(app)
    app = start(espace, clock)
    put(espace, OTHER.nom, OTHER.data)

    assert look(app) == [OTHER.nom]
    assert left(espace) == []


def test_a_manifest_of_a_delivery_made_before_is_kept_for_the_second(make: Make) -> None:
    espace, clock = make("manifeste"), Clock()
    app = start(espace, clock)
    statuts = []
    for _ in range(2):
        put(espace, f"{LOT.nom}.sha256", line(LOT.data, LOT.nom).encode())
        look(app)
        put(espace, LOT.nom, LOT.data)
        look(app)
    with espace.engine.begin() as conn:
        statuts = [flux.statut for flux in flux_store.search(conn)[1]]

    assert statuts == [FluxStatut.RAPPEL, FluxStatut.INTEGRE]
    assert left(espace) == []


@pytest.mark.parametrize("wrong", [b"?" + LOT.data[1:], LOT.data[:-1]], ids=["other bytes", "other size"])
def test_a_file_that_never_agrees_with_its_manifest_is_quarantined(make: Make, wrong: bytes) -> None:
    espace, clock = make("manifeste"), Clock()
    app = start(espace, clock)
    put(espace, f"{LOT.nom}.sha256", line(LOT.data, LOT.nom).encode())
    put(espace, LOT.nom, wrong)
    taken = look(app)
    seen = waiting(espace)
    clock.at += HOUR
    taken += look(app)

    assert seen == {LOT.nom: Attente.EMPREINTE, f"{LOT.nom}.sha256": Attente.SUITE}
    assert taken == [LOT.nom]
    assert codes(espace) == ["EDI-RECEPTION-02"]
    assert left(espace) == []


def test_a_file_that_no_manifest_announces_is_quarantined(make: Make) -> None:
    espace, clock = make("manifeste"), Clock()
    app = start(espace, clock)
    put(espace, LOT.nom, LOT.data)
    look(app)
    clock.at += HOUR
    look(app)

    assert codes(espace) == ["EDI-RECEPTION-03"]


# -- whatever the contract --------------------------------------------------------------------------------


def test_a_transfer_under_a_temporary_name_is_shown_and_never_taken(make: Make) -> None:
    espace, clock = make("renommage"), Clock()
    app = start(espace, clock)
    put(espace, "lot.zip.part", b"PK")
    look(app)
    clock.at += 10 * HOUR
    taken = look(app)

    assert (taken, waiting(espace)) == ([], {"lot.zip.part": Attente.PROVISOIRE})


def test_a_file_that_its_sender_took_back_is_forgotten(make: Make) -> None:
    espace, clock = make("archive"), Clock()
    app = start(espace, clock)
    path = put(espace, LOT.nom, LOT.data[:500])
    look(app)
    path.unlink()
    look(app)

    assert waiting(espace) == {}


def test_a_name_that_is_not_utf8_is_remembered_too(make: Make) -> None:
    espace, clock = make("archive"), Clock()
    app = start(espace, clock)
    put(espace, "\udce9.zip", b"PK")
    look(app)
    again = start(espace, clock)
    look(again)

    assert waiting(espace) == {"\\xe9.zip": Attente.ARCHIVE}


def test_what_lies_in_the_other_folders_is_not_looked_at(make: Make) -> None:
    espace, clock = make("renommage"), Clock()
    app = start(espace, clock)
    for folder in ("out", "test", "statut"):
        (espace.spool.inbox("AAA123").parent / folder / LOT.nom).write_bytes(LOT.data)

    assert look(app) == []
