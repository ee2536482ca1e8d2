"""The registry as it stood: what imports replace is kept, mandats are seen before what came since."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from bases import lay_empty_base, open_base
from sqlalchemy import Connection, Engine, func, select, text

from edi.annuaire.imports import import_csv
from edi.annuaire.mandats import give, revoke, sign, submit
from edi.annuaire.search import read_motif
from edi.model import (
    SIRET,
    Deposant,
    FactureDeposee,
    Finding,
    Identifiant,
    Interface,
    Limites,
    Mandat,
    PackApplique,
    Partie,
    Politique,
    Reglage,
    Saisie,
    Severity,
)
from edi.pourquoi.accord import compare
from edi.pourquoi.dossier import Decidee
from edi.pourquoi.jeux import packs_of_then
from edi.store import annuaire, jugements, reglages
from edi.store.annuaire import fold
from edi.store.database import MIGRATIONS, open_database, upgrade
from edi.store.mandats import mandats_between
from edi.store.repertoire import Filtre, list_services
from edi.store.tables import service as service_table
from edi.store.tables import service_passe, structure_passee
from edi.validators.schematron.packs import PACKS, pack_on

PREMIER = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)  # of the first import
DEUXIEME, TROISIEME = PREMIER + timedelta(days=10), PREMIER + timedelta(days=20)
VEILLE, LENDEMAIN = timedelta(days=-1), timedelta(days=1)
BREST, QUIMPER = (Identifiant(SIRET, numero) for numero in ("21290019300014", "21290232400016"))
STRUCTURES = (
    "TypeIdentifiant;Identifiant;RaisonSociale;EmetteurEdi;RecepteurEdi;GestionStatutMiseEnPaiement;"
    "GestionEngagement;GestionService;GestionServiceEngagement;EstMOA;EstMOAUniquement;StructureActive;"
    "Adresse;CodePostal;Ville;CodePays"
)
SERVICES = "Identifiant;RaisonSociale;Code;Nom;GestionEGMT;ServiceActif;DateDebutValidite;DateFinValidite"


@pytest.fixture
def base(tmp_path: Path) -> Iterator[Engine]:
    engine = open_base(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def conn(base: Engine) -> Iterator[Connection]:
    with base.begin() as connection:
        yield connection


def bring(conn: Connection, folder: Path, at: datetime, head: str, *rows: str) -> None:
    path = folder / "annuaire.csv"
    path.write_text("\n".join((head, *rows, "")), encoding="utf-8")
    import_csv(conn, path, at)


def row(identifiant: Identifiant, nom: str, active: bool = True) -> str:
    return f"1;{identifiant.valeur};{nom};{'false;' * 8}{str(active).lower()};;29000;;FR"


def service(code: str, *, actif: bool = True) -> str:
    return f"{BREST.valeur};B;{code};;false;{str(actif).lower()};;"


def known(conn: Connection, at: datetime | None) -> tuple[dict[str, tuple[str, bool]], dict[str, bool]]:
    """Names of structures and whether they are active, services and whether they are; None: now."""
    au = None if at is None else jugements.repere_at(conn, at).annuaire
    named = annuaire.structures_named(conn, {BREST, QUIMPER}, au)
    by_siren = annuaire.structures_of_sirens(conn, {BREST.siren, QUIMPER.siren}, au)
    assert named == by_siren
    structures = {identifiant.valeur: (s.nom, s.active) for identifiant, s in named.items()}
    return structures, {
        code: s.actif for (_, code), s in annuaire.services_of(conn, {BREST.valeur}, au).items()
    }


@pytest.fixture
def three(conn: Connection, tmp_path: Path) -> Connection:
    """A registry imported three times: renamed and opened, then closed and gone, and one back again."""
    bring(conn, tmp_path, PREMIER, STRUCTURES, row(BREST, "BREST"))
    bring(conn, tmp_path, PREMIER, SERVICES, service("A"), service("B"))
    bring(conn, tmp_path, DEUXIEME, STRUCTURES, row(BREST, "VILLE DE BREST"), row(QUIMPER, "QUIMPER"))
    bring(conn, tmp_path, DEUXIEME, SERVICES, service("A", actif=False))
    bring(conn, tmp_path, TROISIEME, STRUCTURES, row(BREST, "VILLE DE BREST", active=False))
    bring(conn, tmp_path, TROISIEME, SERVICES, service("A", actif=False), service("B"))
    return conn


FIRST = ({BREST.valeur: ("BREST", True)}, {"A": True, "B": True})
SECOND = ({BREST.valeur: ("VILLE DE BREST", True), QUIMPER.valeur: ("QUIMPER", True)}, {"A": False})
THIRD = ({BREST.valeur: ("VILLE DE BREST", False)}, {"A": False, "B": True})


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        pytest.param(PREMIER + VEILLE, ({}, {}), id="before any"),
        pytest.param(PREMIER, FIRST, id="first"),
        pytest.param(PREMIER + LENDEMAIN, FIRST, id="the day after the first"),
        pytest.param(DEUXIEME + VEILLE, FIRST, id="the day before the second"),
        pytest.param(DEUXIEME, SECOND, id="second"),
        pytest.param(DEUXIEME + LENDEMAIN, SECOND, id="the day after the second"),
        pytest.param(TROISIEME + VEILLE, SECOND, id="the day before the third"),
        pytest.param(TROISIEME, THIRD, id="third"),
        pytest.param(TROISIEME + LENDEMAIN, THIRD, id="the day after the third"),
        pytest.param(None, THIRD, id="now"),
    ],
)
def test_structures_and_services_are_seen_as_they_stood(
    three: Connection, at: datetime | None, expected: tuple[dict[str, object], dict[str, bool]]
) -> None:
    assert expected == known(three, at)


@pytest.mark.parametrize(
    ("at", "expected"),
    [(PREMIER + VEILLE, None), (PREMIER, PREMIER), (DEUXIEME + VEILLE, PREMIER), (TROISIEME, TROISIEME)],
)
def test_the_day_of_the_annuaire_is_that_of_its_last_import_by_then(
    three: Connection, at: datetime, expected: datetime | None
) -> None:
    assert expected == annuaire.annuaire_du(three, jugements.repere_at(three, at).annuaire)


def test_only_what_differs_goes_to_the_past(three: Connection, tmp_path: Path) -> None:
    def past() -> tuple[int, ...]:
        tables = (structure_passee, service_passe)
        return tuple(three.execute(select(func.count()).select_from(table)).scalar_one() for table in tables)

    before = past()
    bring(three, tmp_path, TROISIEME + LENDEMAIN, STRUCTURES, row(BREST, "VILLE DE BREST", active=False))

    assert (before, past()) == ((3, 2), (3, 2))


# -- before history was kept ------------------------------------------------------------------------------


def test_a_registry_of_a_former_version_is_known_since_its_last_import_only(tmp_path: Path) -> None:
    engine = open_database(lay_empty_base(), tmp_path)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0016")
        for at, nom in ((PREMIER, "a.csv"), (DEUXIEME, "b.csv")):
            conn.execute(
                text(
                    "INSERT INTO annuaire_import (le, fichier, sha256, nature, lignes) "
                    "VALUES (:le, :fichier, '', 'structures', 1)"
                ),
                {"le": at.isoformat(timespec="microseconds"), "fichier": nom},
            )
        flags = ", ".join(["true", *["false"] * 9])
        conn.execute(
            text(
                f"INSERT INTO structure VALUES ('1', :siret, :siren, 'BREST', 'BREST', {flags}, '', '', '')"
            ),
            {"siret": BREST.valeur, "siren": BREST.siren},
        )
    upgrade(engine)
    with engine.begin() as conn:
        bring(conn, tmp_path, TROISIEME, STRUCTURES, row(BREST, "VILLE DE BREST"))
        names = {at: known(conn, at)[0][BREST.valeur][0] for at in (PREMIER, DEUXIEME, TROISIEME)}
        forgotten = {
            at: annuaire.forgotten_after(conn, jugements.repere_at(conn, at).annuaire)
            for at in (PREMIER, DEUXIEME, TROISIEME)
        }
    engine.dispose()

    assert names == {PREMIER: "BREST", DEUXIEME: "BREST", TROISIEME: "VILLE DE BREST"}
    assert {at: one and one.fichier for at, one in forgotten.items()} == {
        PREMIER: "b.csv",
        DEUXIEME: None,
        TROISIEME: None,
    }


def test_services_imported_before_they_were_searched_are_found_by_their_words(tmp_path: Path) -> None:
    engine = open_database(lay_empty_base(), tmp_path)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as conn:
        config.attributes["connection"] = conn
        command.upgrade(config, "0022")
        conn.execute(
            text(
                "INSERT INTO service (siret, code, nom, actif, engagement) "
                "VALUES (:s, 'EAU_1', :n, true, false)"
            ),
            {"s": BREST.valeur, "n": "Régie de l'eau"},
        )
    upgrade(engine)
    with engine.begin() as conn:
        page = list_services(conn, read_motif("*regie* eau"), Filtre(), 10)
        written = conn.execute(select(service_table.c.recherche)).scalar_one()
    engine.dispose()

    assert [one.service.code for one in page.lignes] == ["EAU_1"]
    assert written == fold("EAU_1 Régie de l'eau")


# -- mandats ----------------------------------------------------------------------------------------------

JOUR = date(2026, 3, 2)
SAISIES = {
    acte: Saisie(PREMIER + timedelta(days=days), "nolwenn")
    for acte, days in (("donné", 0), ("envoyé", 10), ("signé", 20), ("révoqué", 30))
}


@pytest.fixture
def lived(conn: Connection) -> Connection:
    """A mandat with all that may be done to it; whatever day each act counts from, it was entered later."""
    made = give(conn, BREST, "AAA123", JOUR, SAISIES["donné"], soumis=False)
    submit(conn, made.id, JOUR, SAISIES["envoyé"])
    sign(conn, made.id, JOUR, SAISIES["signé"], "Soazig Le Goff")
    revoke(conn, made.id, JOUR, SAISIES["révoqué"])
    return conn


def stood(conn: Connection, at: datetime) -> tuple[bool, bool, bool] | None:
    """Whether a mandat was submitted, signed and revoked by then; None: it was not there."""
    found = mandats_between(conn, "AAA123", {BREST}, jugements.repere_at(conn, at).mandats)
    return _days(found[0]) if found else None


def _days(mandat: Mandat) -> tuple[bool, bool, bool]:
    return mandat.soumis_le is not None, mandat.signe_le is not None, mandat.revoque_le is not None


GIVEN, SENT, SIGNED, REVOKED = (
    (False, False, False),
    (True, False, False),
    (True, True, False),
    (True, True, True),
)


@pytest.mark.parametrize(
    ("acte", "before", "after"),
    [
        ("donné", None, GIVEN),
        ("envoyé", GIVEN, SENT),
        ("signé", SENT, SIGNED),
        ("révoqué", SIGNED, REVOKED),
    ],
)
def test_a_mandat_is_seen_before_what_was_entered_since(
    lived: Connection,
    acte: str,
    before: tuple[bool, bool, bool] | None,
    after: tuple[bool, bool, bool],
) -> None:
    at = SAISIES[acte].le

    assert [stood(lived, at + delta) for delta in (VEILLE, timedelta(), LENDEMAIN)] == [before, after, after]


def test_a_signature_entered_since_had_not_submitted_the_mandat_either(conn: Connection) -> None:
    made = give(conn, BREST, "AAA123", JOUR, SAISIES["donné"], soumis=False)
    sign(conn, made.id, JOUR + LENDEMAIN, SAISIES["signé"])

    assert stood(conn, SAISIES["signé"].le + VEILLE) == GIVEN
    assert stood(conn, SAISIES["signé"].le) == SIGNED


# -- what was set, which packs ----------------------------------------------------------------------------


def test_reglages_are_read_back_as_they_were() -> None:
    reglage = Reglage(
        Politique(
            "always",
            True,
            "never",
            "identifiant",
            Decimal("0.05"),
            {"EDI-SIRET-02": Severity.ERROR},
            (b"-----BEGIN CERTIFICATE-----\nMA==\n",),
        ),
        Limites(flux=7, extensions=frozenset({"PDF", "XML"})),
        Deposant("AAA123", "Menuiserie", "1" * 14, politique="tout_ou_rien", signature="exigee"),
        {"FSO1110A": Interface("FSO1110A", "Factures UBL", True)},
        "0.1.0",
    )

    assert reglage == reglages.read(reglages.write(reglage))


def test_reglages_of_a_later_version_are_read_for_what_is_known_of_them() -> None:
    reglage = Reglage(Politique(), Limites(), Deposant("AAA123"))
    later = reglages.write(reglage).replace('"entrees":2000', '"entrees":2000,"inconnue":1')

    assert reglage == reglages.read(later)


@pytest.mark.parametrize(
    ("recorded", "replayed", "expected"),
    [
        (("A", "B"), ("B", "A"), []),
        (("A", "A"), ("A",), [("A", True)]),
        (("A",), ("A", "A"), [("A", False)]),
        (("A",), ("B",), [("A", True), ("B", False)]),
    ],
)
def test_what_two_judgements_do_not_share_is_named(
    recorded: tuple[str, ...], replayed: tuple[str, ...], expected: list[tuple[str, bool]]
) -> None:
    found = compare(
        *([Finding(code, Severity.ERROR, code) for code in side] for side in (recorded, replayed))
    )

    assert expected == [(one.finding.code, one.enregistre) for one in found]


JEU = "en16931-ubl"


def judged_by(version: str, jour: date, sha256: tuple[str, ...]) -> Decidee:
    nobody = Partie(BREST, "")
    facture = FactureDeposee(
        1, 1, 1, "f.xml", 1, "F", "380", jour, nobody, nobody, "", "", "", "EUR", None, None
    )
    packs = (PackApplique("edi", "0.1.0"), PackApplique(JEU, version, sha256))
    return Decidee(facture, ("f.xml", 1), PREMIER, True, (), packs, None)


def test_two_versions_of_a_pack_in_one_lot_each_judge_the_days_of_their_invoices() -> None:
    (pack, *_) = PACKS[JEU]
    other = replace(pack, version="1.3.99", flags=())
    known = {JEU: (replace(pack, valid_to=JOUR), replace(other, candidat=True))}
    decidees = [
        judged_by(pack.version, JOUR, pack.sha256),
        judged_by("1.3.99", JOUR + LENDEMAIN, pack.sha256),
    ]
    packs, missing = packs_of_then(decidees, JOUR, known)

    assert missing == ()
    assert [pack_on(JEU, JOUR + delta, packs).version for delta in (VEILLE, timedelta(), LENDEMAIN)] == [
        pack.version,
        pack.version,
        "1.3.99",
    ]


def test_a_version_whose_files_are_others_is_missing() -> None:
    decidee = judged_by("1.3.16", JOUR, ("0" * 64,))

    assert packs_of_then([decidee], JOUR, PACKS)[1] == (PackApplique(JEU, "1.3.16", ("0" * 64,)),)
