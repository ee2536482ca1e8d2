"""Corrections of the annuaire by hand: what they change, what imports make of them, what is remembered."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from journaux import prove
from workspace import import_annuaire, make_espace, type_edi, write_annuaire

from edi.annuaire.histoire import tell_history
from edi.annuaire.imports import import_csv
from edi.espace import Espace
from edi.gestes import annuaire as gestes
from edi.model import SIRET, Identifiant
from edi.model.corrections import Correction
from edi.model.gestes import GesteRefuse
from edi.store import annuaire, corrections, jugements
from edi.store.database import reading

BREST = Identifiant(SIRET, "00021290200019")
RAISON = "la mairie l'a rouvert, appel du 19/11"
JOUR = date(2026, 11, 20)
DANS_UN_MOIS = JOUR + timedelta(days=30)


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "e")


def opened(**values: object) -> Correction:
    """The closed service of the samples, said to be open."""
    made = Correction(BREST, {"actif": True}, RAISON, "VOIRIE")
    return replace(made, **values)  # type: ignore[arg-type]


def is_open(espace: Espace, code: str = "VOIRIE", au: int | None = None) -> bool | None:
    """Whether the annuaire says that a service is open; None: it has no such service."""
    with reading(espace.engine) as conn:
        found = annuaire.services_of(conn, {BREST.valeur}, au).get((BREST.valeur, code))
    return None if found is None else found.actif


def test_a_closed_service_is_opened_and_what_was_judged_before_still_sees_it_closed(espace: Espace) -> None:
    with reading(espace.engine) as conn:
        before = jugements.repere_now(conn).annuaire
    gestes.correct(espace, opened(), "marie")
    with reading(espace.engine) as conn:
        after = jugements.repere_now(conn).annuaire
        du = annuaire.annuaire_du(conn)
        forgotten = annuaire.forgotten_after(conn, before)

    assert (is_open(espace), is_open(espace, au=before), is_open(espace, au=after)) == (True, False, True)
    assert du == espace.now()  # of the last official import, which a correction is not
    assert forgotten is None


def test_the_history_tells_who_corrected_what_and_why(espace: Espace) -> None:
    gestes.correct(espace, opened(), "marie")
    gestes.correct(espace, Correction(BREST, {"gestion_service": True}, "convention"), "paul")
    with reading(espace.engine) as conn:
        told = tell_history(conn, BREST)
    two = [
        (e.par.par, e.par.raison, e.par.nature, [(c.service, c.dit) for c in e.changes])
        for e in told[:2]
        if e.par is not None
    ]

    assert two == [
        ("paul", "convention", "correction", [("", "exige un code service")]),
        ("marie", RAISON, "correction", [("VOIRIE", "service ouvert")]),
    ]
    assert [c.dit for c in told[-1].changes] == ["structure ajoutée"]


def test_the_journal_tells_it_with_its_author_and_still_proves_everything(espace: Espace) -> None:
    gestes.correct(espace, opened(), "marie")
    with reading(espace.engine) as conn:
        row = conn.exec_driver_sql(
            "SELECT par, sujet, contenu FROM journal WHERE genre = 'IMPORT' ORDER BY numero DESC"
        ).first()

    assert row is not None
    assert (row.par, row.sujet) == ("marie", f"SIRET {BREST.valeur}, service VOIRIE")
    assert '"champs":{"actif":"true"}' in row.contenu
    assert '"raison":"la mairie' in row.contenu
    assert prove(espace).ruptures == ()


@pytest.mark.parametrize(
    ("until", "expected"),
    [(None, False), (JOUR - timedelta(days=1), None), (JOUR, True), (DANS_UN_MOIS, True)],
)
def test_the_next_import_has_the_last_word_unless_the_correction_is_kept(
    espace: Espace, until: date | None, expected: bool | None
) -> None:
    if expected is None:
        with pytest.raises(GesteRefuse, match="pas avant aujourd'hui"):
            gestes.correct(espace, opened(jusqu_au=until), "marie")
        return
    gestes.correct(espace, opened(jusqu_au=until), "marie")
    import_annuaire(espace)

    assert is_open(espace) is expected


def test_a_correction_that_is_kept_is_made_again_by_each_import_until_one_says_the_same(
    espace: Espace,
) -> None:
    gestes.correct(espace, opened(jusqu_au=DANS_UN_MOIS), "marie")
    import_annuaire(espace)
    import_annuaire(espace)
    assert is_open(espace) is True
    _, services = write_annuaire(espace.root)
    official = services.read_bytes()
    lines = official.splitlines(keepends=True)
    agreeing = b"".join(one.replace(b"false", b"true") if b";VOIRIE;" in one else one for one in lines)
    services.write_bytes(agreeing)
    with espace.engine.begin() as conn:
        import_csv(conn, services, espace.now())
        left = corrections.standing(conn, JOUR)
    import_annuaire(espace)

    assert left == []
    assert is_open(espace) is False  # closed again, officially


def test_a_service_that_is_added_lasts_as_long_as_it_is_kept(espace: Espace) -> None:
    added = opened(service="NEUF", ajout=True, champs={"nom": "Tout neuf", "actif": True})
    gestes.correct(espace, added, "marie")
    assert is_open(espace, "NEUF") is True
    import_annuaire(espace)
    assert is_open(espace, "NEUF") is None
    gestes.correct(espace, replace(added, jusqu_au=DANS_UN_MOIS), "marie")
    import_annuaire(espace)

    assert is_open(espace, "NEUF") is True


def test_a_later_correction_of_the_same_field_takes_the_place_of_the_first(espace: Espace) -> None:
    gestes.correct(espace, opened(jusqu_au=DANS_UN_MOIS), "marie")
    gestes.correct(espace, opened(champs={"actif": False}), "paul")
    with reading(espace.engine) as conn:
        assert corrections.standing(conn, JOUR) == []


def test_a_correction_is_no_longer_kept_when_somebody_says_so(espace: Espace) -> None:
    gestes.correct(espace, opened(jusqu_au=DANS_UN_MOIS), "marie")
    with reading(espace.engine) as conn:
        (one,) = corrections.standing(conn, JOUR)
    with pytest.raises(GesteRefuse, match="dites pourquoi"):
        gestes.release(espace, one.import_id, " ", "paul")
    gestes.release(espace, one.import_id, "la mairie l'a refermé", "paul")
    with pytest.raises(GesteRefuse, match="n'est plus, maintenue"):
        gestes.release(espace, one.import_id, "encore", "paul")
    import_annuaire(espace)

    assert is_open(espace) is False


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (opened(raison="  "), "dites pourquoi"),
        (opened(champs={"actif": False}), "rien ne change"),
        (opened(service="RIEN"), "n'a pas de service « RIEN »"),
        (opened(ajout=True), "existe déjà"),
        (opened(identifiant=Identifiant(SIRET, "21290019300014")), "n'est pas dans l'annuaire"),
        (opened(vu=99), "a changé depuis que cette page a été affichée"),
        (opened(champs={"siret": "1"}), "« siret » ne se corrige pas"),
        (opened(jusqu_au=JOUR + timedelta(days=93)), "au plus tard"),
        (opened(champs={"debut": JOUR, "fin": JOUR - timedelta(days=1)}), "avant d'avoir commencé"),
    ],
)
def test_what_cannot_be_corrected_is_told_and_nothing_is_written(
    espace: Espace, asked: Correction, told: str
) -> None:
    with reading(espace.engine) as conn:
        before = jugements.repere_now(conn)
    with pytest.raises(GesteRefuse, match=told):
        gestes.correct(espace, asked, "marie")
    with reading(espace.engine) as conn:
        assert before == jugements.repere_now(conn)


def test_the_command_corrects_lists_what_is_kept_and_lets_go_of_it(
    espace: Espace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(espace.root)
    monkeypatch.setenv("COLUMNS", "200")
    corrige = ("annuaire", "corrige", BREST.valeur, "actif=oui", "--service", "VOIRIE")
    refused = type_edi(capsys, *corrige, "--raison", "")
    done = type_edi(capsys, *corrige, "--raison", RAISON, "--jusqu-au", "2026-12-20")
    brought = type_edi(capsys, "annuaire", "import", "services.csv")
    listed = type_edi(capsys, "annuaire", "corrections")
    with reading(espace.engine) as conn:
        (one,) = corrections.standing(conn, JOUR)
    released = type_edi(capsys, "annuaire", "relache", str(one.import_id), "--raison", "fini")

    assert refused.code == 2
    assert "dites pourquoi" in refused.err
    head = f"Service VOIRIE de la structure SIRET {BREST.valeur} : service ouvert"
    assert done.out.startswith(f"{head} (maintenu jusqu'au 20/12/2026).")
    assert "1 correction maintenue par-dessus cet import" in brought.out
    assert "VOIRIE" in listed.out
    assert "n'est plus maintenue" in released.out
