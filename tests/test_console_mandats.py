"""The pages of mandats: the list within a scope, its file, and what each role may do to one."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from console import add_user, enter, token_of
from starlette.testclient import TestClient
from workspace import make_espace

from edi.espace import Espace
from edi.gestes import mandats as gestes
from edi.model import SIRET, TOUT, ActeMandat, EtatMandat, Identifiant, Role
from edi.model.mandats import DemandeMandat, Souscription
from edi.store import liste_mandats, mandats
from edi.store.database import reading

TIERS = Identifiant(SIRET, "73282932000074")
HIER, JOUR = date(2026, 11, 19), date(2026, 11, 20)


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "e")
    for role in (Role.LECTURE, Role.OPERATEUR, Role.VALIDEUR):
        add_user(made, role.name.lower(), role)
    add_user(made, "fournisseur", Role.FOURNISSEUR, "BBB456")
    return made


@pytest.fixture
def given(espace: Espace) -> int:
    """A mandat that is subscribed only; its number."""
    return gestes.give(espace, Souscription(TIERS, "AAA123", HIER, soumis=False), "marie").id


def numbers(html: str) -> list[int]:
    """The mandats of a list, in order."""
    return [int(one) for one in re.findall(r'<th scope="row"><a href="/mandats/(\d+)">', html)]


def ask(client: TestClient, path: str, **form: str) -> int:
    jeton = token_of(client.get("/mandats").text)
    return client.post(path, data={**form, "jeton": jeton}).status_code


def etat(espace: Espace, mandat_id: int) -> EtatMandat | None:
    with reading(espace.engine) as conn:
        found = mandats.find_mandat(conn, mandat_id)
    assert found is not None
    return found.etat_le(JOUR)


# -- the list ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", list(EtatMandat))
def test_the_list_of_a_state_is_that_of_the_mandats_that_are_in_it(
    espace: Espace, given: int, wanted: EtatMandat
) -> None:
    gestes.act(espace, DemandeMandat(1, ActeMandat.REVOQUE, HIER, raison="fini"), "marie")
    with reading(espace.engine) as conn:
        expected = {one.id for one in mandats.list_mandats(conn) if one.etat_le(JOUR) is wanted}
    html = enter(espace, "lecture").get(f"/mandats?etat={wanted.name}").text

    assert expected
    assert set(numbers(html)) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("fournisseur=73282932000074", [20]), ("fournisseur=732829320", [20]), ("fournisseur=7328", [])],
)
def test_a_fournisseur_is_found_by_its_siret_or_its_siren(
    espace: Espace, given: int, query: str, expected: list[int]
) -> None:
    assert numbers(enter(espace, "lecture").get(f"/mandats?{query}").text) == expected


def test_pages_follow_one_another_and_lead_back(espace: Espace, monkeypatch: pytest.MonkeyPatch) -> None:
    client = enter(espace, "lecture")
    whole = numbers(client.get("/mandats").text)
    monkeypatch.setattr("edi.console.pages.mandats._PAGE", 7)
    pages, address = [], "/mandats"
    while address:
        html = client.get(address).text
        pages.append(numbers(html))
        found = re.search(r'rel="next" href="([^"]+)"', html)
        address = found[1].replace("&amp;", "&") if found else ""
    back = numbers(client.get(f"/mandats?apres={pages[-1][0]}").text)

    assert [one for page in pages for one in page] == whole
    assert len(pages) > 2
    assert back == pages[-2]


def test_a_supplier_sees_the_mandats_of_its_deposants_alone_at_every_address(
    espace: Espace, given: int
) -> None:
    client = enter(espace, "fournisseur")
    with reading(espace.engine) as conn:
        own = [one.id for one in mandats.list_mandats(conn, None, "BBB456")]
    html = client.get("/mandats").text

    assert set(numbers(html)) == set(own)
    assert "Souscrire" not in html
    assert numbers(client.get("/mandats?deposant=AAA123").text) == []
    assert client.get(f"/mandats/{given}").status_code == 404
    assert client.get(f"/mandats/{own[0]}").status_code == 200
    assert "AAA123" not in client.get("/mandats/export").text
    assert "BBB456" in client.get("/mandats/export").text
    assert client.get("/mandats/nouveau").status_code == 403
    assert [ask(client, f"/mandats/{own[0]}/{one}", raison="x") for one in ACTES] == [403] * 3


ACTES = ("envoyer", "signer", "revoquer")


def test_the_file_opens_in_a_spreadsheet_and_holds_no_formula(espace: Espace) -> None:
    asked = Souscription(TIERS, "AAA123", HIER, signe_le=HIER, signataire="=HYPERLINK(0)")
    gestes.give(espace, asked, "marie")
    answer = enter(espace, "lecture").get("/mandats/export?fournisseur=73282932000074")
    head, line, *_ = answer.content.decode("utf-8").splitlines()

    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert head == "\ufeffMandat;Signataire;Date création;Date révocation;Statut"
    assert line == "20 - SIRET 73282932000074 - AAA123;'=HYPERLINK(0);19/11/2026;;Actif"
    assert "mandats-2026-11-20.csv" in answer.headers["content-disposition"]


# -- its life ---------------------------------------------------------------------------------------------


def test_a_mandat_lives_through_the_pages_under_the_names_of_who_acts(espace: Espace) -> None:
    marie, chef = enter(espace, "operateur"), enter(espace, "valideur")
    form = {"fournisseur": "732 829 320 00074", "deposant": "AAA123", "du": "2026-11-19"}
    made = [ask(marie, "/mandats", **form)]
    states = [etat(espace, 20)]
    for client, path, more in (
        (marie, "envoyer", {"le": "2026-11-20"}),
        (chef, "signer", {"signataire": "Soazig Le Goff"}),
        (marie, "revoquer", {"raison": "fin de contrat"}),
    ):
        made.append(ask(client, f"/mandats/20/{path}", **more))
        states.append(etat(espace, 20))
    html = marie.get("/mandats/20").text
    with reading(espace.engine) as conn:
        told = [(one.saisie.par, one.acte, one.raison) for one in mandats.history(conn, 20)]

    assert made == [303] * 4
    assert states == [
        EtatMandat.SOUSCRIT,
        EtatMandat.EN_COURS_DE_VALIDATION,
        EtatMandat.ACTIF,
        EtatMandat.REVOQUE,
    ]
    assert told == [
        ("operateur", ActeMandat.SOUSCRIT, ""),
        ("operateur", ActeMandat.SOUMIS, ""),
        ("valideur", ActeMandat.SIGNE, ""),
        ("operateur", ActeMandat.REVOQUE, "fin de contrat"),
    ]
    assert "fin de contrat" in html
    assert 'action="/mandats/20/' not in html  # nothing more may be done to it


@pytest.mark.parametrize(
    ("login", "expected"), [("lecture", [403] * 3), ("operateur", [303, 403, 303]), ("valideur", [303] * 3)]
)
def test_each_role_does_what_it_may(espace: Espace, given: int, login: str, expected: list[int]) -> None:
    client = enter(espace, login)

    assert [ask(client, f"/mandats/{given}/{one}", raison="fini") for one in ACTES] == expected


@pytest.mark.parametrize(
    ("path", "form", "code", "told"),
    [
        ("revoquer", {"raison": " "}, 422, "Dites pourquoi"),
        ("revoquer", {"raison": "fini", "le": "bof"}, 422, "n&#39;est pas une date"),
        ("revoquer", {"raison": "fini", "le": "2026-11-18"}, 409, "ne peut pas être révoqué avant"),
        ("signer", {"le": "2026-11-18", "signataire": "Soazig"}, 409, "ne peut pas être signé avant"),
    ],
)
def test_what_cannot_be_done_is_told_on_the_page_with_what_was_typed(
    espace: Espace, given: int, path: str, form: dict[str, str], code: int, told: str
) -> None:
    client = enter(espace, "valideur")
    jeton = token_of(client.get("/mandats").text)
    answer = client.post(f"/mandats/{given}/{path}", data={**form, "jeton": jeton})

    assert answer.status_code == code
    assert told in answer.text
    assert all(
        re.search(f'value="{one}"|>{one}</textarea>', answer.text) for one in form.values() if one.strip()
    )
    assert etat(espace, given) is EtatMandat.SOUSCRIT


@pytest.mark.parametrize(
    ("changed", "code", "told"),
    [
        ({"fournisseur": "7328"}, 422, "n&#39;est ni un SIRET"),
        ({"deposant": "ZZZ999"}, 422, "Choisissez le déposant"),
        ({"du": "hier"}, 422, "« hier » n&#39;est pas une date"),
        ({}, 409, "Le fournisseur SIRET 73282932000074 a déjà donné à AAA123 le mandat n° 20"),
    ],
)
def test_a_mandat_that_cannot_be_given_leaves_the_form_as_it_was(
    espace: Espace, given: int, changed: dict[str, str], code: int, told: str
) -> None:
    client = enter(espace, "operateur")
    form = {"fournisseur": TIERS.valeur, "deposant": "AAA123", "signataire": "Soazig Le Goff"} | changed
    answer = client.post("/mandats", data=form | {"jeton": token_of(client.get("/mandats").text)})

    assert answer.status_code == code
    assert told in answer.text
    assert 'value="Soazig Le Goff"' in answer.text


def test_an_act_without_the_token_of_the_session_is_refused(espace: Espace, given: int) -> None:
    client = enter(espace, "operateur")
    form = {"raison": "fini", "jeton": "0" * 64}

    assert client.post(f"/mandats/{given}/revoquer", data=form).status_code == 403
    assert client.post("/mandats", data=form).status_code == 403
    assert etat(espace, given) is EtatMandat.SOUSCRIT


def test_the_day_of_a_state_counts_as_it_does_elsewhere(espace: Espace) -> None:
    asked = Souscription(TIERS, "AAA123", HIER, signe_le=JOUR)
    made = gestes.give(espace, asked, "marie")
    found = {}
    with reading(espace.engine) as conn:
        for jour in (HIER, JOUR, date(2026, 11, 21)):
            for one in EtatMandat:
                seen = liste_mandats.all_mandats(
                    conn, TOUT, liste_mandats.Filtre(mandant=TIERS.valeur, etat=one), jour
                )
                if seen:
                    found[jour] = one

    assert found == {jour: made.etat_le(jour) for jour in found}
    assert len(found) == 3
