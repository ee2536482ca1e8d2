"""Every verdict remembers the rule packs it was made under, in few rows, and old databases are upgraded."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from bases import lay_empty_base, open_base
from sqlalchemy import Engine, func, select, text
from workspace import deposit, make_espace, type_edi

from edi import __version__
from edi.model import PackApplique
from edi.samples import LotSpec
from edi.samples.document import make_facture
from edi.samples.faults import REFORME
from edi.store import factures, packs
from edi.store.database import MIGRATIONS, open_database, upgrade
from edi.store.tables import pack_set
from edi.validators.schematron.packs import PACKS


@pytest.fixture
def base(tmp_path: Path) -> Engine:
    return open_base(tmp_path)


def test_a_database_of_the_first_tables_is_upgraded_with_its_invoices(tmp_path: Path) -> None:
    engine = open_database(lay_empty_base(), tmp_path)
    bring_to(engine, "0001")
    with engine.begin() as conn:
        conn.execute(text(FLUX))
        conn.execute(text(FACTURE))
    upgrade(engine)

    with engine.begin() as conn:
        (facture,) = factures.of_flux(conn, 1)
        assert facture.numero == "F-1"
        assert packs.sets_of_factures(conn, [facture.id]) == {}
        assert packs.judged_under(conn, "en16931-ubl") == {1: (facture.id,)}


def bring_to(engine: Engine, revision: str) -> None:
    """The tables as a former version of the product made them."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


FLUX = """INSERT INTO flux (id, ticket, appli, nom, interface, idflux, sha256, taille, recu_le, statut,
    tentatives, incident, acceptees, rejetees) VALUES (1, 't', 'AAA123', 'n', 'FSO1100A', '', 'aa', 1,
    '2026-11-20T08:00:00+00:00', 'INTEGRE', 0, '', 1, 0)"""
FACTURE = """INSERT INTO facture (id, flux_id, ordre, fichier, rang, numero, type, cadre, date,
    fournisseur_type, fournisseur, fournisseur_nom, fournisseur_pays, destinataire_type, destinataire,
    destinataire_nom, service, engagement, marche, devise, lignes, pieces_jointes, statut)
    VALUES (7, 1, 1, 'f.xml', 1, 'F-1', '380', 'A1', '2026-11-19', '1', '1', 'F', 'FR', '1', '2', 'D', '', '',
    '', 'EUR', 1, 0, 'DEPOSEE')"""


def test_a_set_of_packs_is_recorded_once(base: Engine) -> None:
    own, old, new = (
        (PackApplique("edi", "1"),),
        (PackApplique("edi", "1"), PackApplique("en16931-ubl", "1.3.16", ("a" * 64,))),
        (PackApplique("edi", "1"), PackApplique("en16931-ubl", "1.3.17", ("b" * 64,))),
    )
    with base.begin() as conn:
        first = packs.record_sets(conn, [own, old, old])
        second = packs.record_sets(conn, [old, new])

    assert first[old] == second[old]
    assert len({first[own], first[old], second[new]}) == 3


# -- in a workspace ---------------------------------------------------------------------------------------


def expected_packs(*names: str) -> list[dict[str, object]]:
    """Our own rules, then shipped packs, as JSON shows them."""
    own: dict[str, object] = {"id": "edi", "version": __version__, "sha256": []}
    shipped = [PACKS[name][0] for name in names]
    return [own, *({"id": p.id, "version": p.version, "sha256": list(p.sha256)} for p in shipped)]


def test_a_verdict_tells_the_rules_it_was_made_under(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    espace = make_espace(tmp_path / "espace")
    deposit(espace, LotSpec(REFORME, 3, numero_flux=1))
    deposit(espace, LotSpec("ubl", 1, numero_flux=2, graine=2))
    monkeypatch.chdir(espace.root)
    type_edi(capsys, "run")
    factures = type_edi(capsys, "facture", "list", "--json").json
    told = {f["numero"]: type_edi(capsys, "facture", "show", f["numero"], "--json").json for f in factures}
    shown = {numero: (len(fiches), fiches[0]["packs"]) for numero, fiches in told.items()}
    with espace.engine.begin() as conn:
        rows = conn.execute(select(func.count()).select_from(pack_set)).scalar_one()

    assert sorted(shown.values(), key=str) == sorted(
        [(1, expected_packs())] + 3 * [(1, expected_packs("en16931-ubl", "br-fr-ubl"))], key=str
    )
    assert rows == 2


def test_an_invoice_is_shown_with_its_history_and_its_rules(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    espace = make_espace(tmp_path / "espace")
    deposit(espace, LotSpec("ubl", 2, numero_flux=1, fautes={1: "service-inconnu"}))
    monkeypatch.chdir(espace.root)
    type_edi(capsys, "run")
    bad, good = type_edi(capsys, "facture", "list", "--json").json
    (fiche,) = type_edi(capsys, "facture", "show", good["numero"], "--json").json
    page = type_edi(capsys, "facture", "show", bad["numero"]).out

    assert [one["statut"] for one in fiche["statuts"]] == ["DEPOSEE", "MISE_A_DISPOSITION"]
    assert all(one["flux_retour"].startswith("FEN1200A") for one in fiche["statuts"])
    for word in (bad["numero"], "Non conforme", "EDI-SERVICE-02", "règles qui l'ont jugée", __version__):
        assert word in page


def test_an_invoice_that_never_came_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(make_espace(tmp_path / "espace").root)
    done = type_edi(capsys, "facture", "show", "F-1")

    assert (done.code, done.out) == (2, "")
    assert "aucune facture reçue ne porte le numéro « F-1 »" in done.err


def test_check_tells_the_rules_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "facture.xml").write_bytes(make_facture(REFORME))
    (told,) = type_edi(capsys, "check", "facture.xml", "--json").json

    assert told["factures"][0]["packs"] == expected_packs("en16931-ubl", "br-fr-ubl")


def test_an_invoice_that_its_schema_refuses_was_judged_by_no_official_rule(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data = make_facture(REFORME).replace(b"<cbc:IssueDate>", b"<cbc:Strange/><cbc:IssueDate>")
    (tmp_path / "facture.xml").write_bytes(data)
    (told,) = type_edi(capsys, "check", "facture.xml", "--json").json

    assert told["verdict"] == "irrecevable"
    assert told["factures"][0]["packs"] == expected_packs()
