"""The configuration is read whole, and refused with its key, its value and what is legal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import get_origin

import pytest
from pydantic import BaseModel
from signing import make

from edi import model
from edi.resources import locate
from edi.settings import Settings, SettingsRefused, build_settings, read_settings
from edi.settings.nuits import Nuit
from edi.settings.partenaires import DossierDistant, Serveur


def test_the_example_shows_every_default(monkeypatch: pytest.MonkeyPatch) -> None:
    example = read_settings(locate("config", "edi.example.toml"))
    defaults = Settings()

    assert {**defaults.model_dump(), "deposant": []} == {**example.model_dump(), "deposant": []}
    assert [d.code for d in example.deposant] == ["AAA123"]
    assert model.Limites() == example.as_limites()
    assert model.Politique() == example.as_politique()


def test_the_example_comments_every_key() -> None:
    lines = locate("config", "edi.example.toml").read_text(encoding="utf-8").splitlines()
    for key in every_key(Settings):
        shown = (f"{key} = ", f"#{key} = ") if not key.startswith("[") else key
        at = next(i for i, line in enumerate(lines) if line.startswith(shown))

        assert lines[at - 1].startswith("# "), f"{key} has no comment above it"


def every_key(model: type[BaseModel], section: str = "") -> Iterator[str]:
    """Each key; one that holds a table of its own as ``[section.key]``."""
    for key, field in model.model_fields.items():
        inner = getattr(field.annotation, "__args__", (field.annotation,))[0]
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from every_key(inner, key)
        else:
            yield f"[{section}.{key}]" if get_origin(field.annotation) is dict else key


def test_the_server_of_the_example_shows_every_default_once_its_marks_are_removed() -> None:
    text = locate("config", "edi.example.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(re.sub(r"^#(?=[\[a-z])", "", text, flags=re.MULTILINE))
    (shown,) = raw["serveur"]
    (dossier,) = shown.pop("dossier")
    needed = {"nom", "hote", "utilisateur", "cle"}
    bare = {"deposant": "AAA123", "sortie": "/x"}
    made = Serveur(**{key: shown[key] for key in needed}, dossier=[bare]).model_dump(exclude={"dossier"})

    assert made == shown
    assert DossierDistant(**bare).model_dump() == {**dossier, "sortie": "/x"}


@pytest.mark.parametrize(
    ("destinataires", "told"),
    [
        ([{"siret": "12345678200051"}], ["code application"]),
        ([{"siret": "1234", "code": "DST001"}], ["destinataire.0.siret"]),
        ([{"siret": "12345678200051", "code": "AAA123"}], ["AAA123", "deux fois"]),
        ([{"siret": "12345678200051", "code": f"DST00{n}"} for n in (1, 2)], ["12345678200051", "deux fois"]),
    ],
)
def test_a_destinataire_that_cannot_be_is_refused(
    destinataires: list[dict[str, str]], told: list[str]
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        build_settings({"deposant": [{"code": "AAA123"}], "destinataire": destinataires}, "edi.toml")

    assert all(word in str(refused.value) for word in told)


DESTINATAIRE = {"siret": "12345678200051", "code": "DST001"}


def test_a_server_may_serve_a_destinataire_and_is_then_the_one_place_of_its_invoices() -> None:
    serveur = {**SERVEUR, "dossier": [{"destinataire": "DST001", "sortie": "/factures"}]}
    settings = build_settings({"destinataire": [DESTINATAIRE], "serveur": [serveur]}, "edi.toml")
    partenaire, (dossier,) = settings.partenaires["DST001"], settings.serveurs[0].dossiers

    assert (partenaire.pousse, partenaire.out_local) == (True, False)
    assert (dossier.appli, dossier.out_local) == ("DST001", False)


@pytest.mark.parametrize(
    ("dossier", "pousse", "out_local", "statut_distant"),
    [
        ({"sortie": "/retours"}, True, True, False),
        ({"sortie": "/retours", "out_local": False}, True, False, False),
        ({"entree": "/depot", "statut": "/statut"}, False, True, True),
    ],
)
def test_where_a_deposant_finds_its_answers_follows_from_its_folders(
    dossier: dict[str, object], pousse: bool, out_local: bool, statut_distant: bool
) -> None:
    serveur = {**SERVEUR, "dossier": [{"deposant": "AAA123", **dossier}]}
    settings = build_settings({"deposant": [{"code": "AAA123"}], "serveur": [serveur]}, "edi.toml")
    deposant = settings.deposants["AAA123"]

    assert (deposant.pousse, deposant.out_local) == (pousse, out_local)
    assert deposant.statut_distant == statut_distant


@pytest.mark.parametrize(
    ("nuits", "told"),
    [
        ([{}], ["nuit.0.nom", "manque"]),
        ([{"nom": "Nuit !"}], ["nuit.0.nom", "Nuit !"]),
        ([{"nom": "nuit"}, {"nom": "nuit"}], ["nuit", "deux fois"]),
        ([{"nom": "nuit", "deposants": ["AAA123", "BBB*"]}], ["nuit", "BBB*", "pas déclaré"]),
        ([{"nom": "nuit", "debut": "25:00"}], ["nuit.0.debut", "25:00"]),
        ([{"nom": "nuit", "jours": ["monday"]}], ["nuit.0.jours", "monday", "lundi"]),
        ([{"nom": "nuit", "feries": "jamais"}], ["nuit.0.feries", "decaler"]),
        ([{"nom": "nuit", "territoire": "75"}], ["nuit.0.territoire", "971"]),
        ([{"nom": "nuit", "etapes": ["traitement", "collecte"]}], ["nuit.0.etapes", "dans cet ordre"]),
        ([{"nom": "nuit", "etapes": []}], ["nuit.0.etapes"]),
        ([{"nom": "nuit", "fermeture": []}], ["fermeture", "vouliez-vous « fermetures »"]),
    ],
)
def test_a_job_of_the_night_that_cannot_be_is_refused(
    nuits: list[dict[str, object]], told: list[str]
) -> None:
    with pytest.raises(SettingsRefused) as refused:
        build_settings({"deposant": [{"code": "AAA123"}], "nuit": nuits}, "edi.toml")

    for word in told:
        assert word in str(refused.value)


def test_a_job_of_the_night_names_partners_by_code_or_pattern() -> None:
    partners = {
        "deposant": [{"code": "AAA123"}, {"code": "AAB456"}, {"code": "CCC789"}],
        "destinataire": [{"siret": "12345678200051", "code": "DST001"}],
    }
    nuits = [
        {"nom": nom, "deposants": motifs} for nom, motifs in (("un", ["AA*", "CCC789"]), ("tous", ["*"]))
    ]
    taches = build_settings({**partners, "nuit": nuits}, "edi.toml").taches

    assert taches["un"].deposants == ("AAA123", "AAB456", "CCC789")
    assert taches["tous"].deposants == ("AAA123", "AAB456", "CCC789", "DST001")


def test_the_job_of_the_example_shows_every_default() -> None:
    text = locate("config", "edi.example.toml").read_text(encoding="utf-8")
    raw = tomllib.loads(re.sub(r"^#(?=[\[a-z])", "", text, flags=re.MULTILINE))

    assert raw["nuit"] == [Nuit(nom="nuit").model_dump()]


MAIL = {"hote": "mail.example.org", "de": "navette@example.org", "a": ["edi@example.org"]}
HOOK = {"nom": "astreinte", "url": "https://example.org/", "secret": "env:NAVETTE_WEBHOOK"}

SERVEUR = {
    "nom": "partenaire",
    "hote": "sftp.example.org",
    "utilisateur": "navette",
    "cle": "cles/partenaire",
    "dossier": [{"deposant": "AAA123", "entree": "/depot"}],
}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"nom": "../ailleurs"}, ["serveur.0.nom", "../ailleurs"]),
        ({"empreinte": "SHA256:court"}, ["empreinte", "SHA256:…", "43"]),
        ({"empreinte": "ssh-ed25519 nimporte"}, ["empreinte", "en entier"]),
        ({"cle": ""}, ["cle", "mot_de_passe"]),
        ({"mot_de_passe": "secret"}, ["mot_de_passe", "env:"]),
        ({"dossier": [{"deposant": "AAA123"}]}, ["entree", "sortie"]),
        ({"dossier": [{"deposant": "AAA123", "entree": "/d", "apres": "deplacer"}]}, ["deplacer_vers"]),
        ({"dossier": [{"deposant": "AAA123", "entree": "/d", "deplacer_vers": "/e"}]}, ["deplacer_vers"]),
        ({"dossier": [{"deposant": "BBB456", "entree": "/d"}]}, ["BBB456", "pas déclaré"]),
        ({"dossier": [{"deposant": "DST001", "entree": "/d"}]}, ["DST001", "déposant"]),
        ({"dossier": [{"destinataire": "AAA123", "entree": "/d"}]}, ["AAA123", "destinataire"]),
        ({"dossier": [{"entree": "/d"}]}, ["deposant", "destinataire"]),
        (
            {"dossier": [{"deposant": "AAA123", "destinataire": "DST001", "entree": "/d"}]},
            ["un seul partenaire"],
        ),
        (
            {"dossier": [{"destinataire": "DST001", "sortie": "/d", "out_local": True}]},
            ["out_local", "un endroit"],
        ),
        ({"dossier": [{"destinataire": "DST001", "statut": "/d"}]}, ["statut", "deposant"]),
        ({"liste": False}, ["liste = false", "noms"]),
        ({"observations": 1}, ["observations", "au moins 2"]),
    ],
)
def test_a_server_that_cannot_work_is_refused(change: dict[str, object], told: list[str]) -> None:
    partners = {"deposant": [{"code": "AAA123"}], "destinataire": [DESTINATAIRE]}
    with pytest.raises(SettingsRefused) as refused:
        build_settings({**partners, "serveur": [{**SERVEUR, **change}]}, "edi.toml")

    for word in told:
        assert word in str(refused.value)


@pytest.mark.parametrize("role", ["sortie", "statut"])
def test_the_answers_of_one_deposant_have_one_server(role: str) -> None:
    out = {"dossier": [{"deposant": "AAA123", role: "/retours"}]}
    raw = {"deposant": [{"code": "AAA123"}], "serveur": [{**SERVEUR, **out}, {**SERVEUR, **out, "nom": "b"}]}

    with pytest.raises(SettingsRefused, match=rf"AAA123 : deux dossiers « {role} »"):
        build_settings(raw, "edi.toml")


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        ({"colecte": {}}, ["colecte", "collecte"]),
        ({"collecte": {"interval": 3}}, ["collecte.interval", "intervalle"]),
        ({"collecte": {"intervalle": "vite"}}, ["collecte.intervalle", "vite", "nombre"]),
        ({"limites": {"fichier": "12 Mb"}}, ["limites.fichier", "12 Mb", "10 Mo"]),
        ({"limites": {"factures": 0}}, ["limites.factures", "0", "plus grand"]),
        ({"politique": {"mandat": "parfois"}}, ["politique.mandat", "parfois", "third_party"]),
        ({"politique": {"severites": {"BR-01": "warning"}}}, ["severites", "BR-01"]),
        ({"deposant": [{"code": "aaa1"}]}, ["deposant.0.code", "aaa1", "[A-Z]{3}[0-9]{3}"]),
        ({"deposant": [{"code": "AAA123"}, {"code": "AAA123"}]}, ["AAA123", "deux fois"]),
        ({"deposant": [{"code": "AAA123", "polics": 1}]}, ["deposant.0.polics", "politique"]),
        ({"plateforme": {"fuseau": "Europe/Brest"}}, ["plateforme.fuseau", "Europe/Brest", "Europe/Paris"]),
        ({"essais": {"horloge": "2026-11-20T09:00:00"}}, ["essais.horloge", "décalage"]),
        ({"antivirus": {"adresse": "clamd"}}, ["antivirus.adresse", "clamd", "127.0.0.1:3310"]),
        ({"antivirus": {"delai": 0}}, ["antivirus.delai", "0", "plus grand"]),
        ({"deposant": [{"code": "AAA123", "signature": "oui"}]}, ["signature", "oui", "exigee"]),
        ({"disjoncteur": {"facteur": 1}}, ["disjoncteur.facteur", "plus grand"]),
        ({"disjoncteur": {"fenetre": 48, "periode": 2}}, ["fenetre", "periode"]),
        ({"alertes": {"courriel": {"hote": "mail.example.org"}}}, ["« de »", "« a »"]),
        ({"deposant": [{"code": "AAA123", "courriel": ["a@b"]}]}, ["AAA123", "[alertes.courriel]"]),
        ({"deposant": [{"code": "AAA123", "courriel": ["a b"]}]}, ["deposant.0.courriel"]),
        ({"alertes": {"courriel": {**MAIL, "securite": "aucune"}}}, ["en clair", "starttls"]),
        ({"alertes": {"courriel": {**MAIL, "utilisateur": "navette"}}}, ["mot_de_passe", "ensemble"]),
        ({"alertes": {"courriel": {**MAIL, "mot_de_passe": "secret"}}}, ["mot_de_passe", "env:"]),
        ({"alertes": {"webhook": [{**HOOK, "url": "http://example.org/"}]}}, ["url", "https"]),
        ({"alertes": {"webhook": [{**HOOK, "url": "https://a:b@example.org/"}]}}, ["url", "mot de passe"]),
        ({"alertes": {"webhook": [HOOK, HOOK]}}, ["astreinte", "déjà pris"]),
        ({"alertes": {"webhook": [{**HOOK, "secret": ""}]}}, ["secret"]),
    ],
)
def test_a_wrong_key_or_value_is_named(raw: dict[str, object], told: list[str]) -> None:
    with pytest.raises(SettingsRefused) as refused:
        build_settings(raw, "edi.toml")

    for word in told:
        assert word in str(refused.value)


def test_every_fault_of_the_file_is_told_at_once() -> None:
    with pytest.raises(SettingsRefused) as refused:
        build_settings({"collecte": {"pas": 0}, "limites": {"ratio": 0}}, "edi.toml")

    assert len(str(refused.value).splitlines()) == 2


def test_a_file_that_is_not_toml_is_refused_with_its_name(tmp_path: Path) -> None:
    broken = tmp_path / "edi.toml"
    broken.write_text("[collecte\n")

    with pytest.raises(SettingsRefused, match=r"edi\.toml : ce n'est pas du TOML"):
        read_settings(broken)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDI_COLLECTE__INTERVALLE", "1.5")
    monkeypatch.setenv("EDI_ESSAIS__HORLOGE", "2026-11-20T09:00:00+00:00")
    settings = build_settings({"collecte": {"intervalle": 9, "pas": 0.1}}, "edi.toml")

    assert (settings.collecte.intervalle, settings.collecte.pas) == (1.5, 0.1)
    assert settings.essais.horloge == datetime(2026, 11, 20, 9, tzinfo=UTC)


def test_severities_and_sizes_become_values() -> None:
    settings = build_settings(
        {"politique": {"severites": {"EDI-SIRET-02": "error"}}, "limites": {"flux": "2 Ko"}}, "edi.toml"
    )

    assert settings.as_politique().severites == {"EDI-SIRET-02": model.Severity.ERROR}
    assert settings.as_limites().flux == 2048


def write_config(root: Path, *ancres: str) -> Path:
    (root / "config").mkdir()
    path = root / "config" / "edi.toml"
    path.write_text(f"[signature]\nancres = {list(ancres)}\n")
    return path


def test_trust_anchors_are_read_with_the_settings_from_the_workspace(tmp_path: Path) -> None:
    one, two = make("Une autorité"), make("Une autre")
    (tmp_path / "ancres.pem").write_bytes(b"# a comment\n" + one.pem + two.cle_pem + two.pem)
    (tmp_path / "seule.pem").write_bytes(two.pem)
    config = write_config(tmp_path, "ancres.pem", str(tmp_path / "seule.pem"))
    settings = read_settings(config)
    (tmp_path / "ancres.pem").unlink()

    assert settings.as_politique().ancres == (one.pem, two.pem, two.pem)
    assert settings.signature.ancres == [Path("ancres.pem"), tmp_path / "seule.pem"]


def test_a_trust_anchor_that_is_missing_or_no_certificate_is_named(tmp_path: Path) -> None:
    (tmp_path / "cle.pem").write_bytes(make("Une autorité").cle_pem)
    config = write_config(tmp_path, "nulle-part.pem", "cle.pem")
    with pytest.raises(SettingsRefused) as refused:
        read_settings(config)
    missing, wrong = str(refused.value).splitlines()

    assert "« nulle-part.pem », qui est illisible (No such file or directory)" in missing
    assert "« cle.pem », qui n'est pas un certificat PEM" in wrong


def test_without_trust_anchors_nobody_is_trusted() -> None:
    assert build_settings({}, "edi.toml").as_politique().ancres == ()


@pytest.mark.parametrize(
    ("moteur", "adresse"),
    [
        ({"mode": "local"}, ""),
        ({"mode": "in_process"}, ""),
        ({"mode": "dask://10.0.0.5:8786"}, "tcp://10.0.0.5:8786"),
        ({"mode": "dask://[::1]:8786"}, "tcp://[::1]:8786"),
        (
            {"mode": "dask://h:1", "autorite": "ca.pem", "certificat": "c.pem", "cle": "c.key"},
            "tls://h:1",
        ),
    ],
)
def test_a_cluster_is_named_by_the_mode_of_the_engine(moteur: dict[str, str], adresse: str) -> None:
    assert build_settings({"moteur": moteur}, "edi.toml").moteur.grappe == adresse


@pytest.mark.parametrize(
    ("moteur", "told"),
    [
        ({"mode": "dask://10.0.0.5"}, "'local', 'in_process' ou « dask://hôte:8786 »"),
        ({"mode": "tcp://10.0.0.5:8786"}, "'local', 'in_process' ou « dask://hôte:8786 »"),
        ({"mode": "dask://h:1", "autorite": "ca.pem"}, "TLS demande les trois"),
        ({"mode": "dask://h:1", "cle": "c.key"}, "TLS demande les trois"),
    ],
)
def test_a_cluster_that_cannot_be_reached_as_it_is_written_is_refused(
    moteur: dict[str, str], told: str
) -> None:
    with pytest.raises(SettingsRefused, match=re.escape(told)):
        build_settings({"moteur": moteur}, "edi.toml")


def test_the_files_of_tls_start_from_the_workspace_and_must_be_there(tmp_path: Path) -> None:
    config = tmp_path / "config" / "edi.toml"
    config.parent.mkdir()
    lines = ["[moteur]", 'mode = "dask://h:1"', 'autorite = "config/ca.pem"']
    lines += ['certificat = "config/c.pem"', 'cle = "config/c.key"']
    config.write_text("\n".join(lines), encoding="utf-8")
    for nom in ("ca.pem", "c.pem"):
        (tmp_path / "config" / nom).touch()

    with pytest.raises(SettingsRefused, match=r"« moteur\.cle » nomme « config/c\.key »"):
        read_settings(config)
    (tmp_path / "config" / "c.key").touch()
    assert read_settings(config).tls["cle"] == str(tmp_path / "config" / "c.key")
