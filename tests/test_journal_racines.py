"""The root of each day that has ended: made once, exported once, caught up, and proved."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from journaux import (
    COLUMNS,
    behind_its_back,
    last_sealed,
    make_three_days,
    prove,
    prove_now,
    rows_of,
    write_chain,
)
from sqlalchemy import text
from workspace import copy_espace, later, type_edi

from edi.acts import observed
from edi.app import App
from edi.audit import Ecart
from edi.espace import Espace, open_espace
from edi.journal.racines import seal_days
from edi.model.journal import Ecriture, Racine, read_racine
from edi.store import alertes, journal

FIRST, SECOND, THIRD = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 22)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("journal") / "template"
    make_three_days(root)
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


def seal(espace: Espace) -> list[Racine]:
    settings = espace.settings
    return seal_days(espace.engine, espace.spool, settings.fuseau, espace.now(), "moi")


def root_of(espace: Espace, jour: date) -> Racine:
    data = espace.spool.read_root(jour)
    assert data is not None
    return read_racine(data)


def path_of(espace: Espace, jour: date) -> Path:
    return espace.spool.root / "journal" / f"{jour}.json"


def test_each_day_that_has_ended_has_its_root_and_today_has_none(espace: Espace) -> None:
    first, second = root_of(espace, FIRST), root_of(espace, SECOND)
    rows = {row.numero: row for row in rows_of(espace)}

    assert espace.spool.root_days() == [FIRST, SECOND]
    assert (first.premier, second.premier) == (1, first.dernier + 1)
    assert second.precedente == first.racine
    assert [one.empreinte for one in (first, second)] == [
        rows[n].empreinte for n in (first.dernier, second.dernier)
    ]
    assert {rows[n].le[:10] for n in range(first.premier, first.dernier + 1)} == {"2026-11-20"}


def test_days_without_a_run_are_caught_up_each_with_its_file(espace: Espace) -> None:
    made = seal(later(espace, 24 * 6))

    assert [one.jour for one in made] == [THIRD + timedelta(days=n) for n in range(4)]
    assert [one.dernier - one.premier + 1 for one in made][1:] == [0, 0, 0]
    assert prove(espace).ruptures == ()
    assert seal(later(espace, 24 * 6)) == []


def test_an_interruption_between_file_and_row_leaves_the_file_to_be_adopted(espace: Espace) -> None:
    tomorrow = later(espace, 24 * 3)

    acts: list[str] = []

    def die(act: str, subject: object) -> None:
        acts.append(act)
        if act == "commit" and "rename" in acts:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt), observed(die):
        seal(tomorrow)
    left = path_of(espace, THIRD).read_bytes()
    with espace.engine.begin() as conn:  # of that day still, and told late
        journal.note_act(conn, "essai", "en retard", later(espace, 49).now())
    seal(tomorrow)

    assert path_of(espace, THIRD).read_bytes() == left
    assert prove(espace).ruptures == ()


def test_a_file_that_is_there_already_and_untrue_is_never_written_over(espace: Espace) -> None:
    path_of(espace, THIRD).write_text("autre chose")
    seal(later(espace, 24 * 3))
    (rupture,) = prove(espace).ruptures

    assert path_of(espace, THIRD).read_text() == "autre chose"
    assert rupture.constat == "le fichier journal/2026-11-22.json n'est plus une racine, ou a été modifié"


@pytest.mark.parametrize(
    "name", ["jour", "premier", "dernier", "empreinte", "precedente", "racine", "reperes"]
)
def test_a_change_of_any_word_of_an_exported_root_is_found(espace: Espace, name: str) -> None:
    path = path_of(espace, FIRST)
    told = json.loads(path.read_text())
    told[name] = (
        {"FLUX": 7} if name == "reperes" else told[name] + 1 if name in ("premier", "dernier") else "x"
    )
    path.write_text(json.dumps(told))
    (rupture,) = prove(espace).ruptures

    assert rupture.quoi.startswith("racine du 20/11/2026")


def test_an_exported_root_that_is_missing_and_one_too_many_are_named(espace: Espace) -> None:
    path_of(espace, FIRST).rename(path_of(espace, date(2026, 11, 19)))

    assert [rupture.quoi.partition(" (")[0] for rupture in prove(espace).ruptures] == [
        "racine du 20/11/2026",
        "racine du 19/11/2026",
    ]


def test_a_past_that_was_written_anew_with_its_roots_is_told_by_the_exported_one(espace: Espace) -> None:
    """An act that no table keeps, rewritten with all that follows: rows, roots of the journal, head."""
    rows = rows_of(espace)
    rank = next(n for n, row in enumerate(rows) if row.genre == "ACTE")
    with behind_its_back(espace) as conn:
        forged = Ecriture(**{name: getattr(rows[rank], name) for name in COLUMNS} | {"par": "un autre"})
        write_chain(conn, [forged, *rows[rank + 1 :]])
        found = prove_now(conn, espace).ruptures

    assert found
    assert "les lignes de la journée ne sont plus celles de sa racine" in {
        rupture.constat for rupture in found
    }


def test_the_quick_proof_reads_from_the_last_root_on_and_sees_what_was_done_since(espace: Espace) -> None:
    rows, sealed = rows_of(espace), last_sealed(espace)
    quick = prove(espace, complet=False)
    found = []
    for row in rows[sealed:]:
        with behind_its_back(espace) as conn:
            conn.execute(text("UPDATE journal SET par = 'x' WHERE numero = :n"), {"n": row.numero})
            first = prove_now(conn, espace, complet=False).premiere
            found.append(first and first.numero)

    assert quick.ruptures == ()
    assert quick.lignes == len(rows) - sealed + 1
    assert found == [row.numero for row in rows[sealed:]]


def test_a_broken_journal_is_an_ecart_and_is_told_to_operators(espace: Espace) -> None:
    with behind_its_back(espace) as conn:
        conn.execute(text("UPDATE journal SET par = 'x' WHERE numero = 4"))
        for sql in conn.info["guards"]:
            conn.exec_driver_sql(sql)
        conn.commit()
    told: list[Ecart] = []
    App(later(espace, 50), alarm=told.append).prove(complet=True)
    with espace.engine.begin() as conn:
        kept = [(regle, constat) for regle, _, constat, _ in alertes.audited(conn)]

    assert told[0].sujet.startswith("n° 4 ")
    assert kept == [(ecart.regle, ecart.constat) for ecart in told]
    assert kept == [
        (
            "le journal se suit sans rupture",
            "elle a été modifiée : son empreinte n'est pas celle de son contenu",
        )
    ]


# -- the commands -----------------------------------------------------------------------------------------


def test_the_command_says_that_all_is_whole(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    done = type_edi(capsys, "-e", espace.root, "audit", "journal")
    as_json = type_edi(capsys, "-e", espace.root, "audit", "journal", "--json")

    assert (done.code, as_json.code) == (0, 0)
    assert "Le journal est intact" in done.out
    assert as_json.json["ruptures"] == []
    assert as_json.json["empreinte"] == rows_of(espace)[-1].empreinte


def test_the_command_names_the_first_broken_row(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    with behind_its_back(espace) as conn:
        conn.execute(text("UPDATE journal SET par = 'x' WHERE numero IN (5, 9)"))
        for sql in conn.info["guards"]:
            conn.exec_driver_sql(sql)
        conn.commit()
    done = type_edi(capsys, "-e", espace.root, "audit", "journal")
    as_json = type_edi(capsys, "-e", espace.root, "audit", "journal", "--json")

    assert (done.code, as_json.code) == (1, 1)
    assert "Rompu : ligne n° 5, du 20/11/2026 09:00:00, " in done.out
    assert [one["numero"] for one in as_json.json["ruptures"] if one["numero"]] == [5, 9]


@pytest.mark.parametrize(
    ("options", "many"),
    [
        (("--flux", "2"), 7),
        (("--genre", "racine"), 2),
        (("--jour", "2026-11-21", "--genre", "acte"), 1),
        (("--par", "personne"), 0),
        (("--limite", "3"), 3),
    ],
)
def test_rows_are_listed_by_what_is_asked_for(
    espace: Espace, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], many: int
) -> None:
    shown = type_edi(capsys, "-e", espace.root, "journal", "--json", *options).json

    assert len(shown) == many


def test_the_rows_of_an_invoice_are_its_verdict_and_its_statuts(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    numero = next(row.sujet for row in rows_of(espace) if row.genre == "VERDICT")
    shown = type_edi(capsys, "-e", espace.root, "journal", "--json", "--facture", numero).json

    assert [one["genre"] for one in shown][:2] == ["VERDICT", "FACTURE"]


def test_a_genre_that_does_not_exist_is_refused_with_those_that_do(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    done = type_edi(capsys, "-e", espace.root, "journal", "--genre", "facture-x")

    assert done.code == 2
    assert "le genre « facture-x » n'existe pas" in done.err
