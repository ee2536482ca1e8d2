"""The journal tells what was done in the transaction that did it; what is done behind its back is seen."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from journaux import (
    COLUMNS,
    altered,
    behind_its_back,
    fix_head,
    last_sealed,
    make_three_days,
    prove,
    prove_now,
    rows_of,
    write_chain,
)
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from workspace import copy_espace, deposit, later

from edi.app import App
from edi.audit import audit
from edi.espace import Espace, open_espace, real_now
from edi.model.journal import Ecriture
from edi.samples import LotSpec
from edi.store import journal


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("journal") / "template"
    make_three_days(root)
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


# -- what is told -----------------------------------------------------------------------------------------


def test_the_journal_of_ordinary_work_is_whole_and_agrees_with_the_rest(espace: Espace) -> None:
    proof = prove(espace)
    rows = rows_of(espace)

    assert proof.ruptures == ()
    assert (proof.lignes, proof.dernier, proof.racines) == (len(rows), rows[-1].numero, 2)
    assert [row.numero for row in rows] == list(range(1, len(rows) + 1))
    assert audit(espace.engine, espace.spool, real_now()).ecarts == ()


def test_a_deposit_is_told_from_its_bytes_to_its_answers(espace: Espace) -> None:
    told = [row for row in rows_of(espace) if row.flux_id == 1]
    genres = [row.genre for row in told]
    (received,) = [json.loads(row.contenu) for row in told if row.genre == "RECEPTION"]

    assert genres[:3] == ["FLUX", "FLUX", "RECEPTION"]
    assert {g: genres.count(g) for g in ("VERDICT", "FACTURE", "REPONSE", "DEPART")} == {
        "VERDICT": 3,
        "FACTURE": 5,
        "REPONSE": 2,
        "DEPART": 2,
    }
    assert len(received["sha256"]) == 64
    assert received["taille"] > 0


def test_a_verdict_names_its_codes_and_its_packs_and_nothing_of_the_invoice(espace: Espace) -> None:
    verdicts = [json.loads(row.contenu) for row in rows_of(espace) if row.genre == "VERDICT"]
    constats = [verdict["constats"] for verdict in verdicts if "constats" in verdict]

    assert any("ERROR EDI-MONTANT-01" in codes for codes in constats)
    assert {frozenset(verdict) - {"constats"} for verdict in verdicts} == {frozenset({"ordre", "packs"})}


def test_what_is_rolled_back_is_not_told(espace: Espace) -> None:
    before = prove(espace)
    with espace.engine.connect() as conn:
        journal.note_act(conn, "essai", "rien", espace.now())
        conn.rollback()
        conn.execute(text("SELECT 1"))
        conn.commit()

    assert prove(espace) == before


def test_an_act_says_who_did_it(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        journal.note_act(
            conn, "flux-relance", "un flux", espace.now(), par="martin", detail={"fois": 2}, flux_id=1
        )
    last = rows_of(espace)[-1]

    assert (last.genre, last.sujet, last.par, last.flux_id) == ("ACTE", "un flux", "martin", 1)
    assert json.loads(last.contenu) == {"acte": "flux-relance", "fois": 2}
    assert prove(espace).ruptures == ()


# -- append-only ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE journal SET par = 'moi' WHERE numero = 3",
        "DELETE FROM journal WHERE numero = 3",
        pytest.param(
            "INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE numero = 3", marks=pytest.mark.sqlite
        ),
        "UPDATE journal_tete SET numero = numero - 1",
        "DELETE FROM journal_tete",
    ],
)
def test_the_database_refuses_to_rewrite_the_journal(espace: Espace, statement: str) -> None:
    with (
        pytest.raises(DBAPIError, match="le journal ne se réécrit pas"),
        espace.engine.begin() as conn,
    ):
        conn.execute(text(statement))


def test_a_guard_that_is_taken_away_is_missed(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        where = "" if conn.dialect.name == "sqlite" else " ON journal"
        conn.execute(text(f"DROP TRIGGER journal_no_update{where}"))
    (rupture,) = prove(espace).ruptures

    assert rupture.quoi == "déclencheur journal_no_update"


# -- whatever is done to the rows -------------------------------------------------------------------------


@pytest.mark.parametrize("column", COLUMNS)
def test_a_change_of_any_column_of_any_row_names_that_row(espace: Espace, column: str) -> None:
    rows = rows_of(espace)
    named = []
    for row in rows:
        with behind_its_back(espace) as conn:
            told = {"value": altered(row, column), "n": row.numero}
            conn.execute(text(f"UPDATE journal SET {column} = :value WHERE numero = :n"), told)
            first = prove_now(conn, espace).premiere
            named.append(first and first.numero)

    wanted = [row.numero for row in rows] if column != "numero" else [-7] * len(rows)
    assert named == wanted


def test_the_removal_of_any_row_names_it_the_last_included(espace: Espace) -> None:
    rows = rows_of(espace)
    named = []
    for row in rows:
        with behind_its_back(espace) as conn:
            conn.execute(text("DELETE FROM journal WHERE numero = :n"), {"n": row.numero})
            first = prove_now(conn, espace).premiere
            named.append(first and first.numero)

    assert named == [row.numero for row in rows]


def test_the_last_row_removed_and_the_head_set_back_is_found_by_what_it_told(espace: Espace) -> None:
    with behind_its_back(espace) as conn:
        conn.execute(text("DELETE FROM journal WHERE numero = (SELECT max(numero) FROM journal)"))
        fix_head(conn)
        (rupture,) = prove_now(conn, espace).ruptures

    assert rupture.quoi.startswith("réponse partie FEN1200A")
    assert rupture.constat.startswith("aucune ligne du journal ne le dit")


def test_the_head_alone_removed_or_set_back_is_found(espace: Espace) -> None:
    found = []
    for statement in ("DELETE FROM journal_tete", "UPDATE journal_tete SET numero = 3, empreinte = 'x'"):
        with behind_its_back(espace) as conn:
            conn.execute(text(statement))
            found.append([rupture.quoi for rupture in prove_now(conn, espace).ruptures])

    assert found == [["tête du journal"]] * 2


def test_two_rows_that_change_places_are_found(espace: Espace) -> None:
    rows = rows_of(espace)
    for one, other in pairwise(rows):
        with behind_its_back(espace) as conn:
            for numero, row in ((-1, one), (one.numero, other), (other.numero, one)):
                told = {"to": numero, "n": row.numero if numero != other.numero else -1}
                conn.execute(text("UPDATE journal SET numero = :to WHERE numero = :n"), told)
            first = prove_now(conn, espace).premiere

        assert first is not None
        assert first.numero == one.numero


def test_a_row_that_is_put_in_at_the_end_with_true_hashes_repeats_another(espace: Espace) -> None:
    rows = rows_of(espace)
    spoken = [row for row in rows if row.fait_id is not None]
    for row in (spoken[0], spoken[-1]):
        with behind_its_back(espace) as conn:
            write_chain(conn, [rows[-1], row])
            (rupture,) = prove_now(conn, espace).ruptures

        assert (rupture.numero, rupture.constat) == (rows[-1].numero + 1, "elle répète une ligne d'avant")


def test_a_row_of_an_invented_fact_is_found(espace: Espace) -> None:
    rows = rows_of(espace)
    with behind_its_back(espace) as conn:
        invented = {name: getattr(rows[-1], name) for name in COLUMNS} | {"fait_id": 4711}
        write_chain(conn, [rows[-1], Ecriture(**invented)])
        (rupture,) = prove_now(conn, espace).ruptures

    assert (rupture.numero, rupture.constat) == (rows[-1].numero + 1, "ce qu'elle dit n'est plus en base")


def test_a_chain_written_anew_from_any_row_with_the_head_is_found(espace: Espace) -> None:
    """By the roots that were exported, or by what the tables say."""
    rows, sealed = rows_of(espace), last_sealed(espace)
    for rank, row in enumerate(rows):
        for changed in ({"sujet": "autre chose"}, None):
            if row.fait_id is None and row.numero > sealed:
                continue  # what no table keeps is held by the next root alone
            rest = list(rows[rank + 1 :])
            if changed is not None:
                rest.insert(0, Ecriture(**{name: getattr(row, name) for name in COLUMNS} | changed))
            elif not rest:
                continue  # the last row alone: told above
            else:
                rest[0] = Ecriture(
                    **{name: getattr(rest[0], name) for name in COLUMNS} | {"numero": row.numero}
                )
            with behind_its_back(espace) as conn:
                write_chain(conn, rest)
                proof = prove_now(conn, espace)

            assert proof.ruptures, (row, changed)


@pytest.mark.parametrize(
    ("statement", "quoi"),
    [
        ("UPDATE facture_statut SET apres = 'DEPOSEE' WHERE apres = 'NON_CONFORME'", "statut de facture"),
        ("DELETE FROM finding WHERE code = 'EDI-MONTANT-01'", "verdict de facture"),
        ("UPDATE flux SET sha256 = replace(sha256, 'a', 'b') WHERE id = 1", "réception"),
        ("UPDATE emission SET sha256 = '' WHERE id = 1", "réponse partie"),
        ("UPDATE emission SET nom = 'x' || nom WHERE id = 1", "réponse réservée"),
        (
            "UPDATE flux_statut SET le = '2026-01-01T00:00:00.000000+00:00', motif = 'X' WHERE id = 2",
            "statut de flux",
        ),
    ],
)
def test_a_fact_that_was_changed_disagrees_with_the_row_that_tells_it(
    espace: Espace, statement: str, quoi: str
) -> None:
    with espace.engine.begin() as conn:
        conn.execute(text(statement))
    found = prove(espace).ruptures

    assert found
    assert all("la base dit autre chose" in rupture.constat for rupture in found)
    assert any(rupture.quoi.startswith(quoi) for rupture in found)


def test_a_fact_that_was_removed_is_missed(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(text("DELETE FROM facture_statut WHERE id = (SELECT max(id) FROM facture_statut)"))
    (rupture,) = prove(espace).ruptures

    assert rupture.constat == "ce qu'elle dit n'est plus en base"


def test_invoices_go_on_whatever_somebody_did_to_the_head(espace: Espace) -> None:
    with behind_its_back(espace) as conn:
        conn.execute(text("DELETE FROM journal_tete"))
        conn.commit()
    deposit(espace, LotSpec("ubl", 1, numero_flux=9, graine=9))
    (flux,) = App(later(espace, 49)).run_once()

    assert flux.acceptees == 1
    assert "tête du journal" in {rupture.quoi for rupture in prove(espace).ruptures}
