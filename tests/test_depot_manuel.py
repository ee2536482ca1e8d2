"""Deposits by hand: from the form to the statut, and what never becomes one."""

from __future__ import annotations

import errno
import json
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from clamd import infect, listening
from console import add_user, enter, make_client, token_of
from httpx2 import Response
from signing import identites, sign_pdf
from sqlalchemy import func, insert, select
from starlette.testclient import TestClient
from workspace import answers, copy_espace, make_espace

from edi import acts
from edi.app import App
from edi.espace import Espace, open_espace
from edi.model import Flux, FluxStatut, Role
from edi.samples import LotSpec, make_lot
from edi.samples.pieces import write_pdf
from edi.samples.world import KERVADEC
from edi.store.tables import depot_manuel, facture, journal

PDF = write_pdf(("Facture F-2026-1", "TTC 120,00 EUR"))
LOT = make_lot(LotSpec("ubl", 3, fautes=("service-inconnu",))).data


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("manuel") / "template"
    espace = make_espace(root)
    add_user(espace, "marie")
    add_user(espace, "lise", Role.LECTURE)
    add_user(espace, "ouest", Role.FOURNISSEUR, "AAA123")
    add_user(espace, "armor", Role.FOURNISSEUR, "BBB456")
    espace.engine.dispose()
    return root


@pytest.fixture
def espace(template: Path, tmp_path: Path) -> Espace:
    copy_espace(template, tmp_path / "e")
    return open_espace(tmp_path / "e")


@pytest.fixture
def marie(espace: Espace) -> TestClient:
    return enter(espace, "marie")


def typed(**changes: str) -> dict[str, str]:
    """The minimum data of an invoice of KERVADEC, as somebody types them."""
    return {
        "cadre": "A1",
        "type": "380",
        "mode_paiement": "30",
        "numero": "F-2026-1",
        "date": "15/11/2026",
        "devise": "eur",
        "fournisseur": "000 310 011 00010",
        "destinataire": "12345678200051",
        "ht": "1 100",
        "tva": "220,00",
        "ttc": "1 320,00 €",
        "net": "1320.00",
        "taux1": "20",
        **changes,
    }


def send(
    client: TestClient, data: bytes, nom: str = "lot.tar.gz", acte: str = "depot", **more: str
) -> Response:
    """Hand in a file through the form, as a browser does: the token first."""
    jeton = token_of(client.get("/deposer").text)
    form = {"jeton": jeton, "deposant": "AAA123", "raison": "panne de son logiciel", "acte": acte, **more}
    return client.post("/deposer", data=form, files={"fichier": (nom, data)})


def lying(espace: Espace, appli: str = "AAA123") -> list[str]:
    return sorted(path.name for path in espace.spool.inbox(appli).iterdir())


def booked(espace: Espace) -> int:
    with espace.engine.begin() as conn:
        return int(conn.execute(select(func.count()).select_from(depot_manuel)).scalar_one())


def assert_nothing_happened(espace: Espace) -> None:
    """Neither a file nor a row of it is left."""
    assert lying(espace) == []
    assert list((espace.spool.root / "versements").iterdir()) == []
    assert booked(espace) == 0
    with espace.engine.begin() as conn:
        acts = select(journal.c.contenu).where(journal.c.genre == "ACTE")
        assert [one for one in conn.execute(acts).scalars() if "depot-manuel" in one] == []


def read(html: str) -> str:
    """A page as somebody reads it."""
    return " ".join(re.sub(r"<[^>]+>", " ", html.partition("<main")[2]).split())


# -- from the form to the statut --------------------------------------------------------------------------


def test_a_lot_handed_in_is_taken_judged_and_answered_like_any_other(
    espace: Espace, marie: TestClient
) -> None:
    answer = send(marie, LOT, "Factures de novembre.tar.gz")

    assert answer.status_code == 303
    assert lying(espace) == ["FSO1100A_AAA123_AAA1231100M00000000000001.tar.gz"]
    assert "Il devient un flux dès que la collecte le prend" in marie.get(answer.headers["location"]).text
    (done,) = App(espace).run_once()
    assert (done.statut, done.acceptees, done.rejetees) == (FluxStatut.INTEGRE_PARTIEL, 2, 1)
    assert [nom[:8] for nom in answers(espace)] == ["CSO1100A", "FEN1200A"]
    page = marie.get(answer.headers["location"]).text
    assert "Votre dépôt est devenu le" in page
    assert f'href="/flux/{done.id}"' in page
    assert "À la main par marie, dépôt n° 1 panne de son logiciel" in read(marie.get(f"/flux/{done.id}").text)
    assert "dépôt n° 1" in read(enter(espace, "lise").get(f"/flux/{done.id}").text)


def test_who_deposited_what_and_why_stands_in_the_journal(espace: Espace, marie: TestClient) -> None:
    send(marie, LOT)
    with espace.engine.begin() as conn:
        query = select(journal.c.sujet, journal.c.par, journal.c.contenu).where(journal.c.genre == "ACTE")
        (row,) = [one for one in conn.execute(query) if "depot-manuel" in one.contenu]

    assert row.sujet == "FSO1100A_AAA123_AAA1231100M00000000000001.tar.gz"
    assert row.par == "marie"
    assert json.loads(row.contenu)["raison"] == "panne de son logiciel"


@pytest.mark.parametrize(
    ("spec", "interface", "nature"),
    [
        (LotSpec("ubl", archive="xml"), "FSO1100A", "XML structuré"),
        (LotSpec("cii", archive="xml"), "FSO1106A", "XML structuré"),
        (LotSpec("ubl-reforme", archive="xml"), "FSO1100A", "XML structuré"),
        (LotSpec("ubl-min", archive="xml"), "FSO1110A", "XML mixte"),
        (LotSpec("cii-min", archive="xml"), "FSO1116A", "XML mixte"),
        (LotSpec("mixte", 2, archive="xml"), "FSO1113A", "XML mixte"),
        (LotSpec("facturx", archive="pdf"), "FSO1117A", "Factur-X"),
        (LotSpec("facturx", 2, archive="zip"), "FSO1117A", "Lot de factures"),
        (LotSpec("cii", 2, archive="zip"), "FSO1106A", "Lot de factures"),
    ],
    ids=lambda value: f"{value.format}-{value.archive}" if isinstance(value, LotSpec) else "",
)
def test_the_format_is_known_from_the_bytes_and_whatever_the_file_is_called(
    espace: Espace, marie: TestClient, spec: LotSpec, interface: str, nature: str
) -> None:
    page = marie.get(send(marie, make_lot(spec).data, "bidon.txt").headers["location"]).text
    (nom,) = lying(espace)

    assert nom == f"{interface}_AAA123_AAA123{interface[3:7]}M00000000000001.{spec.archive}"
    assert nature in page
    (done,) = App(espace).run_once()
    assert done.statut is FluxStatut.INTEGRE


def test_a_pdf_with_its_data_typed_in_is_accepted_and_its_pdf_travels(
    espace: Espace, marie: TestClient
) -> None:
    assert send(marie, PDF, "Facture n°1.pdf", **typed()).status_code == 303
    (done,) = App(espace).run_once()

    assert (done.statut, done.interface) == (FluxStatut.INTEGRE, "FSO1113A")
    with espace.engine.begin() as conn:
        row = conn.execute(select(facture)).one()
    assert (row.numero, row.fournisseur, row.fournisseur_nom, row.devise, str(row.ttc), row.cadre) == (
        *("F-2026-1", KERVADEC.identifiant.valeur, "MENUISERIE KERVADEC", "EUR", "1320.00", "A1"),
    )
    piece = marie.get("/factures/1/pieces/0")
    assert piece.content == PDF
    assert piece.headers["content-disposition"].endswith("Facture%20n%C2%B01.pdf")


def test_what_is_typed_is_judged_in_the_words_of_every_flux(espace: Espace, marie: TestClient) -> None:
    page = send(marie, PDF, "f.pdf", "essai", **typed(destinataire="12345678200028")).text

    assert "serait rejeté" in page
    assert "EDI-SERVICE-01" in page
    assert_nothing_happened(espace)


@pytest.mark.parametrize(
    ("changes", "faults"),
    [
        ({"numero": ""}, {"numero": "À indiquer."}),
        ({"date": "31/02/2026"}, {"date": "« 31/02/2026 » n'est pas une date, comme 26/11/2026."}),
        ({"ht": "cent"}, {"ht": "« cent » n'est pas un nombre, comme 1234,50.", "base1": "À indiquer."}),
        ({"taux1": ""}, {"taux1": "À indiquer, puisqu'il y a de la TVA."}),
        ({"taux2": "10"}, dict.fromkeys(("base1", "montant1", "base2", "montant2"), "À indiquer.")),
        ({"montant1": "219"}, {"tva": "Le total de TVA n'est pas la somme des taux, 219."}),
        ({"cadre": "A4"}, {"cadre": "À choisir dans la liste."}),
        ({"fournisseur": "1"}, {"fournisseur_nom": "À indiquer : ce SIRET n'est pas dans l'annuaire."}),
    ],
)
def test_what_cannot_be_read_is_told_beside_its_field_and_the_form_stays_filled_in(
    espace: Espace, marie: TestClient, changes: dict[str, str], faults: dict[str, str]
) -> None:
    answer = send(marie, PDF, "f.pdf", **typed(**changes))
    told = re.findall(r'id="faute-(\w+)".*?<span>(.*?)</span>', answer.text, re.DOTALL)

    assert answer.status_code == 422
    assert {nom: text.replace("&#39;", "'") for nom, text in told} == faults
    assert 'value="1 320,00 €"' in answer.text
    assert_nothing_happened(espace)


def test_an_avoir_says_nothing_of_its_payment(espace: Espace, marie: TestClient) -> None:
    assert send(marie, PDF, "avoir.pdf", **typed(type="381", mode_paiement="")).status_code == 303
    (nom,) = lying(espace)

    assert b"<Type>381</Type>" in (espace.spool.inbox("AAA123") / nom).read_bytes()
    assert b"<Code></Code>" in (espace.spool.inbox("AAA123") / nom).read_bytes()


def test_a_signed_pdf_is_known_as_such_and_its_signature_is_judged(espace: Espace, marie: TestClient) -> None:
    signed = sign_pdf(identites()["inconnue"], PDF)
    said = read(send(marie, signed, "f.pdf", "essai", **typed()).text)
    page = marie.get(send(marie, signed, "f.pdf", **typed()).headers["location"]).text

    assert "EDI-SIGNATURE-" in said
    for text in (said, read(page)):
        assert "PDF et données saisies, signé" in text
    (done,) = App(espace).run_once()
    assert done.statut is FluxStatut.INTEGRE


def test_a_pdf_that_no_invoice_may_carry_is_refused_before_it_is_wrapped(espace: Espace) -> None:
    limites = espace.settings.limites.model_copy(update={"piece_jointe": 500})
    small = replace(espace, settings=espace.settings.model_copy(update={"limites": limites}))
    answer = send(enter(small, "marie"), PDF, "f.pdf", **typed())

    assert answer.status_code == 422
    assert "Ce PDF dépasse 500" in answer.text
    assert_nothing_happened(espace)


# -- à blanc ----------------------------------------------------------------------------------------------


def test_a_trial_says_what_is_found_where_and_what_to_do_and_leaves_nothing(
    espace: Espace, marie: TestClient
) -> None:
    answer = send(marie, LOT, "lot.tar.gz", "essai")
    said = read(answer.text)

    assert answer.status_code == 200
    assert "Ce dépôt serait accepté en partie : 2 factures acceptées, 1 rejetée. Rien n'a été déposé" in said
    for words in (
        "Le code service « SERVICE_INCONNU » est inconnu",
        "Trouvé SERVICE_INCONNU",
        "Attendu SERVICE_DEST_SERV_OBL",
        "À faire Le fournisseur demande son code service",
        "/Invoice/cac:AccountingCustomerParty",
    ):
        assert words in said
    assert_nothing_happened(espace)
    assert App(espace).run_once() == []


def test_a_trial_shows_what_the_antivirus_says(espace: Espace) -> None:
    with listening() as adresse:
        config = espace.root / "config" / "edi.toml"
        config.write_text(f'[antivirus]\nadresse = "{adresse}"\n{config.read_text()}')
        client = enter(open_espace(espace.root), "marie")
        said = read(send(client, infect(PDF, "document"), "f.pdf", "essai", **typed()).text)

    assert "EDI-ANTIVIRUS-01" in said
    assert_nothing_happened(espace)


# -- what is refused --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Ce fichier est vide"),
        (b"bonjour", "n'est ni un XML, ni un PDF, ni une archive"),
        (b"Rar!\x1a\x07\x00", "Ce fichier est un rar"),
        (b"<CPPFactureMixte><b></CPPFactureMixte>", "EDI-XML-"),
        (b"<html/>", "EDI-FORMAT-"),
        (b"%PDF-1.4\nrien", "EDI-PDF-"),
        (b"\x1f\x8brien", "EDI-ARCHIVE-"),
        (b"PK\x03\x04rien", "EDI-ARCHIVE-"),
    ],
)
@pytest.mark.parametrize("acte", ["essai", "depot"])
def test_a_file_that_can_be_no_flux_is_refused_with_the_reason(
    espace: Espace, marie: TestClient, data: bytes, words: str, acte: str
) -> None:
    answer = send(marie, data, "facture.xml", acte)

    assert answer.status_code == 422
    assert words in read(answer.text).replace("&#39;", "'")
    assert_nothing_happened(espace)


def test_no_file_is_told_at_its_field(espace: Espace, marie: TestClient) -> None:
    answer = send(marie, b"", "")

    assert answer.status_code == 422
    assert "Choisissez un fichier." in answer.text


def test_who_deposits_for_another_says_why_and_a_supplier_need_not(espace: Espace, marie: TestClient) -> None:
    refused = send(marie, LOT, raison="  ")

    assert refused.status_code == 422
    assert "Dites pourquoi" in refused.text
    assert_nothing_happened(espace)
    assert send(enter(espace, "ouest"), LOT, raison="").status_code == 303


def test_the_same_file_is_not_deposited_twice_unless_it_was_rejected(
    espace: Espace, marie: TestClient
) -> None:
    wrong = make_lot(LotSpec("ubl", 1, fautes=("service-inconnu",), archive="xml")).data

    assert send(marie, LOT).status_code == 303
    again = send(marie, LOT, "autre-nom.tar.gz")
    assert again.status_code == 409
    assert "dépôt n° 1" in again.text
    assert send(marie, wrong).status_code == 303
    App(espace).run_once()
    assert send(marie, wrong).status_code == 303


@pytest.mark.parametrize(
    "nom",
    [
        "../../../etc/passwd",
        "..\\..\\config\\edi.toml",
        "/etc/shadow",
        "FSO1100A_BBB456_BBB4561100000000000000001.xml",
        "é\u202egpj.xml",
        "<script>alert(1)</script>.xml",
        "x" * 3000 + ".xml",
        ".part",
    ],
)
def test_a_name_is_never_a_path_nor_anything_but_text(espace: Espace, marie: TestClient, nom: str) -> None:
    before = sorted(path for path in espace.root.rglob("*") if "/spool/" not in str(path))
    data = make_lot(LotSpec("ubl", archive="xml")).data
    answer = send(marie, data, nom)
    page = marie.get(answer.headers["location"]).text

    assert lying(espace) == ["FSO1100A_AAA123_AAA1231100M00000000000001.xml"]
    assert lying(espace, "BBB456") == []
    assert before == sorted(path for path in espace.root.rglob("*") if "/spool/" not in str(path))
    assert "<script>alert" not in page
    assert "\u202e" not in page


# -- who may ----------------------------------------------------------------------------------------------


def test_who_may_only_look_deposits_nothing_and_writes_nothing(espace: Espace) -> None:
    client = enter(espace, "lise")
    jeton = token_of(client.get("/").text)
    (espace.spool.root / "versements").rmdir()  # a file could not even be begun
    answer = client.post("/deposer", data={"jeton": jeton}, files={"fichier": ("a.xml", b"<a/>")})

    assert answer.status_code == 403
    assert client.get("/deposer").status_code == 403
    assert ">Déposer<" not in client.get("/").text


def test_a_stranger_writes_nothing(espace: Espace) -> None:
    (espace.spool.root / "versements").rmdir()
    answer = make_client(espace).post("/deposer", data={"jeton": "0"}, files={"fichier": ("a.xml", b"<a/>")})

    assert answer.status_code == 401


def test_a_supplier_deposits_for_its_own_deposants_alone(espace: Espace) -> None:
    armor = enter(espace, "armor")

    assert "AAA123" not in armor.get("/deposer").text
    for acte in ("essai", "depot"):
        refused = send(armor, LOT, acte=acte)
        assert refused.status_code == 422
        assert "Choisissez le déposant." in refused.text
    assert_nothing_happened(espace)


def test_a_supplier_sees_its_own_deposits_alone(espace: Espace, marie: TestClient) -> None:
    where = send(marie, LOT, "secret.tar.gz").headers["location"]
    armor, ouest = enter(espace, "armor"), enter(espace, "ouest")

    for path in ("/deposer", "/deposer/depots"):
        assert "secret.tar.gz" in ouest.get(path).text
        assert "secret.tar.gz" not in armor.get(path).text
    assert ouest.get(where).status_code == 200
    assert armor.get(where).status_code == 404


def test_the_list_of_deposits_is_cut_into_pages(espace: Espace, marie: TestClient) -> None:
    row = {"appli": "AAA123", "genre": "LOT", "interface": "FSO1100A", "sha256": "0" * 64, "taille": 1}
    row |= {"signe": False, "raison": "essai", "par": "marie", "le": espace.now()}
    with espace.engine.begin() as conn:
        conn.execute(insert(depot_manuel), [{**row, "origine": f"facture-{n:02}.xml"} for n in range(1, 54)])
    newest = marie.get("/deposer/depots").text
    older = marie.get("/deposer/depots?avant=4").text

    assert "facture-53.xml" in newest
    assert "facture-03.xml" not in newest
    assert 'href="/deposer/depots?avant=4"' in newest
    assert re.findall(r"facture-\d\d\.xml", older) == ["facture-03.xml", "facture-02.xml", "facture-01.xml"]
    assert "facture-04.xml" in marie.get("/deposer/depots?apres=3").text


# -- the form ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jeton", ["", "0" * 64, "é"])
def test_a_form_without_the_token_of_its_session_is_refused_before_its_file(
    espace: Espace, marie: TestClient, jeton: str
) -> None:
    answer = marie.post(
        "/deposer", data={"jeton": jeton, "deposant": "AAA123"}, files={"fichier": ("a", LOT)}
    )

    assert answer.status_code == 403
    assert_nothing_happened(espace)


def test_a_token_that_comes_after_the_file_is_too_late(espace: Espace, marie: TestClient) -> None:
    jeton = token_of(marie.get("/deposer").text)
    parts = [("fichier", ("a.gz", LOT)), ("jeton", (None, jeton)), ("acte", (None, "depot"))]

    assert marie.post("/deposer", files=parts).status_code == 403
    assert_nothing_happened(espace)


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\nrien", b"--x\r\n\r\n\r\n--x--", b"n'importe quoi"])
def test_a_form_that_is_none_is_refused(espace: Espace, marie: TestClient, body: bytes) -> None:
    kind = {"Content-Type": "multipart/form-data; boundary=x"}

    assert marie.post("/deposer", content=body, headers=kind).status_code in (400, 403)
    assert_nothing_happened(espace)


def test_two_files_at_once_are_refused(espace: Espace, marie: TestClient) -> None:
    jeton = token_of(marie.get("/deposer").text)
    parts = [("jeton", (None, jeton)), ("fichier", ("a.gz", LOT)), ("fichier", ("b.gz", LOT))]
    answer = marie.post("/deposer", files=parts)

    assert answer.status_code == 400
    assert "Un seul fichier à la fois" in answer.text
    assert_nothing_happened(espace)


def test_a_disk_that_takes_no_more_is_told_and_nothing_is_deposited(
    espace: Espace, marie: TestClient
) -> None:
    def refuse(act: str, subject: object) -> None:
        if act == "write":
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with acts.observed(refuse):
        answer = send(marie, LOT)

    assert answer.status_code == 507
    assert "prévenez l'exploitation" in read(answer.text).replace("&#39;", "'")
    assert_nothing_happened(espace)


def test_fields_that_are_far_too_long_are_not_read(espace: Espace, marie: TestClient) -> None:
    assert send(marie, LOT, raison="x" * 100_000).status_code == 413
    assert_nothing_happened(espace)


def test_a_file_larger_than_the_limit_is_refused_and_the_limit_was_told_before(espace: Espace) -> None:
    limites = espace.settings.limites.model_copy(update={"flux": 100_000})
    small = replace(espace, settings=espace.settings.model_copy(update={"limites": limites}))
    client = enter(small, "marie")

    assert "97,7\u202fKo au plus" in client.get("/deposer").text
    for size in (100_001, 400_000):  # as the form is measured, as the file is
        answer = send(client, b"x" * size)
        assert answer.status_code == 413
        assert "Un dépôt ne dépasse pas 97,7\u202fKo" in answer.text
    assert_nothing_happened(espace)


# -- contracts --------------------------------------------------------------------------------------------


def deposit_under(tmp_path: Path, readiness: str) -> tuple[list[str], list[Flux], list[str]]:
    """What lies in ``in`` after a deposit under a contract, what is taken, and what is left."""
    espace = make_espace(tmp_path / readiness, readiness=readiness, observations=2)
    add_user(espace, "marie")
    send(enter(espace, "marie"), LOT)
    before = lying(espace)
    return before, App(espace).run_once(), lying(espace)


NOM = "FSO1100A_AAA123_AAA1231100M00000000000001.tar.gz"


@pytest.mark.parametrize(
    ("readiness", "beside"),
    [
        ("renommage", []),
        ("temoin", [f"{NOM}.ok"]),
        ("manifeste", [f"{NOM}.sha256"]),
        ("archive", []),
        ("immobilite", []),
    ],
)
def test_a_deposit_is_complete_by_whatever_contract_its_deposant_has(
    tmp_path: Path, readiness: str, beside: list[str]
) -> None:
    before, done, after = deposit_under(tmp_path, readiness)

    assert before == [NOM, *beside]
    assert [flux.statut for flux in done] == [FluxStatut.INTEGRE_PARTIEL]
    assert after == []
