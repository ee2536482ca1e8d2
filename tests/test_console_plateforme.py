"""The pages of the platform: déposants and their channels, rules, nights; who sees what, who may act."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from attendus import expect
from console import add_user, enter, token_of
from nuits import add_settings
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.console.droits import DROITS, Droit
from edi.console.pages.regles import search
from edi.espace import Espace, open_espace
from edi.model import Role, Severity
from edi.model.regles import Comparaison, LigneComparee, RegleVue
from edi.resources import locate
from edi.samples import LotSpec
from edi.store import attendus as attendus_store
from edi.store import canaux, comparaisons, passages
from edi.validators.schematron.packs import PACKS, locate_sheet

KERVADEC = """
[[serveur]]
nom = "kervadec"
hote = "sftp.kervadec.example"
utilisateur = "navette"
empreinte = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
cle = "cles/kervadec-secrete"
mot_de_passe = "env:SECRET_KERVADEC"
[[serveur.dossier]]
deposant = "AAA123"
entree = "depot-prive"
[[serveur.dossier]]
deposant = "BBB456"
sortie = "retours"
"""
NUIT = '[[nuit]]\nnom = "factures"\nfin = "05:00"'
DECEMBRE = date(2026, 12, 1)
LOGINS = {role: role.name.lower() for role in Role}
PLATEFORME = ("/plateforme", "/regles", "/regles/en16931-ubl/1.3.16", "/nuits", "/nuits/passages/1")


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    """A lot in part accepted, a night that was made, a channel that fails, one deposit that is missing."""
    root = tmp_path_factory.mktemp("plateforme") / "e"
    make_espace(root).engine.dispose()
    add_settings(root, KERVADEC, NUIT)
    made = open_espace(root)
    deposit(made, LotSpec("ubl", 4, numero_flux=1, graine=2, fautes={2: "service-inconnu"}))
    App(made).run_jobs(["factures"], forced=True)
    with made.engine.begin() as conn:
        canaux.succeed(conn, "kervadec", made.now())  # the night has called it: nobody answers there
        canaux.fail(conn, "kervadec", "clé refusée par sftp.kervadec.example", made.now())
        awaited = replace(expect("02:00", "06:00"), appli="BBB456", id=0)
        attendus_store.add(conn, awaited)
    for role, login in LOGINS.items():
        add_user(made, login, role, *(["AAA123"] if role is Role.FOURNISSEUR else []))
    return made


# -- who sees what ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("path", PLATEFORME)
def test_the_platform_is_for_those_who_may_see_it_whole(espace: Espace, role: Role, path: str) -> None:
    answer = enter(espace, LOGINS[role]).get(path)

    if Droit.VOIR_PLATEFORME in DROITS[role]:
        assert answer.status_code == 200
    elif path == "/plateforme":
        assert (answer.status_code, answer.headers["location"]) == (303, "/deposants")
    else:
        assert answer.status_code == 403


def test_a_supplier_sees_its_own_deposants_alone(espace: Espace) -> None:
    client = enter(espace, "fournisseur")
    listed = client.get("/deposants").text

    assert "AAA123" in listed
    assert "BBB456" not in listed
    assert client.get("/deposants/AAA123").status_code == 200
    assert client.get("/deposants/BBB456").status_code == 404
    assert client.get("/deposants/ZZZ999").status_code == 404


@pytest.mark.parametrize("login", ["fournisseur", "administrateur"])
@pytest.mark.parametrize("path", ["/deposants", "/deposants/AAA123", "/plateforme"])
def test_nobody_is_shown_a_secret_of_a_channel(espace: Espace, login: str, path: str) -> None:
    text = enter(espace, login).get(path, follow_redirects=True).text

    for secret in ("SECRET_KERVADEC", "kervadec-secrete", "SHA256:AAAA"):
        assert secret not in text


def test_what_went_wrong_on_a_server_that_others_share_is_told_to_the_platform_alone(espace: Espace) -> None:
    operator = enter(espace, "operateur").get("/deposants/AAA123").text
    supplier = enter(espace, "fournisseur").get("/deposants/AAA123").text

    assert "clé refusée par sftp.kervadec.example" in operator
    assert "En échec (1)" in operator
    assert "En échec (1)" in supplier
    assert "sftp.kervadec.example" not in supplier
    assert "BBB456" not in supplier


# -- déposants --------------------------------------------------------------------------------------------


def test_a_deposant_is_told_with_its_deposits_their_answer_and_how_much_passes_at_once(
    espace: Espace,
) -> None:
    page = enter(espace, "lecture").get("/deposants/AAA123").text

    assert "Intégré en partie" in page
    assert "dès qu&#39;il porte son nom définitif" in page
    assert "<strong>75,0\u202f%</strong>" in page
    assert "Dernière réponse" in page


def test_a_deposit_that_is_missing_is_shown_where_one_looks_first(espace: Espace) -> None:
    client = enter(espace, "lecture")
    overview, one = client.get("/plateforme").text, client.get("/deposants/BBB456").text

    assert "Dépôt attendu : en retard depuis le" in overview
    assert "Pas comme attendu" in one
    assert "rien reçu" in one


def test_deposants_are_found_by_code_or_name(espace: Espace) -> None:
    client = enter(espace, "lecture")

    assert "BBB456" in client.get("/deposants?cherche=bbb").text
    assert "AAA123" not in client.get("/deposants?cherche=bbb").text
    assert "CCC789" in client.get("/deposants?apres=BBB456").text
    assert "AAA123" not in client.get("/deposants?apres=BBB456").text


# -- nights -----------------------------------------------------------------------------------------------


def pause(
    espace: Espace, login: str, raison: str, verb: str = "pause", nom: str = "factures"
) -> tuple[int, str]:
    client = enter(espace, login)
    form = {"raison": raison, "jeton": token_of(client.get("/deposants").text)}
    answer = client.post(f"/nuits/{nom}/{verb}", data=form)
    return answer.status_code, answer.text


def test_a_job_is_paused_and_let_go_on_with_a_reason_that_is_shown_with_who_gave_it(espace: Espace) -> None:
    client = enter(espace, "operateur")
    done = pause(espace, "operateur", "fermeture annuelle")[0]
    shown, again = client.get("/nuits").text, pause(espace, "valideur", "moi aussi")
    resumed = pause(espace, "valideur", "réouverture", "reprise")[0]
    twice = pause(espace, "valideur", "réouverture", "reprise")

    assert (done, resumed) == (303, 303)
    assert "Mise en pause par operateur : « fermeture annuelle »." in shown
    assert again[0] == 409
    assert "déjà en pause par operateur" in again[1]
    assert twice[0] == 409
    assert "pas en pause" in twice[1]
    assert "Mise en pause par" not in client.get("/nuits").text


def test_the_journal_tells_who_paused_a_job_and_why(
    espace: Espace, capsys: pytest.CaptureFixture[str]
) -> None:
    pause(espace, "administrateur", "bascule du réseau")
    pause(espace, "administrateur", "réseau basculé", "reprise")
    told = type_edi(capsys, "-e", espace.root, "journal", "--par", "administrateur").out

    assert "nuit-en-pause" in told
    assert "nuit-reprise" in told
    assert "bascule du réseau" in told


def test_a_job_is_not_paused_without_a_reason_and_the_form_says_so(espace: Espace) -> None:
    code, page = pause(espace, "operateur", "  ")

    assert code == 422
    assert "Dites pourquoi" in page
    assert pause(espace, "operateur", "x", nom="inconnue")[0] == 409


@pytest.mark.parametrize("login", ["lecture", "fournisseur"])
def test_who_may_not_act_pauses_nothing(espace: Espace, login: str) -> None:
    assert pause(espace, login, "pour voir")[0] == 403
    assert "Mettre en pause" not in enter(espace, login).get("/nuits").text


def test_a_job_is_not_paused_by_a_form_without_its_token(espace: Espace) -> None:
    client = enter(espace, "operateur")

    assert client.post("/nuits/factures/pause", data={"raison": "volée"}).status_code == 403


def test_a_run_is_shown_with_its_report_and_given_as_files(espace: Espace) -> None:
    client = enter(espace, "lecture")
    page = client.get("/nuits/passages/1")
    html = client.get("/nuits/passages/1/rapport.html")
    text = client.get("/nuits/passages/1/rapport.txt")

    assert 'class="faire"' in page.text
    assert "<style" not in page.text
    assert " style=" not in page.text
    assert html.headers["content-disposition"].startswith("attachment")
    assert html.text.startswith("<!doctype html>")
    assert "<style>" in html.text
    assert "factures" in text.text
    assert client.get("/nuits/passages/1/rapport.exe").status_code == 404
    assert client.get("/nuits/passages/99").status_code == 404
    assert client.get("/nuits/passages/99/rapport.txt").status_code == 404


def test_runs_are_paged_by_their_number_both_ways(espace: Espace) -> None:
    with espace.engine.connect() as conn:
        total = passages.list_page(conn, "", 100)
        first = passages.list_page(conn, "", 1)
        older = passages.list_page(conn, "factures", 1, avant=first.lignes[0].id)
        newer = passages.list_page(conn, "", 1, apres=0)
        none = passages.list_page(conn, "autre", 5)

    assert total.lignes[0] == first.lignes[0]
    assert (first.plus_recents, first.plus_anciens) == (False, len(total.lignes) > 1)
    assert older.plus_recents is True
    assert newer == first
    assert none.lignes == ()


# -- rules ------------------------------------------------------------------------------------------------


def test_the_catalogue_is_open_to_suppliers_and_puts_the_very_code_first(espace: Espace) -> None:
    page = enter(espace, "fournisseur").get("/regles/catalogue?cherche=BR-CO-15").text
    first = page.partition('<strong class="code">')[2].partition("<")[0]

    assert first == "BR-CO-15"
    assert "Le total TTC" in page
    assert "MONTANTTOTAL_ERR" in page


def test_a_finding_leads_to_its_rule(espace: Espace) -> None:
    page = enter(espace, "fournisseur").get("/flux/1").text

    assert 'href="/regles/catalogue?cherche=EDI-SERVICE-02"' in page


def rule(code: str, titre: str) -> RegleVue:
    return RegleVue(code, Severity.ERROR, "REJ_SEMAN", titre, "", "", "", "Navette", "", officielle=False)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", ["EDI-A-02", "EDI-A-01", "EDI-B-01"]),
        ("edi-a-01", ["EDI-A-01", "EDI-B-01"]),
        ("  PERIME ", ["EDI-A-02"]),
        ("mandat périmé", ["EDI-A-02"]),
        ("mandat service", []),
    ],
)
def test_rules_are_found_by_each_word_whatever_its_accents_the_code_itself_first(
    text: str, codes: list[str]
) -> None:
    catalogue = [
        rule("EDI-A-02", "Le mandat est périmé."),
        rule("EDI-A-01", "Le service manque."),
        rule("EDI-B-01", "Voir EDI-A-01."),
    ]

    assert codes == [one.code for one in search(catalogue, text)]


def test_a_candidate_is_shown_beside_the_version_in_force_with_what_was_compared(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "e", annuaire=False)
    add_user(espace, "marie")
    shipped = locate_sheet(PACKS["br-fr-ubl"][0].parts[0].sheet).read_text("utf-8")
    sheet = tmp_path / "BR-FR.xslt"
    sheet.write_text(shipped.replace(">BR-FR-05<", ">BR-FR-99<").replace("BR-FR-05_", "BR-FR-99_"), "utf-8")
    done = type_edi(
        capsys, "-e", espace.root, "rules", "install", sheet, "--jeu", "br-fr-ubl", "--version", "9"
    )
    assert done.code == 0
    client = enter(espace, "marie")
    before = client.get("/regles/br-fr-ubl/9").text
    compared = type_edi(capsys, "-e", espace.root, "rules", "compare", "br-fr-ubl")
    assert (compared.code, compared.err) == (0, "")
    after = client.get("/regles/br-fr-ubl/9").text

    assert "Pas encore comparée." in before
    assert "Nouvelle" in before
    assert "BR-FR-99" in before
    assert "edi rules activate br-fr-ubl" in before
    assert "Aucune facture reçue n'est jugée par ce jeu." in after
    assert "br-fr-ubl 9" in client.get("/plateforme").text
    assert client.get("/regles/br-fr-ubl/8").status_code == 404
    assert client.get("/regles/rien/9").status_code == 404


def test_a_comparison_is_kept_until_the_next_one_and_only_for_those_very_files(espace: Espace) -> None:
    ligne = LigneComparee("1:12345678200010", "Kervadec", 40, 3, 1, 0, 2, {"BR-FR-05": 3}, {})
    made = Comparaison(
        "br-fr-ubl", "9", ("a", "b"), "1", None, date(2026, 12, 1), espace.now(), "x", (ligne,)
    )
    with espace.engine.begin() as conn:
        comparaisons.keep(conn, made)
        comparaisons.keep(conn, made)
        found = comparaisons.find(conn, "br-fr-ubl", "9", ("a", "b"))
        other = comparaisons.find(conn, "br-fr-ubl", "9", ("c",))

    assert found == made
    assert other is None


def test_every_pack_of_this_installation_is_listed(espace: Espace) -> None:
    page = enter(espace, "lecture").get("/regles").text

    assert locate("schemas", "packs.toml").is_file()
    for name in PACKS:
        assert f"/regles/{name}/" in page
