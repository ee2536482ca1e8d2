"""The audit agrees after ordinary work, and sees each thing that was spoilt behind its back."""

from __future__ import annotations

import ast
import json
import threading
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update
from workspace import copy_espace, deposit, make_espace, type_edi

import edi.audit
from edi.app import App
from edi.audit import REGLES, Ecart, audit, ranges
from edi.espace import Espace, open_espace, real_now
from edi.samples import LotSpec, world
from edi.store.tables import emission, facture, flux

LOTS = (
    LotSpec("ubl", 3, numero_flux=1, fautes=("ttc-faux",)),
    LotSpec("ubl", 2, numero_flux=2, graine=2, tronque=True),
    LotSpec("ubl", 1, numero_flux=3, graine=3, fautes=("destinataire-ferme",)),
    LotSpec("mixte", 3, numero_flux=4, graine=4, archive="xml"),
)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("audit") / "template"
    espace = make_espace(root)
    for spec in LOTS:
        deposit(espace, spec)
    App(espace).run_once()
    deposit(espace, LOTS[0])  # a reminder
    App(espace).run_once()
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


def rules(espace: Espace, *, complet: bool = True) -> set[str]:
    return {ecart.regle for ecart in audit(espace.engine, espace.spool, real_now(), complet=complet).ecarts}


def test_everything_agrees_after_ordinary_work(espace: Espace) -> None:
    found = audit(espace.engine, espace.spool, real_now())
    (bilan,) = found.bilans

    assert found.ecarts == ()
    assert (bilan.flux, bilan.decides, bilan.rappels, bilan.en_cours) == (5, 5, 1, 0)
    assert bilan.factures == bilan.acceptees + bilan.rejetees == 7


def spoil_blob(espace: Espace) -> None:
    path = next(p for p in (espace.root / "spool" / "store").glob("??/*"))
    path.write_bytes(path.read_bytes()[:-1] + b"#")


def cut_blob(espace: Espace) -> None:
    path = next(p for p in (espace.root / "spool" / "store").glob("??/*"))
    path.write_bytes(path.read_bytes()[:-1])


def remove_blob(espace: Espace) -> None:
    next(p for p in (espace.root / "spool" / "store").glob("??/*")).unlink()


def leave_a_file(espace: Espace) -> None:
    (espace.spool.root / "queue" / "perdu.xml").write_bytes(b"")


def forget_an_invoice(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(update(flux).where(flux.c.id == 1).values(acceptees=flux.c.acceptees - 1))


def lose_a_ticket(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(update(flux).where(flux.c.id == 1).values(statut="EN_ATTENTE"))


def keep_a_ticket(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        ticket = conn.execute(flux.select().where(flux.c.id == 1)).one().ticket
    folder = espace.spool.root / "queue" / "hold" / ticket
    folder.mkdir()
    (folder / "a.xml").write_bytes(b"")


def skip_a_number(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        last = conn.execute(emission.select().order_by(emission.c.id.desc())).first()
        assert last is not None
        conn.execute(update(emission).where(emission.c.id == last.id).values(numero=last.numero + 1))


def is_sqlite(espace: Espace) -> bool:
    return espace.engine.dialect.name == "sqlite"


def lose_answers(espace: Espace, where: str) -> None:
    """What a careless hand does with another tool: rows go, whatever names them."""
    unguarded = "PRAGMA foreign_keys = OFF" if is_sqlite(espace) else "SET session_replication_role = replica"
    with closing(espace.engine.raw_connection()) as base:
        cursor = base.cursor()
        cursor.execute(unguarded)
        cursor.execute(f"DELETE FROM emission WHERE {where}")
        base.commit()
        base.invalidate()


def lose_the_last_answer(espace: Espace) -> None:
    lose_answers(espace, "id = (SELECT max(id) FROM emission WHERE interface LIKE 'CSO%')")


def lose_the_last_cycle_de_vie(espace: Espace) -> None:
    lose_answers(espace, "id = (SELECT max(id) FROM emission WHERE interface = 'FEN1200A')")


def hold_an_answer_back(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        old = {"emis_le": None, "cree_le": real_now() - timedelta(hours=2)}
        conn.execute(update(emission).where(emission.c.id == 1).values(old))


def reject_a_registered_invoice(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        conn.execute(
            update(facture).where(facture.c.statut == "MISE_A_DISPOSITION").values(statut="NON_CONFORME")
        )


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (spoil_blob, "le stock est intact"),
        (cut_blob, "le stock est intact"),
        (remove_blob, "tout octet reçu est au stock"),
        (leave_a_file, "rien ne traîne hors des places du spool"),
        (forget_an_invoice, "reçues = acceptées + rejetées"),
        (lose_a_ticket, "un flux en cours est dans une file et une seule"),
        (keep_a_ticket, "un flux décidé n'est plus dans une file"),
        (skip_a_number, "les réponses se suivent sans trou"),
        (lose_the_last_answer, "tout ce qui est décidé a sa réponse"),
        (lose_the_last_cycle_de_vie, "tout ce qui est décidé a sa réponse"),
        (hold_an_answer_back, "une réponse part dans l'heure"),
        (reject_a_registered_invoice, "le registre ne tient que des factures acceptées"),
    ],
)
def test_what_was_spoilt_is_seen(espace: Espace, spoil: Callable[[Espace], None], rule: str) -> None:
    spoil(espace)

    assert rule in rules(espace)


def test_every_rule_of_the_audit_has_its_remedy() -> None:
    source = Path(edi.audit.__file__).read_text("utf-8")
    calls = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    made = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "Ecart"]

    assert {ast.literal_eval(call.args[0]) for call in made} == set(REGLES)


@pytest.mark.parametrize(
    ("numbers", "told"),
    [((4,), "4"), ((2, 3), "2 à 3"), ((1, 3, 4, 5, 9), "1, 3 à 5, 9"), ((), "")],
)
def test_missing_numbers_are_told_as_people_write_them(numbers: tuple[int, ...], told: str) -> None:
    assert ranges(numbers) == told


def test_a_hole_of_any_partner_and_interface_is_an_alert_that_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "e")
    config = espace.root / "config" / "edi.toml"
    siret = world.SANS_OBLIGATION.identifiant.valeur
    more = f'[[destinataire]]\ncode = "DST001"\nsiret = "{siret}"\nreadiness = "renommage"\n'
    config.write_text(f"{config.read_text('utf-8')}\n{more}", "utf-8")
    espace = open_espace(espace.root)
    for rank in (1, 2, 3):
        deposit(espace, LotSpec("ubl", 1, numero_flux=rank, destinataires=(world.SANS_OBLIGATION,)))
        App(espace).run_once()
    lose_answers(espace, "numero = 2")
    done = type_edi(capsys, "-e", espace.root, "audit", "--json")
    started = type_edi(capsys, "-e", espace.root, "run")
    told: list[Ecart] = []
    App(espace, alarm=told.append).serve(threading.Event(), until_idle=True)
    holes = {e["sujet"]: e for e in done.json["ecarts"] if e["regle"] == "les réponses se suivent sans trou"}
    log = [json.loads(line) for line in (espace.root / "logs" / "edi.jsonl").read_text("utf-8").splitlines()]

    assert done.code == 1
    assert holes.keys() == {"AAA123 CSO1100A", "AAA123 FEN1200A", "DST001 FEN0036A"}
    assert holes["DST001 FEN0036A"]["constat"] == "n° 2 manque, le dernier est le n° 3"
    assert "sauvegarde" in holes["DST001 FEN0036A"]["remede"]
    assert "ÉCART : les réponses se suivent sans trou ; DST001 FEN0036A : n° 2 manque" in started.err
    assert "À faire : " in started.err
    assert "DST001 FEN0036A" in {ecart.sujet for ecart in told}  # the server tells it at its start too
    assert {"DST001 FEN0036A"} <= {line["subject"] for line in log if line["event"] == "audit_mismatch"}


def test_an_answer_that_was_fetched_is_no_hole(espace: Espace) -> None:
    for path in espace.spool.outbox("AAA123").iterdir():
        path.unlink()

    assert rules(espace) == set()


def test_a_quick_audit_compares_sizes_only(espace: Espace) -> None:
    spoil_blob(espace)

    assert rules(espace, complet=False) == set()


def test_the_command_says_what_does_not_agree_and_its_exit_code_does_too(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    agreed = type_edi(capsys, "-e", espace.root, "audit")
    leave_a_file(espace)
    spoilt = type_edi(capsys, "-e", espace.root, "audit", "--json")
    run = type_edi(capsys, "-e", espace.root, "run")

    assert agreed.code == 0
    assert "rien n'est perdu" in agreed.out
    assert spoilt.code == 1
    assert [ecart["sujet"] for ecart in spoilt.json["ecarts"]] == ["queue/perdu.xml"]
    assert "ÉCART" in run.err
    assert "queue/perdu.xml" in run.err


def test_the_queue_shows_what_waits_by_stage_and_age(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "e", annuaire=False)
    empty = type_edi(capsys, "-e", espace.root, "queue")
    deposit(espace, LOTS[0])
    App(espace).run_once()
    told = type_edi(capsys, "-e", espace.root, "queue")
    rows = type_edi(capsys, "-e", espace.root, "queue", "--json").json

    assert empty.out.strip() == "Rien n'attend."
    assert [(row["appli"], row["etape"], row["raison"]) for row in rows] == [
        ("AAA123", "EN_ATTENTE", "TRANSIENT")
    ]
    assert "nouvel essai" in told.out
    assert "TOTAL" in told.out
