"""Old files that can be made again go; nothing that is under way, nothing that nobody could make again."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Update, update
from workspace import MORNING, deposit, later, make_espace, type_edi

from edi.app import App
from edi.espace import Espace, open_espace
from edi.releve.service import Releves
from edi.retention.fichiers import Fichiers
from edi.retention.service import Retention
from edi.samples import LotSpec, make_lot
from edi.settings import Settings
from edi.store.tables import emission, flux

LOT = LotSpec("ubl", 3, numero_flux=1, fautes=("service-inconnu",))
RESTE = "RESTE_AAA1231100000000000000001.zip"


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    """One lot, its reste, its relevé, and the answer to a trial, all of the same day."""
    root = make_espace(tmp_path / "espace").root
    config = root / "config" / "edi.toml"
    config.write_text(
        config.read_text("utf-8").replace("[[deposant]]", "[[deposant]]\nreste = true", 1), "utf-8"
    )
    espace = open_espace(root)
    deposit(espace, LOT)
    trial = make_lot(LotSpec("ubl", 1, numero_flux=2))
    (espace.spool.inbox("AAA123", "test") / trial.nom).write_bytes(trial.data)
    App(espace).run_once()
    Releves(espace).put("AAA123", espace.today())
    return espace


def old(espace: Espace, days: int) -> list[str]:
    """What may go so many days later."""
    found = Fichiers(later(espace, 24 * days)).old()
    return [f"{ancien.dossier}/{ancien.nom}" for ancien in found]


TRIAL = "FSO1100A_AAA123_AAA1231100000000000000002.tar.gz"
TRIALS = [f"statut/test/{TRIAL}.txt", f"statut/test/{TRIAL}.json"]
RELEVES = ["statut/releve-2026-11-20.csv", "statut/releve-2026-11-20.json"]


@pytest.mark.parametrize(
    ("days", "gone"),
    [
        (30, []),
        (31, TRIALS),
        (90, TRIALS),
        (91, [*TRIALS, f"out/{RESTE}"]),
        (400, [*TRIALS, f"out/{RESTE}"]),
        (401, [*TRIALS, *RELEVES, f"out/{RESTE}"]),
    ],
)
def test_each_kind_of_file_has_its_age(espace: Espace, days: int, gone: list[str]) -> None:
    assert old(espace, days) == gone


def test_return_flows_statuts_and_received_bytes_are_never_removed(espace: Espace) -> None:
    def files() -> set[str]:
        return {str(p.relative_to(espace.root)) for p in espace.spool.root.rglob("*") if p.is_file()}

    before = files()
    Retention(later(espace, 24 * 4000)).at_night()
    gone = {f"spool/depots/AAA123/{nom}" for nom in (*TRIALS, *RELEVES, f"out/{RESTE}")}

    assert before - files() == gone
    assert gone <= before


@pytest.mark.parametrize(
    "change",
    [
        update(flux).where(flux.c.id == 1).values(statut="EN_ATTENTE"),
        update(emission).where(emission.c.id == 1).values(emis_le=None),
    ],
    ids=["undecided", "unanswered"],
)
def test_what_tells_of_something_under_way_stays(espace: Espace, change: Update) -> None:
    with espace.engine.begin() as conn:
        conn.execute(change)

    assert old(espace, 4000) == TRIALS


def test_what_is_not_ours_stays(espace: Espace) -> None:
    statut = espace.spool.statut("AAA123")
    strange = ["test/notes.json", "test/autre.txt", "releve-2026-02-30.csv", "releve-2020-01-01.txt"]
    for nom in strange:
        (statut / nom).write_bytes(b"{}")
    (espace.spool.outbox("AAA123") / "RESTE_AAA1231100000000000000009.zip").write_bytes(b"")

    assert old(espace, 4000) == [*TRIALS, *RELEVES, f"out/{RESTE}"]


@pytest.mark.parametrize(("fin_le", "days", "gone"), [(None, 4000, 0), (MORNING, 90, 0), (MORNING, 91, 2)])
def test_a_signalement_goes_once_it_is_settled(
    espace: Espace, fin_le: str | None, days: int, gone: int
) -> None:
    nom = "signalement-2026-11-20-retard"
    told = json.dumps({"jour": "2026-11-20", "fin_le": fin_le}).encode()
    for suffix, data in ((".json", told), (".txt", b"En retard")):
        (espace.spool.statut("AAA123") / f"{nom}{suffix}").write_bytes(data)

    assert sum(nom in path for path in old(espace, days)) == gone


def test_zero_keeps_for_ever(espace: Espace) -> None:
    kept = Settings(retention={"essais_jours": 0, "restes_jours": 0, "releves_jours": 0}).retention
    settings = espace.settings.model_copy(update={"retention": kept})

    assert old(replace(espace, settings=settings), 4000) == []


def test_the_command_shows_before_it_removes(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    config = espace.root / "config" / "edi.toml"
    config.write_text(config.read_text("utf-8").replace(MORNING, "2027-03-01T09:00:00+01:00"), "utf-8")
    shown = type_edi(capsys, "-e", espace.root, "retention", "--a-blanc")
    done = type_edi(capsys, "-e", espace.root, "retention", "--applique", "--json")
    again = type_edi(capsys, "-e", espace.root, "retention", "--applique")

    assert "3 fichiers, " in shown.out
    assert {one["classe"]: one["nombre"] for one in done.json if one["nombre"]} == {"essais": 2, "restes": 1}
    assert again.out.endswith("Rien n'avait fait son temps.\n")


def test_a_reste_that_was_removed_is_made_again_by_its_command(
    espace: Espace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = (espace.spool.outbox("AAA123") / RESTE).read_bytes()
    Retention(later(espace, 24 * 91)).at_night()
    type_edi(capsys, "-e", espace.root, "flux", "reste", "1", "--vers", tmp_path)

    assert (tmp_path / RESTE).read_bytes() == first


@dataclass(frozen=True)
class Nuit(Espace):
    """A workspace whose day ends once it was asked for."""

    asked: list[date] = field(default_factory=list)

    def today(self) -> date:
        self.asked.append(super().today())
        return self.asked[0] if len(self.asked) == 1 else self.asked[0] + timedelta(days=100)


def test_the_server_puts_old_files_away_at_night(espace: Espace) -> None:
    nuit = Nuit(espace.root, espace.settings, espace.engine, espace.spool)
    App(nuit).serve(threading.Event(), until_idle=True)
    left = {path.name for path in espace.spool.outbox("AAA123").iterdir()}

    assert RESTE not in left
    assert any(nom.startswith("CSO") for nom in left)
    assert not list((espace.spool.statut("AAA123") / "test").iterdir())
    assert (espace.spool.statut("AAA123") / "releve-2026-11-20.json").is_file()


def test_the_restes_of_a_deposant_that_has_a_server_are_left_to_it(espace: Espace) -> None:
    server = {
        "nom": "portail",
        "hote": "127.0.0.1",
        "utilisateur": "edi",
        "mot_de_passe": "env:NOBODY",
        "dossier": [{"deposant": "AAA123", "sortie": "/out"}],
    }
    deposants = [deposant.model_dump() for deposant in espace.settings.deposant]
    pushed = Settings(deposant=deposants, serveur=[server])
    settings = espace.settings.model_copy(update={"serveur": pushed.serveur})

    assert old(replace(espace, settings=settings), 4000) == [*TRIALS, *RELEVES]
