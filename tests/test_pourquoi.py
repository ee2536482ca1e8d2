"""``edi flux show --pourquoi``: the old answer again, whatever has changed since, and today's beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from feuilles import write_newer
from sqlalchemy import delete, update
from test_pipeline import Loses, invoices_of, run
from workspace import MORNING, Typed, deposit, import_annuaire, later, make_espace, type_edi

from edi import wiring
from edi.annuaire.imports import import_csv
from edi.annuaire.mandats import give, revoke, sign
from edi.app import App
from edi.cli.pourquoi import make_pourquoi
from edi.espace import Espace, open_espace
from edi.model import Passe, Saisie, Service, Severity
from edi.pourquoi.configuration import changes_since
from edi.pourquoi.explication import DuFlux, Explication, agrees, explain, explain_flux
from edi.pourquoi.rejouer import Reponse
from edi.samples import LotSpec, make_lot, services_csv
from edi.samples.faults import REFORME
from edi.samples.world import AVEC_SERVICE, KERVADEC, MANDAT_EN_COURS, PAPETERIES, SANS_MANDAT, SERVICES
from edi.store import flux as flux_store
from edi.store import jugements
from edi.store.mandats import list_mandats
from edi.store.tables import annuaire_import, jugement, jugement_facture

JOUR = date(2026, 11, 20)  # of the deposit
JEU = "en16931-ubl"
STRICTER = "normalize-space(cbc:ID) != '' and not(starts-with(cbc:ID, 'PA'))"
BY_MANDAT = LotSpec("ubl", 1, fournisseur=PAPETERIES)
TO_A_SERVICE = LotSpec("ubl", 1, destinataires=(AVEC_SERVICE,))
SERVICE = next(one for one in SERVICES if one.siret == AVEC_SERVICE.identifiant.valeur)
WITHOUT = LotSpec("ubl", 1, fournisseur=SANS_MANDAT)

Edi = Callable[..., Typed]


@pytest.fixture
def espace(tmp_path: Path) -> Espace:
    return make_espace(tmp_path / "espace")


def receive(espace: Espace, spec: LotSpec, nom: str = "") -> None:
    deposit(espace, spec, nom)
    App(espace).run_once()


def other_id(spec: LotSpec) -> str:
    """The name of a lot under another flux id."""
    return make_lot(spec).nom.replace("1.tar.gz", "9.tar.gz")


def at(espace: Espace, days: int) -> Espace:
    return later(espace, 24 * days)


def ask(espace: Espace, flux_id: int = 1) -> tuple[Reponse, list[Explication], list[DuFlux]]:
    """The answer about a flux at the clock of ``espace``; nothing it says may disagree with the record."""
    with espace.engine.begin() as conn:
        flux = flux_store.get(conn, flux_id)
    with closing(wiring.make_engine(espace.settings)) as engine:
        reponse = make_pourquoi(espace, engine).answer(flux)
    explications, du_flux = list(explain(reponse, espace.settings.fuseau)), explain_flux(reponse)
    assert agrees(explications, du_flux)
    return reponse, explications, du_flux


def told(espace: Espace, flux_id: int = 1) -> tuple[str, str]:
    """What was decided of the one invoice of a flux, and what would be decided now."""
    _, (one,), _ = ask(espace, flux_id)
    assert one.rejouee
    return one.decision, one.aujourd_hui


def changed(espace: Espace, flux_id: int = 1) -> list[tuple[str, str, str]]:
    """The stages at which today's answer is another one, with both answers cut short."""
    _, (one,), _ = ask(espace, flux_id)
    return [
        (p.alors.etape, p.alors.reponse[:60], p.aujourd_hui.reponse[:60])
        for p in one.paires
        if p.change and p.aujourd_hui is not None
    ]


def import_services(espace: Espace, *services: Service) -> None:
    path = espace.root / "services.csv"
    path.write_bytes(services_csv(services))
    with espace.engine.begin() as conn:
        import_csv(conn, path, espace.now())


def with_service(service: Service) -> tuple[Service, ...]:
    return tuple(service if one == SERVICE else one for one in SERVICES)


def configure(espace: Espace, **politique: Any) -> Espace:
    settings = espace.settings
    changed = settings.politique.model_copy(update=politique)
    return replace(espace, settings=settings.model_copy(update={"politique": changed}))


# -- the world changes, the answer stays ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("jour", "today"),
    [
        pytest.param(JOUR - timedelta(days=1), "rejetée : EDI-MANDAT-03", id="the day before"),
        pytest.param(JOUR, "rejetée : EDI-MANDAT-03", id="the day"),
        pytest.param(JOUR + timedelta(days=1), "rejetée : EDI-MANDAT-03", id="the day after"),
        pytest.param(JOUR + timedelta(days=3), "acceptée", id="not yet"),
    ],
)
def test_a_mandat_revoked_since_does_not_change_what_was_accepted(
    espace: Espace, jour: date, today: str
) -> None:
    """Whatever day the revocation counts from: nobody had entered it when the invoice was judged."""
    receive(espace, BY_MANDAT)
    after = at(espace, 1)
    with espace.engine.begin() as conn:
        (mandat,) = list_mandats(conn, PAPETERIES.identifiant, "AAA123")
        revoke(conn, mandat.id, jour, Saisie(after.now(), "nolwenn"))

    assert told(after) == ("acceptée", today)


def test_a_mandat_given_and_signed_since_is_not_there_then(espace: Espace) -> None:
    receive(espace, WITHOUT)
    after = at(espace, 1)
    with espace.engine.begin() as conn:
        saisie = Saisie(after.now(), "nolwenn")
        made = give(conn, SANS_MANDAT.identifiant, "AAA123", JOUR, saisie)
        sign(conn, made.id, JOUR, saisie, "Gaël Tanguy")

    assert told(after) == ("rejetée : EDI-MANDAT-01", "acceptée")
    assert changed(after) == [
        (
            "mandat",
            "EDI-MANDAT-01 : ÉLECTRICITÉ ABGRALL (SIRET 00031005200014) n",
            f"mandat n° {made.id} actif depuis le 20/11/2026",
        ),
        ("décision", "rejetée : EDI-MANDAT-01", "acceptée"),
    ]


def test_a_mandat_signed_since_was_waiting_for_its_signature_then(espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1, fautes=("mandat-en-cours",)))
    with espace.engine.begin() as conn:
        for mandat in list_mandats(conn, MANDAT_EN_COURS.identifiant, "AAA123"):
            sign(conn, mandat.id, JOUR, Saisie(espace.now(), "nolwenn"))

    assert told(espace) == ("rejetée : EDI-MANDAT-02", "acceptée")


def test_a_service_closed_by_a_later_import_was_open_then(espace: Espace) -> None:
    receive(espace, TO_A_SERVICE)
    import_services(at(espace, 1), *with_service(replace(SERVICE, actif=False)))

    decision, today = told(at(espace, 2))
    assert (decision, today[:17]) == ("acceptée", "rejetée : EDI-SER")
    stage, then, now = changed(at(espace, 2))[0]
    assert (stage, then) == ("service", f"service {SERVICE.code} : actif ; pas d'engagement")
    assert now.startswith("EDI-SERVICE-")


def test_a_service_that_asks_for_an_engagement_now_did_not_then(espace: Espace) -> None:
    receive(espace, TO_A_SERVICE)
    import_services(at(espace, 1), *with_service(replace(SERVICE, engagement=True)))

    decision, today = told(at(espace, 2))
    assert (decision, today[:21]) == ("acceptée", "rejetée : EDI-ENGAGEM")


def test_a_service_that_an_import_removes_and_another_brings_back_is_seen_as_it_was_each_time(
    espace: Espace,
) -> None:
    receive(espace, TO_A_SERVICE)
    import_services(at(espace, 1), *(one for one in SERVICES if one != SERVICE))
    receive(at(espace, 1), replace(TO_A_SERVICE, numero_flux=2, prefixe="FB"))
    import_services(at(espace, 2), *SERVICES)

    assert told(at(espace, 3), 1) == ("acceptée", "acceptée")
    assert told(at(espace, 3), 2) == ("rejetée : EDI-SERVICE-02", "acceptée")


def test_a_severity_that_is_another_today_was_the_one_that_judged_then(espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1, fautes=("ttc-faux",)))
    milder = configure(espace, severites={"EDI-MONTANT-01": "warning"})

    assert told(milder) == ("rejetée : EDI-MONTANT-01", "acceptée, avec 1 avertissement")
    _, (one,), _ = ask(milder)
    cadres = {p.alors.etape: (p.alors.cadre, p.aujourd_hui and p.aujourd_hui.cadre) for p in one.paires}
    assert cadres["décision"] == ("", "gravités réglées : EDI-MONTANT-01 avertit")


def test_what_was_set_otherwise_is_named(espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1))
    after = configure(espace, severites={"EDI-MONTANT-01": "warning"}, mandat="always")
    deposants = [d.model_copy(update={"politique": "tout_ou_rien"}) for d in after.settings.deposant]
    after = replace(after, settings=after.settings.model_copy(update={"deposant": deposants}))

    reponse, *_ = ask(after)
    assert [tuple(one) for one in changes_since(reponse.passees[0], reponse)] == [
        ("deposant.politique", "par_facture", "tout_ou_rien"),
        ("politique.mandat", "third_party", "always"),
        ("politique.severites.EDI-MONTANT-01", "", "WARNING"),
    ]


def test_what_was_judged_under_a_set_severity_is_replayed_under_it(espace: Espace) -> None:
    milder = configure(espace, severites={"EDI-MONTANT-01": "warning"})
    receive(milder, LotSpec("ubl", 1, fautes=("ttc-faux",)))

    assert told(espace) == ("acceptée, avec 1 avertissement", "rejetée : EDI-MONTANT-01")


def test_the_same_invoice_accepted_later_makes_the_first_one_a_doublon_today_only(espace: Espace) -> None:
    spec = LotSpec("ubl", 1, fautes=("mandat-en-cours",))
    receive(espace, spec)
    with espace.engine.begin() as conn:
        for mandat in list_mandats(conn, MANDAT_EN_COURS.identifiant, "AAA123"):
            sign(conn, mandat.id, JOUR, Saisie(espace.now(), "nolwenn"))
    receive(at(espace, 1), spec, other_id(spec))

    assert told(at(espace, 2), 1) == ("rejetée : EDI-MANDAT-02", "rejetée : EDI-DOUBLON-01")
    assert told(at(espace, 2), 2) == ("acceptée", "acceptée")


def test_a_doublon_is_one_again_and_its_original_is_none_of_itself(espace: Espace) -> None:
    receive(espace, BY_MANDAT)
    receive(at(espace, 1), BY_MANDAT, other_id(BY_MANDAT))

    assert told(at(espace, 2), 1) == ("acceptée", "acceptée")
    assert told(at(espace, 2), 2) == ("rejetée : EDI-DOUBLON-01", "rejetée : EDI-DOUBLON-01")


def test_what_a_replay_accepted_since_is_told_with_its_own_reasons(edi: Edi, espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 2, fautes={1: "mandat-en-cours"}))
    with espace.engine.begin() as conn:
        for mandat in list_mandats(conn, MANDAT_EN_COURS.identifiant, "AAA123"):
            sign(conn, mandat.id, JOUR, Saisie(espace.now(), "nolwenn"))
    assert edi("rejoue", "--valider").code == 0
    with espace.engine.begin() as conn:
        for mandat in list_mandats(conn, MANDAT_EN_COURS.identifiant, "AAA123"):
            revoke(conn, mandat.id, JOUR, Saisie(espace.now(), "nolwenn"))

    _, (_, one), _ = ask(espace)
    replayed = {maillon.etape: maillon.reponse for maillon in one.rejeu}
    assert one.decision == "rejetée : EDI-MANDAT-02"
    assert replayed["mandat"].endswith("actif depuis le 20/11/2026")
    assert replayed["décision"] == "acceptée"
    assert one.aujourd_hui == "rejetée : EDI-MANDAT-03"
    shown = edi("flux", "show", "1", "--pourquoi").out
    assert "rejeu du 20/11/2026 09:00" in shown
    assert "Acceptée depuis, par le rejeu du 20/11/2026 09:00 (edi rejoue)." in shown


# -- packs ------------------------------------------------------------------------------------------------


@pytest.fixture
def edi(espace: Espace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Edi:
    """The command, typed in the workspace."""
    monkeypatch.chdir(espace.root)
    return lambda *arguments: type_edi(capsys, *arguments)


def replace_pack(edi: Edi, folder: Path) -> None:
    newer = write_newer(folder, JEU, "BR-02", STRICTER)
    assert edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17").code == 0
    assert edi("rules", "activate", JEU, "1.3.17", "--depuis", "2025-09-15").code == 0


STRUCK = LotSpec(REFORME, 1, numero_flux=1, fournisseur=PAPETERIES, prefixe="PA")


def test_a_pack_activated_since_refuses_today_and_the_one_of_then_accepts(
    edi: Edi, espace: Espace, tmp_path: Path
) -> None:
    receive(espace, STRUCK)
    replace_pack(edi, tmp_path / "recu")

    answer = edi("flux", "show", "1", "--pourquoi", "--json").json
    (facture,) = answer["factures"]
    official = next(link for link in facture["chaine"] if link["etape"] == "règles officielles")
    assert answer["accord"]
    assert (facture["decision"], facture["aujourd_hui"]) == ("acceptée", "rejetée : BR-02")
    assert f"{JEU} 1.3.16" in official["alors"]["cadre"]
    assert f"{JEU} 1.3.17" in official["aujourd_hui"]["cadre"]
    assert official["aujourd_hui"]["codes"] == ["BR-02"]


def test_a_pack_that_is_gone_is_named_and_what_was_recorded_is_shown(
    edi: Edi, espace: Espace, tmp_path: Path
) -> None:
    replace_pack(edi, tmp_path / "recu")
    receive(open_espace(espace.root), STRUCK)
    sha256 = hashlib.sha256((tmp_path / "recu" / "newer.xslt").read_bytes()).hexdigest()
    (espace.root / "regles" / "packs.toml").unlink()

    shown = edi("flux", "show", "1", "--pourquoi")
    (facture,) = edi("flux", "show", "1", "--pourquoi", "--json").json["factures"]
    assert f"Rejeu impossible sans le jeu {JEU} version 1.3.17 (sha256 {sha256[:12]}…)" in shown.out
    assert "« edi rules install FICHIER" in shown.out
    assert "retrouve" not in shown.out
    assert (facture["rejouee"], facture["decision"], facture["aujourd_hui"]) == (
        False,
        "rejetée : BR-02",
        "acceptée",
    )


def test_what_a_replay_accepted_under_a_newer_pack_is_replayed_under_it(
    edi: Edi, espace: Espace, tmp_path: Path
) -> None:
    """The invoice waits for its mandat; before ``edi rejoue`` takes it, another pack comes into force."""
    receive(espace, LotSpec(REFORME, 1, fautes=("mandat-en-cours",)))
    newer = write_newer(tmp_path / "recu", JEU, "BR-02", "normalize-space(cbc:ID) != 'ZZ'")
    assert edi("rules", "install", newer, "--jeu", JEU, "--version", "1.3.17").code == 0
    assert edi("rules", "activate", JEU, "1.3.17", "--depuis", "2025-09-15").code == 0
    with espace.engine.begin() as conn:
        for mandat in list_mandats(conn, MANDAT_EN_COURS.identifiant, "AAA123"):
            sign(conn, mandat.id, JOUR, Saisie(espace.now(), "nolwenn"))
    assert edi("rejoue", "--valider").code == 0

    _, (one,), _ = ask(espace)
    then = next(p.alors.cadre for p in one.paires if p.alors.etape == "règles officielles")
    later = next(maillon.cadre for maillon in one.rejeu if maillon.etape == "règles officielles")
    assert (f"{JEU} 1.3.16" in then, f"{JEU} 1.3.17" in later) == (True, True)
    (espace.root / "regles" / "packs.toml").unlink()
    reponse, (one,), _ = ask(espace)
    assert one.rejeu == ()
    assert reponse.passees[0].reserves == (
        f"le rejeu du 20/11/2026 à 09:00 n'est pas rejoué : il y faut le jeu {JEU} version 1.3.17",
    )


# -- passes, records, reserves ----------------------------------------------------------------------------


def test_invoices_decided_in_two_passes_are_replayed_each_at_its_own_instant(tmp_path: Path) -> None:
    espace = make_espace(tmp_path / "deux", tentatives=3)
    spec = LotSpec(REFORME, 3, fautes={2: "ttc-faux"}, fournisseur=PAPETERIES)
    deposit(espace, spec)
    first, *_ = invoices_of(spec)
    run(espace, Loses(first.numero.encode()))
    _, decided_so_far, du_flux = ask(later(espace, 1))
    assert (len(decided_so_far), du_flux) == (2, [])
    with espace.engine.begin() as conn:
        (mandat,) = list_mandats(conn, PAPETERIES.identifiant, "AAA123")
        revoke(conn, mandat.id, JOUR, Saisie(later(espace, 1).now(), "nolwenn"))
    run(espace, hours=2)

    reponse, explications, _ = ask(later(espace, 3))
    assert [len(passee.decidees) for passee in reponse.passees] == [2, 1]
    decided = {one.decidee.facture.numero: one.decision for one in explications}
    assert decided.pop(first.numero) == "rejetée : EDI-MANDAT-03"
    assert sorted(decided.values()) == ["acceptée", "rejetée : BR-CO-15"]
    assert len({one.decidee.le for one in explications}) == 2


def test_what_waits_is_not_asked_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    espace = make_espace(tmp_path / "attente", annuaire=False)
    receive(espace, BY_MANDAT)
    monkeypatch.chdir(espace.root)

    answer = type_edi(capsys, "flux", "show", "1", "--pourquoi")
    assert (answer.code, "n'est pas encore décidé" in answer.err) == (2, True)


def test_a_flux_that_was_never_opened_is_replayed_too(espace: Espace) -> None:
    (espace.spool.inbox("AAA123") / "n-importe-quoi.xml").write_bytes(b"<a/>")
    App(espace).run_once()

    _, explications, (du_flux,) = ask(espace)
    assert explications == []
    assert [f.code for f in du_flux.alors] == [f.code for f in du_flux.aujourd_hui] != []


def test_bytes_that_are_gone_are_told_and_what_was_recorded_is_shown(espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1, fautes=("ttc-faux",)))
    with espace.engine.begin() as conn:
        espace.spool.blob(flux_store.get(conn, 1).sha256).unlink()

    reponse, (one,), _ = ask(espace)
    assert reponse.raison == "les octets du dépôt manquent au stock"
    assert (one.rejouee, one.decision, one.aujourd_hui) == (False, "rejetée : EDI-MONTANT-01", "")


def test_what_was_decided_before_judgements_were_kept_is_replayed_by_its_instant_with_a_reserve(
    espace: Espace,
) -> None:
    receive(espace, TO_A_SERVICE)
    with espace.engine.begin() as conn:
        conn.execute(delete(jugement_facture))
        conn.execute(delete(jugement))
    import_services(at(espace, 1), *with_service(replace(SERVICE, actif=False)))

    assert told(at(espace, 2))[0] == "acceptée"
    reponse, *_ = ask(at(espace, 2))
    assert [passee.reserves for passee in reponse.passees] == [
        ("la configuration n'était pas encore gardée : celle d'aujourd'hui la remplace",)
    ]


def test_an_annuaire_that_was_replaced_without_being_kept_is_a_reserve(espace: Espace) -> None:
    receive(espace, TO_A_SERVICE)
    import_annuaire(at(espace, 1))
    with espace.engine.begin() as conn:
        conn.execute(update(annuaire_import).values(garde=False))

    reponse, *_ = ask(at(espace, 2))
    (passee,) = reponse.passees
    assert passee.reserves == (
        "l'annuaire de cet instant n'est pas connu : l'import du 21/11/2026 à 09:00 l'a remplacé sans le "
        "garder, et répond à sa place",
    )


def test_a_difference_is_named_and_never_hidden(edi: Edi, espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1, fautes=("ttc-faux",)))
    with espace.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE finding SET code = 'EDI-MONTANT-99'")

    shown = edi("flux", "show", "1", "--pourquoi").out
    assert "retrouve exactement" not in shown
    assert "EDI-MONTANT-99 enregistré, et le rejeu ne le retrouve pas" in shown
    assert "EDI-MONTANT-01 trouvé par le rejeu seul" in shown
    assert not edi("flux", "show", "1", "--pourquoi", "--json").json["accord"]


def test_a_statut_that_the_findings_do_not_ask_for_is_named(edi: Edi, espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1))
    with espace.engine.begin() as conn:
        conn.exec_driver_sql("UPDATE facture_statut SET apres = 'NON_CONFORME'")

    told = "son statut la dit rejetée, ses constats la disent acceptée"
    assert told in edi("flux", "show", "1", "--pourquoi").out
    assert not edi("flux", "show", "1", "--pourquoi", "--json").json["accord"]


def test_another_version_of_navette_is_named(edi: Edi, espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1))
    with espace.engine.begin() as conn:
        conn.exec_driver_sql("""UPDATE pack_set SET packs = '[["edi","0.0.7",[]]]'""")

    assert "Jugé par Navette 0.0.7, rejoué par Navette" in edi("flux", "show", "1", "--pourquoi").out


# -- the command ------------------------------------------------------------------------------------------


def test_nothing_at_all_is_written(edi: Edi, espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 3, fautes={1: "service-inconnu"}))
    espace.engine.dispose()
    before = fingerprint(espace.root)
    for arguments in (("--json",), (), ("--facture", "FA-U3LZZ-0002")):
        assert edi("flux", "show", "1", "--pourquoi", *arguments).code == 0

    assert fingerprint(espace.root) == before


def fingerprint(root: Path) -> dict[str, str]:
    """Every file of a workspace but its log, with what it holds."""
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.parent.name != "logs"
    }


def test_one_invoice_of_a_large_lot_is_asked_for_by_its_number(edi: Edi, espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 8, fautes={1: "service-inconnu"}))
    whole = edi("flux", "show", "1", "--pourquoi").out
    numero = edi("flux", "show", "1", "--json").json["factures"][1]["numero"]
    alone = edi("flux", "show", "1", "--pourquoi", "--facture", numero).out
    unknown = edi("flux", "show", "1", "--pourquoi", "--facture", "ZZ")

    assert "Le rejeu retrouve exactement ce qui avait été enregistré (8 factures)." in whole
    assert "Acceptée ou rejetée ?" not in whole
    assert f"Facture {numero} (fichier" in alone
    assert "Acceptée ou rejetée ?" in alone
    assert (unknown.code, "n'a pas de facture « ZZ »" in unknown.err) == (2, True)


def test_a_reminder_is_answered_by_the_delivery_that_it_repeats(edi: Edi, espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1))
    receive(at(espace, 1), LotSpec("ubl", 1))

    answer = edi("flux", "show", "2", "--pourquoi", "--json").json
    assert (answer["id"], answer["rappel"]) == (1, 2)
    assert "Le flux n° 2 est un rappel du flux n° 1" in edi("flux", "show", "2", "--pourquoi").out


def test_the_number_of_an_invoice_goes_with_the_question(edi: Edi, espace: Espace) -> None:
    receive(espace, LotSpec("ubl", 1))

    assert "« --facture » va avec « --pourquoi »" in edi("flux", "show", "1", "--facture", "X").err


# -- what is kept -----------------------------------------------------------------------------------------


def test_the_reglages_of_many_judgements_are_kept_once(espace: Espace) -> None:
    for rang in (1, 2, 3):
        receive(espace, LotSpec("ubl", 1, numero_flux=rang, prefixe=f"F{rang}"))
    receive(
        configure(espace, severites={"EDI-SIRET-02": "error"}), LotSpec("ubl", 1, numero_flux=4, prefixe="F4")
    )

    with espace.engine.begin() as conn:
        kept = conn.exec_driver_sql("SELECT count(*), count(DISTINCT reglage_id) FROM jugement").one()
        (last,) = jugements.of_flux(conn, 4)
    assert tuple(kept) == (4, 2)
    assert last.passe is Passe.DEPOT
    assert last.jour == JOUR
    assert last.le == espace.now()
    assert last.reglage is not None
    assert last.reglage.politique.severites == {"EDI-SIRET-02": Severity.ERROR}
    assert (last.reglage.deposant.siret, last.reglage.limites) == (
        KERVADEC.identifiant.valeur,
        espace.settings.as_limites(),
    )
    assert MORNING.startswith(str(JOUR))
