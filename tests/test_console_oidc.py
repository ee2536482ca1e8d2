"""Logging in at an identity provider: a real one over HTTP, what it may get wrong, what becomes of it."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from console import PASSE, Heure, add_user, log_in, make_console, token_of
from fournisseur_oidc import SECRET, FournisseurOidc, configure, serve
from journaux import rows_of
from starlette.testclient import TestClient
from workspace import make_espace

from edi.console.application import make_application
from edi.console.visite import Console
from edi.espace import Espace, open_espace
from edi.model import Role, Utilisateur
from edi.store import utilisateurs


@pytest.fixture
def heure() -> Heure:
    return Heure()


@pytest.fixture
def provider(heure: Heure) -> Iterator[FournisseurOidc]:
    with serve(heure) as one:
        yield one


Make = Callable[..., TestClient]


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    made = make_espace(tmp_path / "e", annuaire=False)
    (made.root / "config" / "oidc").write_text(SECRET)
    return made


@pytest.fixture
def browser(espace: Espace, provider: FournisseurOidc, heure: Heure) -> Make:
    def make(**more: str) -> TestClient:
        config = espace.root / "config" / "edi.toml"
        config.write_text(f"{config.read_text()}\n{configure(provider, **more)}")
        return browse(open_espace(espace.root), heure)

    return make


def browse(espace: Espace, heure: Heure) -> TestClient:
    from dataclasses import replace

    console: Console = make_console(espace, heure)
    assert console.oidc is not None
    console = replace(console, oidc=replace(console.oidc, horloge=heure))
    return TestClient(make_application(console), follow_redirects=False)


def come_in(client: TestClient, provider: FournisseurOidc, vers: str = "/") -> Any:
    """What a browser gets when it comes back from the provider."""
    left = client.get("/connexion/oidc", params={"vers": vers})
    assert left.status_code == 303
    return client.get("/connexion/retour", params=provider.authorize(left.headers["location"]))


def user(espace: Espace, login: str = "zoe.martin") -> Utilisateur:
    with espace.engine.begin() as conn:
        found = utilisateurs.find(conn, login)
    assert found is not None
    return found[0]


def everybody(espace: Espace) -> list[str]:
    with espace.engine.begin() as conn:
        return [one.login for one in utilisateurs.all_users(conn)]


def test_the_login_offers_the_provider_where_there_is_one_alone(espace: Espace, browser: Make) -> None:
    assert "Se connecter avec" in browser().get("/connexion").text
    assert (
        "Se connecter avec"
        not in TestClient(make_application(make_console(espace, Heure()))).get("/connexion").text
    )


def test_who_is_vouched_for_gets_an_account_the_role_of_its_group_and_a_session(
    espace: Espace, browser: Make, provider: FournisseurOidc
) -> None:
    client = browser()
    answer = come_in(client, provider, "/flux?statut=REJETE")
    who = user(espace)
    (row,) = [one for one in rows_of(espace) if '"acte":"compte-cree"' in one.contenu]

    assert (answer.status_code, answer.headers["location"]) == (303, "/flux?statut=REJETE")
    assert (who.nom, who.role, who.actif) == ("Zoé Martin", Role.OPERATEUR, True)
    assert "Zoé Martin" in client.get("/").text
    assert row.par == "oidc"
    assert log_in(browse(open_espace(espace.root), Heure()), "zoe.martin", "") == 403  # it has no password


@pytest.mark.parametrize(
    ("groups", "role", "seen"),
    [
        (["edi-lecteurs", "autre"], Role.LECTURE, set()),
        ("edi-lecteurs", Role.LECTURE, set()),
        (["edi-chefs", "edi-lecteurs"], Role.ADMINISTRATEUR, set()),
        (["edi-ouest"], Role.FOURNISSEUR, {"AAA123"}),
        (["edi-ouest", "edi-operateurs"], Role.OPERATEUR, set()),
    ],
)
def test_groups_give_the_role_anew_at_each_login(
    espace: Espace, browser: Make, provider: FournisseurOidc, groups: Any, role: Role, seen: set[str]
) -> None:
    client = browser()
    come_in(client, provider)
    provider.personne["groups"] = groups
    assert come_in(client, provider).status_code == 303
    who = user(espace)

    assert (who.role, who.deposants) == (role, seen)
    assert len(everybody(espace)) == 1


def test_groups_may_be_told_only_to_who_asks_for_them(
    espace: Espace, browser: Make, provider: FournisseurOidc
) -> None:
    provider.faux.userinfo = {"groups": ["edi-chefs"]}
    come_in(browser(), provider)

    assert user(espace).role is Role.ADMINISTRATEUR
    assert provider.asked[-1] == "/userinfo"


_PAS_SIGNEE = "La réponse n'est pas signée par le fournisseur d'identité, ou n'est pas lisible."
_AUTRE = "La réponse s'adresse à une autre application que celle-ci."


@pytest.mark.parametrize(
    ("wrong", "sentence", "reason"),
    [
        (
            lambda faux: faux.claims.update(nonce="autre"),
            "La réponse n'est pas celle de cette demande : recommencez.",
            "nonce",
        ),
        (lambda faux: faux.claims.update(aud="autre"), _AUTRE, "aud"),
        (lambda faux: faux.claims.update(aud=["navette", "autre"], azp="autre"), _AUTRE, "azp"),
        (
            lambda faux: faux.claims.update(exp=1),
            "La réponse a expiré : recommencez ; si cela dure, faites vérifier les horloges.",
            "exp",
        ),
        (
            lambda faux: faux.claims.update(iss="https://ailleurs.example"),
            "La réponse ne vient pas du fournisseur d'identité attendu.",
            "iss",
        ),
        (lambda faux: faux.sign_by_another_key(), _PAS_SIGNEE, "signature: BadSignatureError"),
        (lambda faux: setattr(faux, "unsigned", True), _PAS_SIGNEE, "signature: "),
        (
            lambda faux: faux.claims.update(groups=["ventes"]),
            "Votre compte est reconnu, mais aucun de ses groupes n'ouvre la console : "
            "demandez à l'administrateur lequel vous manque.",
            "groups",
        ),
        (
            lambda faux: setattr(faux, "userinfo", {"sub": "43", "groups": ["edi-chefs"]}),
            "La réponse n'est pas celle de cette demande : recommencez.",
            "userinfo",
        ),
    ],
)
def test_what_the_provider_gets_wrong_lets_nobody_in(
    espace: Espace,
    browser: Make,
    provider: FournisseurOidc,
    wrong: Callable[[Any], None],
    sentence: str,
    reason: str,
) -> None:
    wrong(provider.faux)
    client = browser()
    with structlog.testing.capture_logs() as told:
        answer = come_in(client, provider)
    (refused,) = [one for one in told if one["event"] == "oidc_refused"]

    assert answer.status_code == 403
    assert sentence in html.unescape(answer.text)
    assert refused["reason"].startswith(reason)
    assert client.get("/").status_code == 303
    assert everybody(espace) == []


_AILLEURS = "Cette connexion a été commencée ailleurs, il y a trop longtemps, ou a déjà servi : recommencez."


def test_what_came_back_once_is_worth_nothing_afterwards(browser: Make, provider: FournisseurOidc) -> None:
    client = browser()
    address = client.get("/connexion/oidc").headers["location"]
    kept, back = dict(client.cookies), provider.authorize(address)
    assert client.get("/connexion/retour", params=back).status_code == 303
    client.cookies.clear()
    client.cookies.update(kept)
    again = client.get("/connexion/retour", params={**provider.authorize(address), "state": back["state"]})

    assert (again.status_code, _AILLEURS in again.text) == (403, True)
    assert client.get("/").status_code == 303


@pytest.mark.parametrize("what", ["another browser", "another state", "too late", "no cookie"])
def test_only_the_browser_that_left_comes_back_in_time(
    browser: Make, provider: FournisseurOidc, heure: Heure, what: str
) -> None:
    client = browser()
    back = provider.authorize(client.get("/connexion/oidc").headers["location"])
    if what == "another browser":
        client.cookies.clear()
        client.get("/connexion/oidc")
    elif what == "another state":
        back["state"] = "é"
    elif what == "too late":
        heure.pass_(minutes=11)
    else:
        client.cookies.clear()
    answer = client.get("/connexion/retour", params=back)

    assert (answer.status_code, _AILLEURS in answer.text) == (403, True)


def test_who_cancels_at_the_provider_is_told(browser: Make, provider: FournisseurOidc) -> None:
    client = browser()
    back = provider.authorize(client.get("/connexion/oidc").headers["location"])
    answer = client.get("/connexion/retour", params={"state": back["state"], "error": "access_denied"})

    assert answer.status_code == 403
    assert "n&#39;a pas confirmé qui vous êtes" in answer.text


def test_a_provider_that_does_not_answer_is_told_and_passwords_still_serve(
    espace: Espace, browser: Make, provider: FournisseurOidc
) -> None:
    add_user(espace, "marie")
    provider.faux.silent = True
    client = browser()
    answer = client.get("/connexion/oidc")

    assert (answer.status_code, "réessayez plus tard" in answer.text) == (403, True)
    assert log_in(client, "marie") == 303


def test_who_is_in_no_group_any_more_is_out_everywhere(
    espace: Espace, browser: Make, provider: FournisseurOidc
) -> None:
    here = browser()
    elsewhere = TestClient(here.app, follow_redirects=False)
    come_in(here, provider)
    provider.personne["groups"] = []

    assert come_in(elsewhere, provider).status_code == 403
    assert here.get("/").status_code == 303


def test_an_account_that_was_closed_stays_closed(
    espace: Espace, browser: Make, provider: FournisseurOidc
) -> None:
    client = browser()
    come_in(client, provider)
    who = user(espace)
    with espace.engine.begin() as conn:
        utilisateurs.set_active(conn, who, actif=False)
    answer = come_in(client, provider)

    assert (answer.status_code, "Votre compte de la console est fermé" in answer.text) == (403, True)


def test_nobody_takes_a_local_account_by_bearing_its_name(
    espace: Espace, browser: Make, provider: FournisseurOidc
) -> None:
    add_user(espace, "marie", Role.ADMINISTRATEUR)
    provider.personne["preferred_username"] = "Marie"
    answer = come_in(browser(), provider)

    assert answer.status_code == 403
    assert "« marie »" in answer.text
    assert everybody(espace) == ["marie"]


def test_passwords_may_be_left_to_administrators(espace: Espace, browser: Make) -> None:
    add_user(espace, "marie")
    add_user(espace, "chef", Role.ADMINISTRATEUR)
    client = browser(mots_de_passe="administrateurs")

    assert log_in(client, "marie", PASSE) == 403
    assert log_in(client, "chef", PASSE) == 303


def test_who_logs_out_is_shown_the_way_out_of_the_provider_too(
    browser: Make, provider: FournisseurOidc
) -> None:
    client = browser()
    come_in(client, provider)
    jeton = token_of(client.get("/").text)
    answer = client.post("/deconnexion", data={"jeton": jeton})
    page = html.unescape(client.get(answer.headers["location"]).text)

    assert f'href="{provider.emetteur}/logout?client_id=navette&post_logout_redirect_uri=' in page
    assert client.get("/").status_code == 303


def test_an_account_without_a_password_is_offered_none_to_change(
    browser: Make, provider: FournisseurOidc
) -> None:
    client = browser()
    come_in(client, provider)
    page = client.get("/compte")

    assert page.status_code == 200
    assert "Vous vous connectez par Exemple" in page.text
    assert 'name="ancien"' not in page.text


def test_without_a_provider_its_addresses_do_not_exist(espace: Espace) -> None:
    client = TestClient(make_application(make_console(espace, Heure())), follow_redirects=False)

    assert [client.get(path).status_code for path in ("/connexion/oidc", "/connexion/retour")] == [404, 404]
