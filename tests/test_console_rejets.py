"""Rejections by cause, and judging again from a page: a dry run, then for good with a reason."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from html import unescape
from importlib import import_module
from pathlib import Path

import pytest
from console import add_user, log_in, make_client, token_of
from sqlalchemy import delete, select, update
from starlette.testclient import TestClient
from test_rejeu import open_service
from workspace import answers, deposit, make_espace

from edi.app import App
from edi.console.pages.rejets import tell_trend
from edi.console.pages.rejeux import compare, count_codes
from edi.espace import Espace
from edi.gestes import rejeu as gestes
from edi.lifecycle.causes import draw_shape, find_cause
from edi.model import (
    Facture,
    Finding,
    Identifiant,
    IssueRejeu,
    Partie,
    Rejouee,
    Role,
    Severity,
    Trouve,
)
from edi.samples import LotSpec, make_lot
from edi.store import rejeux
from edi.store.causes import Groupe
from edi.store.database import reading
from edi.store.rejeux import Nouveau
from edi.store.tables import emission, facture, rejet, rejeu_lance
from edi.store.tables import journal as ecritures

UNKNOWN = LotSpec("ubl", 3, fautes={1: "service-inconnu", 2: "ttc-faux"})


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    """AAA123: one accepted, one of an unknown service, one that is wrong; BBB456: one of such a service."""
    made = make_espace(tmp_path / "e")
    deposit(made, UNKNOWN)
    deposit(made, LotSpec("ubl", 2, graine=5, prefixe="FB", appli="BBB456", fautes={0: "service-inconnu"}))
    App(made).run_once()
    add_user(made, "marie")
    add_user(made, "lucie", Role.LECTURE)
    add_user(made, "armor", Role.FOURNISSEUR, "BBB456")
    return made


@pytest.fixture
def clients(espace: Espace) -> Iterator[dict[str, TestClient]]:
    """The browsers of everybody, over one console."""
    found = {}
    first = make_client(espace)
    for login in ("marie", "lucie", "armor"):
        found[login] = TestClient(first.app, follow_redirects=False)
        assert log_in(found[login], login) == 303
    yield found
    first.app.state.console.gestes.close()  # type: ignore[attr-defined]


def rejected(espace: Espace) -> list[tuple[str, str, str, int]]:
    """What is rejected now: (déposant, code, signature, cents)."""
    with reading(espace.engine) as conn:
        rows = conn.execute(select(rejet).order_by(rejet.c.facture_id))
        return [(row.appli, row.code, row.signature, row.centimes) for row in rows]


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def post(client: TestClient, path: str, **form: object) -> tuple[int, str]:
    """The code and the place that a form leads to."""
    jeton = token_of(client.get("/compte").text)
    answer = client.post(path, data={**form, "jeton": jeton})
    return answer.status_code, answer.headers.get("location", "") or words(answer.text)


def wait(client: TestClient, path: str) -> str:
    """The page of a replay once it has ended."""
    for _ in range(600):
        page = client.get(path).text
        if "data-avance" not in page:
            return words(page)
        time.sleep(0.1)
    raise AssertionError(path)


def statuts(espace: Espace) -> list[str]:
    with reading(espace.engine) as conn:
        return list(conn.execute(select(facture.c.statut).order_by(facture.c.id)).scalars())


# -- causes ----------------------------------------------------------------------------------------------


def test_a_decision_enters_what_it_rejects_under_its_cause(espace: Espace) -> None:
    found = rejected(espace)

    assert [(appli, code) for appli, code, _, _ in found] == [
        ("AAA123", "EDI-SERVICE-02"),
        ("AAA123", "EDI-MONTANT-01"),
        ("BBB456", "EDI-SERVICE-02"),
    ]
    assert all("service SERVICE_INCONNU" in signature for _, code, signature, _ in found if "SERV" in code)
    assert all(cents > 0 for *_, cents in found)


def test_what_comes_again_mended_is_no_longer_blocked(espace: Espace) -> None:
    mended = LotSpec("ubl", 3)  # the same invoices, nothing wrong with them
    deposit(espace, mended, make_lot(mended).nom.replace("1.tar.gz", "9.tar.gz"))
    App(espace).run_once()

    assert [(appli, code) for appli, code, *_ in rejected(espace)] == [
        ("BBB456", "EDI-SERVICE-02"),
        ("AAA123", "EDI-DOUBLON-01"),
    ]


def test_the_migration_enters_what_was_rejected_before(espace: Espace) -> None:
    before = rejected(espace)
    with espace.engine.begin() as conn:
        conn.execute(delete(rejet))
        migration = import_module("edi.store.migrations.versions.0028_rejets")
        migration._fill(conn)

    assert rejected(espace) == before


@pytest.mark.parametrize(
    ("value", "shape"),
    [("FR40 303 265 045", "A9 9 9 9"), ("12,50", "9,9"), ("  Été\n2026 ", "A 9"), ("", ""), ("€", "€")],
)
def test_a_value_is_drawn_as_runs_of_letters_and_digits(value: str, shape: str) -> None:
    assert draw_shape(value) == shape


def test_the_worst_finding_decides_and_the_first_of_equals() -> None:
    nobody = Partie(Identifiant("1", ""))
    one = Facture(1, "F1", "380", "A1", None, "EUR", nobody, nobody)
    warning, first, second = (
        Finding("EDI-X-01", Severity.WARNING, ""),
        Finding("BR-CO-15", Severity.ERROR, "", "/Invoice/cbc:ID[2]", value="A1"),
        Finding("BR-CO-16", Severity.ERROR, ""),
    )

    assert find_cause(one, (warning, first, second)) == ("BR-CO-15", "cbc:ID : A9")
    assert find_cause(one, (warning,)) == ("", "")


@pytest.mark.parametrize(
    ("today", "before", "word"), [(3, 7, "en hausse"), (2, 0, ""), (3, 14, ""), (10, 70, "")]
)
def test_a_trend_is_told_when_today_is_worse_than_the_week_before(
    espace: Espace, today: int, before: int, word: str
) -> None:
    now = espace.now()
    old = now.replace(day=1)
    groupe = Groupe(("X",), 100, (), old, now, today, before)

    assert tell_trend(groupe, now.replace(hour=0)) == word
    assert tell_trend(groupe._replace(premier_le=now), now.replace(hour=0)) == "apparu aujourd'hui"


# -- pages -----------------------------------------------------------------------------------------------


def test_rejections_are_shown_by_cause_with_their_groups(clients: dict[str, TestClient]) -> None:
    page = words(clients["marie"].get("/rejets").text)

    assert "3 factures" in page
    assert "EDI-SERVICE-02" in page
    assert "EDI-MONTANT-01" in page
    assert page.index("EDI-SERVICE-02") < page.index("EDI-MONTANT-01")
    assert "service SERVICE_INCONNU" in page
    assert "l'émetteur" in page


def test_a_supplier_sees_its_own_rejections_alone(clients: dict[str, TestClient]) -> None:
    page = words(clients["armor"].get("/rejets").text)
    group = words(clients["armor"].get("/rejets/EDI-SERVICE-02").text)

    assert "1 facture" in page
    assert "EDI-MONTANT-01" not in page
    assert "Derniers rejeux" not in page
    assert "FB" in group
    assert "Rejuger" not in group
    assert "1 facture" in group
    assert "AAA123" not in page + group


def test_a_cause_tells_since_when_and_the_last_good_one(clients: dict[str, TestClient]) -> None:
    page = words(clients["marie"].get("/rejets/EDI-SERVICE-02?deposant=AAA123").text)

    assert "Le code service « … » est inconnu" in page
    assert "La première rejetée" in page
    assert "La dernière acceptée avant" in page
    assert "Rejuger à blanc" in page
    assert words(clients["marie"].get("/rejets/RIEN").text).count("n'existe pas") > 0


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("code=EDI-MONTANT-01", ["EDI-MONTANT-01"]),
        ("deposant=BBB456", ["EDI-SERVICE-02"]),
        ("depuis=2026-11-21", []),
        ("depuis=hier", ["EDI-SERVICE-02", "EDI-MONTANT-01"]),
    ],
)
def test_rejections_are_filtered(clients: dict[str, TestClient], query: str, found: list[str]) -> None:
    page = clients["marie"].get(f"/rejets?{query}").text

    assert re.findall(r'class="code ident" href="/rejets/([^?"]+)', page) == found
    assert ("n&#39;est pas une date" in page) == ("hier" in query)


# -- judging again ----------------------------------------------------------------------------------------


def test_an_invoice_is_judged_dry_then_accepted_with_a_reason(
    espace: Espace, clients: dict[str, TestClient]
) -> None:
    marie = clients["marie"]
    open_service(espace)
    code, run = post(marie, "/rejeux", objet="facture", numero=2)
    dry = wait(marie, run)
    before = statuts(espace)
    refused, again = post(marie, f"{run}/valider", raison="  ")
    accepted, for_good = post(marie, f"{run}/valider", raison="service ouvert")
    done = wait(marie, for_good)

    assert (code, refused, accepted) == (303, 422, 303)
    assert "1 passerait" in dry
    assert "ne bloque plus EDI-SERVICE-02" in dry
    assert before[1] == "NON_CONFORME"
    assert "Dites pourquoi" in again
    assert statuts(espace)[1] == "MISE_A_DISPOSITION"
    assert "1 acceptée" in done
    assert "part au prochain passage" in done
    App(espace).run_once()
    assert "parti le" in words(marie.get(for_good).text)
    assert sum(name.startswith("FEN1200A") for name in answers(espace)) == 2
    assert [one[1] for one in rejected(espace)] == ["EDI-MONTANT-01", "EDI-SERVICE-02"]
    with reading(espace.engine) as conn:
        told = conn.execute(select(ecritures).where(ecritures.c.contenu.contains("rejeu"))).all()
    assert [
        (row.par, "service ouvert" in row.contenu) for row in told if '"acte":"rejeu"' in row.contenu
    ] == [("marie", True)]


def test_a_cause_is_judged_again_as_a_whole(espace: Espace, clients: dict[str, TestClient]) -> None:
    marie = clients["marie"]
    open_service(espace)
    _, run = post(marie, "/rejeux", objet="cause", code="EDI-SERVICE-02", depuis="2026-11-01")
    dry = wait(marie, run)
    _, for_good = post(marie, f"{run}/valider", raison="service ouvert")
    done = wait(marie, for_good)

    assert "2 jugées" in dry
    assert "2 acceptées" in done
    assert [one[1] for one in rejected(espace)] == ["EDI-MONTANT-01"]
    assert "Derniers rejeux" in words(marie.get("/rejets").text)


def test_a_flux_that_was_not_answered_yet_is_not_touched(
    espace: Espace, clients: dict[str, TestClient]
) -> None:
    open_service(espace)
    _, run = post(clients["marie"], "/rejeux", objet="flux", numero=1)
    assert "1 passerait" in wait(clients["marie"], run)
    with espace.engine.begin() as conn:
        conn.execute(update(emission).where(emission.c.flux_id == 1).values(emis_le=None))
    _, for_good = post(clients["marie"], f"{run}/valider", raison="essai")

    assert "la première réponse à son flux n'est pas encore partie" in wait(clients["marie"], for_good)
    assert statuts(espace)[1] == "NON_CONFORME"


@pytest.mark.parametrize("login", ["lucie", "armor"])
def test_who_may_not_act_is_refused(clients: dict[str, TestClient], login: str) -> None:
    client = clients[login]

    assert post(client, "/rejeux", objet="facture", numero=2)[0] == 403
    assert post(client, "/rejeux/1/valider", raison="x")[0] == 403
    assert "Rejuger" not in client.get("/rejets/EDI-SERVICE-02").text


def test_a_form_without_its_token_begins_nothing(espace: Espace, clients: dict[str, TestClient]) -> None:
    answer = clients["marie"].post("/rejeux", data={"objet": "facture", "numero": 2})

    assert answer.status_code == 403
    with reading(espace.engine) as conn:
        assert rejeux.recent(conn, 5) == []


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"objet": "facture", "numero": 1}, 409),  # accepted
        ({"objet": "facture", "numero": 99}, 404),
        ({"objet": "flux", "numero": 99}, 404),
        ({"objet": "rien"}, 404),
        ({"objet": "cause", "code": "EDI-RIEN-01"}, 409),
    ],
)
def test_what_is_not_rejected_is_not_judged_again(
    clients: dict[str, TestClient], form: dict[str, object], code: int
) -> None:
    assert post(clients["marie"], "/rejeux", **form)[0] == code


def begin(espace: Espace, process: str = "ailleurs") -> int:
    with reading(espace.engine) as conn:
        (wanted,) = conn.execute(select(rejet.c.flux_id, rejet.c.facture_id).limit(1)).all()
    nouveau = Nouveau("marie", "la facture", "/factures/2", False, "", process)
    return gestes.begin(espace, nouveau, {wanted.flux_id: (wanted.facture_id,)}).id


def test_somebody_has_one_replay_at_a_time(espace: Espace, clients: dict[str, TestClient]) -> None:
    number = begin(espace)
    code, told = post(clients["marie"], "/rejeux", objet="facture", numero=2)

    assert code == 409
    assert f"Votre rejeu n° {number} (la facture) est encore en cours" in told


def test_a_replay_whose_process_died_is_told_as_interrupted(
    espace: Espace, clients: dict[str, TestClient]
) -> None:
    number = begin(espace)
    with espace.engine.begin() as conn:
        conn.execute(update(rejeu_lance).values(avance_le=espace.now() - gestes.SILENCE))
    page = words(clients["marie"].get(f"/rejeux/{number}").text)
    code, _ = post(clients["marie"], "/rejeux", objet="facture", numero=2)

    assert "Interrompu" in page
    assert "0 facture jugée sur 1" in page
    assert code == 303
    with reading(espace.engine) as conn:
        assert rejeux.get(conn, number).issue is IssueRejeu.INTERROMPU


# -- before and after -------------------------------------------------------------------------------------

A, B, C = (Trouve(code, True, code, "") for code in "ABC")
MILD = Trouve("M", False, "", "")


def test_findings_fall_stay_and_come() -> None:
    one = Rejouee(1, 1, "rejetee", "", (A, B, MILD), (B, C))

    assert compare(one) == ([A], [B], [C])
    assert compare(one._replace(change="non_jugee", apres=())) == ([], [A, B], [])
    assert count_codes([one, one]) == [("A", 2, 0, 0), ("B", 0, 2, 0), ("C", 0, 0, 2)]
