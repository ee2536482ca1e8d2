"""Deposits by hand through the API: tried without being made, a PDF with its typed data."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from api import as_program, make_token
from console import add_user, enter
from exploitants import acts
from starlette.testclient import TestClient
from test_depot_manuel import LOT, PDF, assert_nothing_happened, send, typed
from workspace import copy_espace, make_espace

from edi.app import App
from edi.espace import Espace, open_espace
from edi.model import FluxStatut, Role

BRUT = {"Content-Type": "application/octet-stream"}
LOT_ICI = {"deposant": "AAA123", "nom": "lot.tar.gz"}


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("api-depots") / "template"
    espace = make_espace(root)
    add_user(espace, "marie")
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


def program(espace: Espace, role: Role = Role.OPERATEUR, *deposants: str) -> TestClient:
    return as_program(espace, make_token(espace, role, *deposants))


@pytest.fixture
def erp(espace: Espace) -> TestClient:
    return program(espace)


def done(answer: Any) -> Any:
    assert answer.status_code == 200, answer.text
    return answer.json()


def fill_in(client: TestClient, path: str, data: bytes = PDF, nom: str = "F.pdf", **changes: str) -> Any:
    """Send the form of a PDF, the file first: programs need no order."""
    said = {"deposant": "AAA123", "raison": "panne", **typed(), **changes}
    return client.post(path, files=[("fichier", (nom, data)), *((k, (None, v)) for k, v in said.items())])


# -- trials -----------------------------------------------------------------------------------------------


def test_a_lot_is_tried_without_being_deposited(espace: Espace, erp: TestClient) -> None:
    told = done(erp.post("depots/essai", params=LOT_ICI, content=LOT, headers=BRUT))
    page = send(enter(espace, "marie"), LOT, acte="essai").text
    first = told["constats"][0]

    assert (told["issue"], told["genre"], told["interface"]) == ("INTEGRE_PARTIEL", "LOT", "FSO1100A")
    assert (told["acceptees"], told["rejetees"], told["en_attente"]) == (2, 1, 0)
    assert (first["code"], first["gravite"], first["facture_id"]) == ("EDI-SERVICE-02", "ERROR", None)
    assert first["ou"].startswith("Facture ")
    assert all(one["ou"] in page and one["code"] in page for one in told["constats"])
    assert told["phrase"].removesuffix(".") in page
    assert_nothing_happened(espace)


@pytest.mark.parametrize(
    ("role", "deposant", "data", "code"),
    [
        (Role.LECTURE, "AAA123", LOT, 403),
        (Role.FOURNISSEUR, "AAA123", LOT, 404),
        (Role.OPERATEUR, "ZZZ999", LOT, 404),
        (Role.OPERATEUR, "AAA123", b"ceci n'est pas une facture", 422),
        (Role.OPERATEUR, "AAA123", b"", 422),
        (Role.OPERATEUR, "AAA123", PDF, 422),
    ],
)
def test_what_cannot_be_tried_is_told(
    espace: Espace, role: Role, deposant: str, data: bytes, code: int
) -> None:
    client = program(espace, role, *(["BBB456"] if role is Role.FOURNISSEUR else []))
    asked = {"deposant": deposant, "nom": "a.xml"}
    answer = client.post("depots/essai", params=asked, content=data, headers=BRUT)

    assert (answer.status_code, answer.headers["content-type"]) == (code, "application/problem+json")
    assert_nothing_happened(espace)


def test_a_supplier_tries_and_deposits_its_own_without_a_reason(espace: Espace) -> None:
    ouest = program(espace, Role.FOURNISSEUR, "AAA123")
    tried = done(ouest.post("depots/essai", params=LOT_ICI, content=LOT, headers=BRUT))
    made = done(ouest.post("depots", params=LOT_ICI, content=LOT, headers=BRUT))
    refused = program(espace, Role.OPERATEUR).post("depots", params=LOT_ICI, content=LOT, headers=BRUT)

    assert tried["acceptees"] == 2
    assert made["raison"] == "Dépôt par le déposant lui-même"
    assert (refused.status_code, refused.json()["erreurs"][0]["champ"]) == (422, "raison")


# -- a PDF and its data -----------------------------------------------------------------------------------


def test_a_pdf_is_tried_then_deposited_with_its_data(espace: Espace, erp: TestClient) -> None:
    tried = done(fill_in(erp, "depots/pdf/essai"))
    assert_nothing_happened(espace)
    made = done(fill_in(erp, "depots/pdf"))
    (flux,) = App(espace).run_once()
    (bill,) = erp.get(f"flux/{flux.id}/factures").json()["elements"]
    told = erp.get(f"flux/{flux.id}").json()

    assert (tried["genre"], tried["issue"], tried["signe"]) == ("PDF", "INTEGRE", False)
    assert (made["genre"], made["origine"], made["par"]) == ("PDF", "F.pdf", "jeton:operateur")
    assert flux.statut is FluxStatut.INTEGRE
    assert (bill["numero"], bill["ttc"], bill["destinataire"]["identifiant"]["valeur"]) == (
        "F-2026-1",
        "1320.00",
        "12345678200051",
    )
    assert (told["depot"]["id"], told["depot"]["raison"]) == (made["id"], "panne")
    assert len(acts(espace, "depot-manuel")) == 1


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"cadre": "Z9"}, {"cadre"}),
        ({"numero": "", "date": "hier"}, {"numero", "date"}),
        ({"ht": "beaucoup"}, {"ht", "base1"}),
        ({"tva": "219,00", "montant1": "220"}, {"tva"}),
        ({"raison": " "}, {"raison"}),
        ({"autre": "x"}, {"autre"}),
        ({"numero": "F\x01"}, {"numero"}),
        ({"deposant": ""}, {"deposant"}),
    ],
)
def test_typed_data_that_mean_nothing_are_told_field_by_field(
    espace: Espace, erp: TestClient, changes: dict[str, str], faults: set[str]
) -> None:
    answer = fill_in(erp, "depots/pdf", **changes)

    assert answer.status_code == 422, answer.text
    assert {one["champ"] for one in answer.json()["erreurs"]} == faults
    assert_nothing_happened(espace)


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        (b"{}", "application/json", 422),
        (b"--x\r\nrien", "multipart/form-data; boundary=y", 400),
        (b"--x--\r\n", "multipart/form-data; boundary=x", 422),
        (b"", "multipart/form-data", 422),
    ],
)
def test_a_body_that_is_no_form_is_refused(
    espace: Espace, erp: TestClient, body: bytes, kind: str, code: int
) -> None:
    answer = erp.post("depots/pdf", content=body, headers={"Content-Type": kind})

    assert (answer.status_code, answer.headers["content-type"]) == (code, "application/problem+json")
    assert_nothing_happened(espace)


@pytest.mark.parametrize("path", ["depots/pdf", "depots/pdf/essai"])
def test_who_may_not_deposit_sends_no_pdf(espace: Espace, path: str) -> None:
    armor = program(espace, Role.FOURNISSEUR, "BBB456")

    assert fill_in(armor, path).status_code == 404
    assert fill_in(program(espace, Role.LECTURE), path).status_code == 403
    assert_nothing_happened(espace)


def test_a_form_without_its_file_and_one_with_two_are_refused(espace: Espace, erp: TestClient) -> None:
    said = [(name, (None, value)) for name, value in {"deposant": "AAA123", **typed()}.items()]
    none = erp.post("depots/pdf", files=said)
    two = erp.post("depots/pdf", files=[*said, ("fichier", ("a.pdf", PDF)), ("fichier", ("b.pdf", PDF))])

    assert (none.status_code, "fichier" in none.json()["detail"]) == (422, True)
    assert two.status_code == 400
    assert_nothing_happened(espace)


def test_a_form_beyond_the_limit_is_refused(espace: Espace, erp: TestClient) -> None:
    limit = erp.app.state.console.gestes.manuel.limite  # type: ignore[attr-defined]
    kind = {"Content-Type": "multipart/form-data; boundary=x", "Content-Length": f"{limit + 70_000}"}
    answer = erp.post("depots/pdf", content=b"x", headers=kind)

    assert answer.status_code == 413
    assert answer.json()["detail"].startswith("Un dépôt ne dépasse pas ")


def test_another_file_is_deposited_as_it_is_whatever_was_typed(erp: TestClient) -> None:
    made = done(fill_in(erp, "depots/pdf", LOT, "lot.tar.gz"))

    assert (made["genre"], made["taille"]) == ("LOT", len(LOT))
