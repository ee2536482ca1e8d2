"""``edi run``, ``edi serve``, ``edi flux``, ``edi facture`` over a workspace that has received lots."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from bases import is_postgresql
from workspace import Typed, answers, deposit, import_annuaire, make_espace, run_edi, type_edi

from edi.app import App
from edi.espace import Espace, open_espace, real_now
from edi.samples import LotSpec, make_files
from edi.samples.world import AVEC_ENGAGEMENT

GOOD = LotSpec("ubl", 3, numero_flux=1)
MIXED = LotSpec("ubl", 4, numero_flux=2, graine=2, fautes={1: "service-inconnu", 3: "ttc-faux"})

Edi = Callable[..., Typed]


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


@pytest.fixture
def edi(espace: Espace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Edi:
    """The command, typed in the workspace."""
    monkeypatch.chdir(espace.root)
    return lambda *arguments: type_edi(capsys, *arguments)


# -- one pass ---------------------------------------------------------------------------------------------


def test_a_pass_answers_what_is_complete_and_tells_it_in_json(edi: Edi, espace: Espace) -> None:
    first, second = deposit(espace, GOOD), deposit(espace, MIXED)
    done = edi("run", "--json")
    expected = [(first, "INTEGRE", 3, 0), (second, "INTEGRE_PARTIEL", 2, 2)]

    assert (done.code, done.err) == (0, "")
    assert [(f["nom"], f["statut"], f["acceptees"], f["rejetees"]) for f in done.json] == expected
    assert [nom[:8] for nom in answers(espace)] == ["CSO1100A", "CSO1100A", "FEN1200A", "FEN1200A"]
    assert edi("run", "--json").json == []
    assert edi("run").out == "Aucun flux à traiter.\n"


def test_files_still_on_their_way_are_left_alone(edi: Edi, espace: Espace) -> None:
    inbox = espace.spool.inbox("AAA123")
    names = [f"{GOOD.nom}.part", f".{GOOD.nom}", "lot.filepart", "lot.tmp", "lot.WRITING"]
    for nom in names:
        (inbox / nom).write_bytes(b"half")

    assert edi("run", "--json").json == []
    assert sorted(path.name for path in inbox.iterdir()) == sorted(names)


def test_a_file_still_being_written_is_left_for_the_next_pass(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "lent", readiness="immobilite", observations=3, pas=0.3)
    nom = deposit(espace, GOOD)
    growing = espace.spool.inbox("AAA123") / MIXED.nom
    writer = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys, time\n"
            "with open(sys.argv[1], 'ab', buffering=0) as f:\n"
            "    while True: f.write(b'x'); time.sleep(0.05)",
            str(growing),
        ]
    )
    try:
        while not growing.exists():
            assert writer.poll() is None
        done = run_edi("run", "--json", cwd=espace.root)
    finally:
        writer.kill()
        writer.wait()
    then = run_edi("run", "--json", cwd=espace.root)

    assert [flux["nom"] for flux in json.loads(done.stdout)] == [nom]
    assert [flux["nom"] for flux in json.loads(then.stdout)] == [MIXED.nom]


def test_a_name_that_is_not_utf8_is_answered_too(edi: Edi, espace: Espace) -> None:
    (espace.spool.inbox("AAA123") / "fa\udce9cture.xml").write_bytes(b"<x/>")
    done = edi("run", "--json")

    assert [(f["nom"], f["statut"]) for f in done.json] == [(r"fa\xe9cture.xml", "IRRECEVABLE")]
    assert len(answers(espace)) == 1
    assert edi("flux", "show", "1").code == 0


def test_a_second_worker_takes_what_the_first_has_not_claimed(edi: Edi, espace: Espace) -> None:
    deposit(espace, GOOD)
    first = App(espace)
    with first.presence.at_work(real_now):
        first.collect()
        (entry,) = espace.spool.entries("incoming")
        claimed = first.pipeline.conduite.claim(entry)
        nothing = edi("run", "--json")
    ran = edi("run", "--json")

    assert claimed is not None
    assert (nothing.code, nothing.json) == (0, [])
    assert [row["statut"] for row in ran.json] == ["INTEGRE"]


def test_serve_answers_until_it_is_told_to_stop(espace: Espace) -> None:
    deposit(espace, GOOD)
    with subprocess.Popen(
        [sys.executable, "-m", "edi", "serve"],
        cwd=espace.root,
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        lines = [
            server.stdout.readline() for _ in range(3 if is_postgresql() else 2)
        ]  # who leads is told there
        server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=20)

    assert lines[0].startswith("Surveillance de 3 dépôt(s)")
    assert f"{GOOD.id_flux}  Intégré  3 acceptée(s), 0 rejetée(s)" in lines[-1]
    assert (server.returncode, out.splitlines()[-1][:6], err) == (0, "Arrêté", "")
    assert len(answers(espace)) == 2


def test_serve_without_a_deposant_says_what_is_missing(edi: Edi) -> None:
    config = Path("config", "edi.toml")
    config.write_text(config.read_text(encoding="utf-8").partition("[[deposant]]")[0], encoding="utf-8")
    done = edi("serve")

    assert (done.code, done.out) == (2, "")
    assert "[[deposant]]" in done.err


# -- looking ----------------------------------------------------------------------------------------------


@pytest.fixture
def answered(edi: Edi, espace: Espace) -> Edi:
    """The command, in a workspace that has answered a good lot and a mixed one."""
    for spec in (GOOD, MIXED):
        deposit(espace, spec)
    edi("run")
    return edi


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [2, 1]),
        (("--rejetes",), [2]),
        (("--en-attente",), []),
        (("--appli", "BBB456"), []),
        (("--cherche", GOOD.id_flux), [1]),
        (("--cherche", "FSO1100A_"), [2, 1]),
        (("--cherche", "%"), []),
        (("--code", "EDI-SERVICE-02"), [2]),
        (("--limite", "1"), [2]),
    ],
)
def test_flux_are_found_by_what_people_hold(
    answered: Edi, options: tuple[str, ...], expected: list[int]
) -> None:
    assert [flux["id"] for flux in answered("flux", "list", *options, "--json").json] == expected
    assert f"{len(expected)} flux montré" in answered("flux", "list", *options).out


@pytest.mark.parametrize("ident", ["2", MIXED.id_flux, MIXED.nom])
def test_a_flux_is_shown_with_its_invoices_findings_and_answers(answered: Edi, ident: str) -> None:
    told = answered("flux", "show", ident, "--json").json
    shown = answered("flux", "show", ident).out

    assert (told["id"], told["statut"], len(told["factures"])) == (2, "INTEGRE_PARTIEL", 4)
    assert [f["code"] for f in told["findings"]] == ["EDI-SERVICE-02", "EDI-MONTANT-01"]
    assert all(Path(answer["chemin"]).is_file() and answer["emis_le"] for answer in told["reponses"])
    assert [answer["nom"][:8] for answer in told["reponses"]] == ["CSO1100A", "FEN1200A"]
    assert all(f"Réponse (émise) : {answer['chemin']}\n" in shown for answer in told["reponses"])


def test_rejected_invoices_are_listed_with_why(answered: Edi) -> None:
    done = answered("facture", "list", "--rejetees", "--json")

    assert (done.code, done.err) == (0, "")
    assert {f["statut"] for f in done.json} == {"NON_CONFORME"}
    assert sorted(found["code"] for f in done.json for found in f["findings"]) == [
        "EDI-MONTANT-01",
        "EDI-SERVICE-02",
    ]
    assert "2 factures montrées sur 2." in answered("facture", "list", "--rejetees").out


def test_an_invoice_is_found_by_number_siret_engagement_file_and_flux(edi: Edi, espace: Espace) -> None:
    spec = LotSpec("ubl", 1, numero_flux=5, graine=5, destinataires=(AVEC_ENGAGEMENT,))
    for one in (GOOD, spec):
        deposit(espace, one)
    edi("run")
    everything = edi("facture", "list", "--json").json
    (wanted,) = [f for f in everything if f["flux"] == spec.id_flux]
    bytes_of_it = make_files(spec)[0][1].decode()
    engagement = bytes_of_it.partition("<cac:OrderReference>")[2].partition("<cbc:ID>")[2].partition("<")[0]

    assert engagement
    assert len(everything) == 4
    for text in (wanted["numero"], wanted["destinataire"], engagement, spec.id_flux):
        found = edi("facture", "list", "--cherche", text, "--json").json
        assert wanted["numero"] in [f["numero"] for f in found], text
    assert len(edi("facture", "list", "--cherche", wanted["numero"], "--json").json) == 1
    assert len(edi("facture", "list", "--cherche", "facture_0001.xml", "--json").json) == 2
    assert edi("facture", "list", "--cherche", "introuvable", "--json").json == []


# -- held -------------------------------------------------------------------------------------------------


def test_a_held_flux_is_listed_relaunched_and_then_answered(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "muet", annuaire=False)

    def edi(*arguments: str) -> Typed:
        return type_edi(capsys, "--espace", str(espace.root), *arguments)

    deposit(espace, GOOD)
    (held,) = edi("run", "--json").json
    waiting = edi("flux", "list", "--en-attente", "--json").json
    relaunched = [edi("flux", "relancer", GOOD.id_flux, "--raison", "annuaire") for _ in range(2)]
    import_annuaire(open_espace(espace.root))
    (settled,) = edi("run", "--json").json
    too_late = edi("flux", "relancer", "1", "--raison", "annuaire")

    assert (held["statut"], "annuaire" in held["incident"]) == ("EN_ATTENTE", True)
    assert [flux["id"] for flux in waiting] == [1]
    assert [(done.code, done.err) for done in relaunched] == [(0, "")] * 2
    assert (settled["statut"], settled["incident"]) == ("INTEGRE", "")
    assert (too_late.code, "n'est pas en attente (Intégré)" in too_late.err) == (2, True)


# -- being received ---------------------------------------------------------------------------------------


def test_what_is_being_received_is_listed_by_another_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "lent", readiness="archive", pas=0.01)
    inbox = espace.spool.inbox("AAA123")
    (inbox / GOOD.nom).write_bytes(b"\x1f\x8b")
    (inbox / "suite.zip.part").write_bytes(b"PK")
    run_edi("-e", espace.root, "run", cwd=tmp_path)
    (inbox / "tard.zip").write_bytes(b"PK")

    def edi(*arguments: str) -> Typed:
        return type_edi(capsys, "-e", espace.root, "flux", "list", "--en-reception", *arguments)

    told = {one["nom"]: one for one in edi("--json").json}
    shown = edi().out

    assert [(one["attend"], one["quarantaine"]) for one in told.values()] == [
        ("ARCHIVE", True),
        ("PROVISOIRE", False),
        ("", False),
    ]
    assert list(told) == [GOOD.nom, "suite.zip.part", "tard.zip"]
    assert (told[GOOD.nom]["taille"], told[GOOD.nom]["vu_le"]) == (2, "2026-11-20T08:00:00+00:00")
    assert told[GOOD.nom]["echeance"] == "2026-11-20T09:00:00+00:00"
    for words in (GOOD.nom, "archive incomplète", "20/11/2026 10:00:00", "pas encore regardé", "3 fichiers"):
        assert words in " ".join(shown.split())
    assert edi("--appli", "BBB456", "--json").json == []
