"""The annuaire: its import is whole or nothing, its search speaks as the portal does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from bases import is_postgresql, open_base
from sqlalchemy import Connection, Engine, event, func, select

from edi.annuaire.export import AnnuaireRefused
from edi.annuaire.imports import Report, import_csv
from edi.annuaire.obligations import tell_etat, tell_obligations
from edi.annuaire.search import search
from edi.model import AUTRE, PARTICULIER, SIRET, Identifiant, Service, Structure
from edi.store import annuaire, tables
from edi.store.replacement import CHUNK

AT = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
BREST = Identifiant(SIRET, "21290019300014")
STRUCTURES = (
    "TypeIdentifiant;Identifiant;RaisonSociale;EmetteurEdi;RecepteurEdi;GestionStatutMiseEnPaiement;"
    "GestionEngagement;GestionService;GestionServiceEngagement;EstMOA;EstMOAUniquement;StructureActive;"
    "Adresse;CodePostal;Ville;CodePays"
)
SERVICES = "Identifiant;RaisonSociale;Code;Nom;GestionEGMT;ServiceActif;DateDebutValidite;DateFinValidite"


def structure(identifiant: str, nom: str, ville: str = "", cp: str = "", type_: str = SIRET) -> str:
    return f"{type_};{identifiant};{nom};{'false;' * 8}true;;{cp};{ville};FR"


GOOD = structure("21290019300014", "BREST")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_base(tmp_path)
    yield engine
    engine.dispose()


@pytest.fixture
def conn(engine: Engine) -> Iterator[Connection]:
    with engine.begin() as connection:
        yield connection


def write(folder: Path, *lines: str, encoding: str = "utf-8", name: str = "annuaire.csv") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join((*lines, "")).encode(encoding))
    return path


def changes(report: Report) -> tuple[int, int, int, int]:
    return report.lignes, report.ajoutees, report.modifiees, report.supprimees


# -- import -----------------------------------------------------------------------------------------------


def test_a_structure_is_read_with_all_that_it_declares(conn: Connection, tmp_path: Path) -> None:
    row = (
        "1;21290019300014;VILLE DE BREST;true;false;true;false;true;false;true;false;true;2 rue Frézier;29200"
    )
    import_csv(conn, write(tmp_path, STRUCTURES, f"{row};BREST;FR"), AT)
    actual = annuaire.structures_named(conn, {BREST})
    expected = Structure(
        BREST,
        "VILLE DE BREST",
        active=True,
        emetteur_edi=True,
        recepteur_edi=False,
        statut_paiement=True,
        gestion_engagement=False,
        gestion_service=True,
        gestion_service_engagement=False,
        moa=True,
        moa_uniquement=False,
        code_postal="29200",
        ville="BREST",
        pays="FR",
    )

    assert {BREST: expected} == actual


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("EmetteurEdi", "emetteur_edi"),
        ("RecepteurEdi", "recepteur_edi"),
        ("GestionStatutMiseEnPaiement", "statut_paiement"),
        ("GestionEngagement", "gestion_engagement"),
        ("GestionService", "gestion_service"),
        ("GestionServiceEngagement", "gestion_service_engagement"),
        ("EstMOA", "moa"),
        ("EstMOAUniquement", "moa_uniquement"),
        ("StructureActive", "active"),
    ],
)
def test_each_flag_has_its_own_column(conn: Connection, tmp_path: Path, column: str, field: str) -> None:
    names = STRUCTURES.split(";")
    cells = ["1", BREST.valeur, "BREST", *["false"] * 9, "", "", "", ""]
    cells[names.index(column)] = "true"
    import_csv(conn, write(tmp_path, STRUCTURES, ";".join(cells)), AT)
    (found,) = annuaire.structures_named(conn, {BREST}).values()
    flags = {name for name in Structure.__dataclass_fields__ if getattr(found, name) is True}

    assert {field} == flags


def test_a_service_is_read_with_its_days(conn: Connection, tmp_path: Path) -> None:
    rows = (
        "21290019300014;BREST;SRV;Finances;true;true;01/02/2026;2026-12-31",
        "21290019300014;BREST;FACTURES_PUBLIQUES;Factures publiques;false;false;;",
    )
    import_csv(conn, write(tmp_path, SERVICES, *rows), AT)
    actual = list(annuaire.services_of(conn, {BREST.valeur}).values())
    expected = [
        Service(BREST.valeur, "FACTURES_PUBLIQUES", "Factures publiques", actif=False),
        Service(
            BREST.valeur, "SRV", "Finances", engagement=True, debut=date(2026, 2, 1), fin=date(2026, 12, 31)
        ),
    ]

    assert expected == actual


def test_services_without_the_optional_columns_have_no_bounds(conn: Connection, tmp_path: Path) -> None:
    lines = ("Identifiant,Code,Nom,GestionEGMT,ServiceActif", '21290019300014,SRV,"Eau, air",false,true')
    import_csv(conn, write(tmp_path, *lines), AT)
    actual = annuaire.services_of(conn, {BREST.valeur})

    assert {(BREST.valeur, "SRV"): Service(BREST.valeur, "SRV", "Eau, air")} == actual


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252"])
@pytest.mark.parametrize("delimiter", [";", ","])
def test_the_file_may_be_written_in_several_ways(
    conn: Connection, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    header = STRUCTURES.upper().replace("IDENTIFIANT;RAISON", "IDENTIFIANT ;RAISON")
    lines = [header, structure(BREST.valeur, "CHÂTEAU-NEUF", "ÎLE")]
    path = write(tmp_path, *(line.replace(";", delimiter) for line in lines), encoding=encoding)
    import_csv(conn, path, AT)
    (found,) = annuaire.structures_named(conn, {BREST}).values()

    assert (found.nom, found.ville) == ("CHÂTEAU-NEUF", "ÎLE")


@pytest.mark.parametrize(
    ("yes", "no"), [("true", "false"), ("TRUE", "False"), ("oui", "non"), ("1", "0"), ("VRAI", "FAUX")]
)
def test_a_boolean_may_be_written_in_several_ways(
    conn: Connection, tmp_path: Path, yes: str, no: str
) -> None:
    lines = ("Identifiant;Code;Nom;GestionEGMT;ServiceActif", f"{BREST.valeur};SRV;;{yes};{no}")
    import_csv(conn, write(tmp_path, *lines), AT)
    (found,) = annuaire.services_of(conn, {BREST.valeur}).values()

    assert (found.engagement, found.actif) == (True, False)


def test_rows_are_counted_by_line_and_blank_ones_do_not_count(conn: Connection, tmp_path: Path) -> None:
    two_lines = structure("21290019300022", '"QUIMPER\r\nCORNOUAILLE"')
    blank = ";" * STRUCTURES.count(";")
    path = write(tmp_path, STRUCTURES, "", GOOD, blank, two_lines, f"{structure('X', 'Y')};;")
    with pytest.raises(AnnuaireRefused, match="ligne 7, colonne Identifiant : « X »"):
        import_csv(conn, path, AT)
    report = import_csv(conn, write(tmp_path, STRUCTURES, "", GOOD, blank, two_lines), AT)

    assert changes(report) == (2, 2, 0, 0)


def test_what_a_spreadsheet_took_from_a_siret_and_a_postcode_is_given_back(
    conn: Connection, tmp_path: Path
) -> None:
    import_csv(conn, write(tmp_path, STRUCTURES, structure("5520135000014", "BOURG", cp="1000")), AT)
    found = annuaire.structures_named(conn, {Identifiant(SIRET, "05520135000014")})

    assert [value.code_postal for value in found.values()] == ["01000"]


def test_an_identifier_that_is_no_siret_is_kept_as_it_is(conn: Connection, tmp_path: Path) -> None:
    rows = (structure("5520135000014", "X", cp="1000", type_=AUTRE), structure("7", "Y", type_=PARTICULIER))
    import_csv(conn, write(tmp_path, STRUCTURES, *rows), AT)
    wanted = {Identifiant(AUTRE, "5520135000014"), Identifiant(PARTICULIER, "7")}
    found = annuaire.structures_named(conn, wanted)

    assert {v.identifiant: (v.code_postal, v.privee) for v in found.values()} == {
        Identifiant(AUTRE, "5520135000014"): ("1000", False),
        Identifiant(PARTICULIER, "7"): ("", True),
    }


@pytest.mark.parametrize(("cell", "expected"), [("PRIVEE", True), ("Privée", True), ("PUBLIQUE", False)])
def test_an_optional_column_tells_private_structures(
    conn: Connection, tmp_path: Path, cell: str, expected: bool
) -> None:
    lines = (f"{STRUCTURES};StructurePriveePublique", f"{structure(BREST.valeur, 'BREST')};{cell}")
    import_csv(conn, write(tmp_path, *lines), AT)
    (found,) = annuaire.structures_named(conn, {BREST}).values()

    assert expected == found.privee


def test_an_import_tells_what_it_changed_and_leaves_its_trace(conn: Connection, tmp_path: Path) -> None:
    rows = [structure(f"{number:014d}", f"COMMUNE {number}") for number in range(10, 20)]
    first = import_csv(conn, write(tmp_path, STRUCTURES, *rows), AT)
    again = import_csv(conn, write(tmp_path, STRUCTURES, *reversed(rows)), AT)
    rows[0] = rows[0].replace("COMMUNE", "VILLE")
    rows[1] = rows[1].replace("false", "true", 1)
    rows[2:5] = [structure("99999999999999", "NOUVELLE")]
    later = import_csv(conn, write(tmp_path, STRUCTURES, *rows), AT + timedelta(days=1))
    trace = conn.execute(select(tables.annuaire_import.c["nature", "fichier", "lignes", "sha256"])).all()

    assert changes(first) == (10, 10, 0, 0)
    assert changes(again) == (10, 0, 0, 0)
    assert changes(later) == (8, 1, 2, 3)
    assert [tuple(row) for row in trace] == [
        ("structures", "annuaire.csv", 10, first.sha256),
        ("structures", "annuaire.csv", 10, again.sha256),
        ("structures", "annuaire.csv", 8, later.sha256),
    ]


def test_a_date_of_validity_that_comes_or_goes_is_a_change(conn: Connection, tmp_path: Path) -> None:
    bounds = ("", "2026-12-31", "2027-12-31", "")
    rows = [f"{BREST.valeur};BREST;SRV;Finances;true;true;;{fin}" for fin in bounds]
    reports = [import_csv(conn, write(tmp_path, SERVICES, row), AT) for row in rows]

    assert [changes(report) for report in reports] == [(1, 1, 0, 0), *[(1, 0, 1, 0)] * 3]


def test_the_annuaire_is_of_the_last_import_of_structures(conn: Connection, tmp_path: Path) -> None:
    before = annuaire.annuaire_du(conn)
    import_csv(conn, write(tmp_path, SERVICES, f"{BREST.valeur};BREST;SRV;;true;true;;"), AT)
    services_only = annuaire.annuaire_du(conn)
    import_csv(conn, write(tmp_path, STRUCTURES, structure(BREST.valeur, "BREST")), AT)
    import_csv(conn, write(tmp_path, SERVICES, f"{BREST.valeur};B;SRV;;true;true;;"), AT + timedelta(days=1))

    assert (before, services_only, annuaire.annuaire_du(conn)) == (None, None, AT)


# -- workbooks --------------------------------------------------------------------------------------------


def workbook(folder: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for titre, rows in sheets.items():
        sheet = book.create_sheet(titre)
        for row in rows:
            sheet.append(row)
    book.save(folder / "annuaire.xlsx")
    return folder / "annuaire.xlsx"


HEADER: list[object] = list(SERVICES.split(";"))


def test_a_workbook_is_read_as_the_csv_is(conn: Connection, tmp_path: Path) -> None:
    rows: list[list[object]] = [
        HEADER,
        [5520135000014, "BOURG", "SRV", "Finances", True, True, date(2026, 2, 1), datetime(2026, 12, 31)],
        [None] * 8,
        ["05520135000014", "BOURG", 12, "Régie", "non", "oui"],
    ]
    report = import_csv(conn, workbook(tmp_path, Lisez_moi=[["Annuaire"]], Services=rows), AT)
    found = list(annuaire.services_of(conn, {"05520135000014"}).values())
    bounds = {"debut": date(2026, 2, 1), "fin": date(2026, 12, 31)}

    assert changes(report) == (2, 2, 0, 0)
    assert found == [
        Service("05520135000014", "12", "Régie"),
        Service("05520135000014", "SRV", "Finances", engagement=True, **bounds),
    ]


@pytest.mark.parametrize(
    ("sheets", "told"),
    [
        ({"A": [HEADER], "B": [HEADER]}, "les feuilles « A », « B » se prêtent à l'import"),
        ({"A": [["Nom", "Prénom"]]}, "l'en-tête n'est ni celui des structures"),
        ({"A": []}, "l'en-tête n'est ni celui des structures"),
        ({"A": [HEADER, ["7,32829E+13", "", "S", "", True, True]]}, "ligne 2, colonne Identifiant : « 7,328"),
    ],
)
def test_a_workbook_that_cannot_be_imported_says_why(
    conn: Connection, tmp_path: Path, sheets: dict[str, list[list[object]]], told: str
) -> None:
    with pytest.raises(AnnuaireRefused) as refused:
        import_csv(conn, workbook(tmp_path, **sheets), AT)

    assert told in str(refused.value)


def test_an_import_tells_closures_apart_and_names_what_changed(conn: Connection, tmp_path: Path) -> None:
    rows = [structure(f"{number:014d}", f"COMMUNE {number}") for number in range(10, 14)]
    import_csv(conn, write(tmp_path, STRUCTURES, *rows), AT)
    rows[0] = rows[0].replace("true;;", "false;;")
    rows[1] = rows[1].replace("COMMUNE", "VILLE")
    rows[2] = structure("99999999999999", "NOUVELLE")
    report = import_csv(conn, write(tmp_path, STRUCTURES, *rows), AT)
    told = {kind: [(e.cle[-1][-2:], e.champs) for e in found] for kind, found in report.exemples.items()}

    assert (changes(report), report.fermees) == ((4, 1, 2, 1), 1)
    assert told == {
        "ajoutees": [("99", ())],
        "modifiees": [("10", ("active",)), ("11", ("nom",))],
        "fermees": [("10", ("active",))],
        "supprimees": [("12", ())],
    }


# -- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        pytest.param(
            (STRUCTURES, GOOD, structure("2129001930001X", "QUIMPER")),
            "ligne 3, colonne Identifiant : « 2129001930001X », attendu : un SIRET de 14 chiffres",
            id="siret",
        ),
        pytest.param(
            (STRUCTURES, structure("212900193", "QUIMPER")),
            "ligne 2, colonne Identifiant : « 212900193 », attendu : un SIRET de 14 chiffres",
            id="siren",
        ),
        pytest.param(
            (STRUCTURES, structure("X", "QUIMPER", type_="8")),
            "ligne 2, colonne TypeIdentifiant : « 8 », attendu : un type de 1 à 7",
            id="type",
        ),
        pytest.param(
            (STRUCTURES, structure("", "QUIMPER", type_="6")),
            "ligne 2, colonne Identifiant : cellule vide, attendu : un identifiant",
            id="no identifier",
        ),
        pytest.param(
            (STRUCTURES, GOOD.replace("false", "peut-être", 1)),
            "ligne 2, colonne EmetteurEdi : « peut-être », attendu : « true » ou « false »",
            id="boolean",
        ),
        pytest.param(
            (STRUCTURES, GOOD.replace("BREST", "BREST;ET SES ENVIRONS")),
            "ligne 2 : « 17 colonnes », attendu : 16 colonnes comme dans l'en-tête",
            id="a delimiter in a name",
        ),
        pytest.param(
            (STRUCTURES, GOOD, "1;21290019300022"),
            "ligne 3 : « 2 colonnes », attendu : 16 colonnes comme dans l'en-tête",
            id="cut short",
        ),
        pytest.param(
            (STRUCTURES, GOOD, GOOD.replace("BREST", '"BREST'), structure("21290019300022", "QUIMPER")),
            'ligne 3 : « " », attendu : des guillemets qui se ferment',
            id="a quote that never closes",
        ),
        pytest.param(
            (STRUCTURES, GOOD, structure("21290019300022", "X"), GOOD),
            "ligne 4, colonne Identifiant : « 21290019300014 », attendu : "
            "une valeur qui ne figure pas déjà à la ligne 2",
            id="one structure twice",
        ),
        pytest.param(
            (SERVICES, f"{BREST.valeur};B;SRV;;true;true;;", f"{BREST.valeur};B;SRV;;true;false;;"),
            "ligne 3, colonne Code : « SRV », attendu : une valeur qui ne figure pas déjà à la ligne 2",
            id="one service twice",
        ),
        pytest.param(
            (SERVICES, f"{BREST.valeur};B;;;true;true;;"),
            "ligne 2, colonne Code : cellule vide, attendu : un code service",
            id="no code",
        ),
        pytest.param(
            (SERVICES, f"{BREST.valeur};B;SRV;;true;true;31/02/2026;"),
            "ligne 2, colonne DateDebutValidite : « 31/02/2026 », attendu : "
            "une date jj/mm/aaaa ou aaaa-mm-jj",
            id="no such day",
        ),
        pytest.param(
            (SERVICES, f"{BREST.valeur};B;SRV;;true;true;02/03/2026;01/03/2026"),
            "ligne 2, colonne DateFinValidite : « 01/03/2026 », attendu : une date à partir du 02/03/2026",
            id="ends before it begins",
        ),
        pytest.param(
            (STRUCTURES.replace("GestionService;", "").replace("EstMOA;", ""), GOOD),
            "export des structures sans la colonne GestionService, EstMOA",
            id="columns missing",
        ),
        pytest.param(
            (SERVICES.replace("DateFinValidite", "Code"), f"{BREST.valeur};B;SRV;;true;true;;"),
            "la colonne Code figure plusieurs fois dans l'en-tête",
            id="column twice",
        ),
        pytest.param(("Nom;Prénom", "Le Goff;Soazig"), "l'en-tête n'est ni celui des structures", id="other"),
        pytest.param((), "l'en-tête n'est ni celui des structures", id="empty file"),
        pytest.param((STRUCTURES,), "l'export ne contient aucune ligne", id="no row"),
        pytest.param(("PK\x03\x04",), "c'est une archive ZIP et non un classeur", id="no workbook"),
    ],
)
def test_a_bad_file_is_refused_with_the_reason_and_changes_nothing(
    conn: Connection, tmp_path: Path, lines: tuple[str, ...], told: str
) -> None:
    import_csv(conn, write(tmp_path, STRUCTURES, GOOD), AT)
    import_csv(conn, write(tmp_path, SERVICES, f"{BREST.valeur};B;ANCIEN;;true;true;;"), AT)
    with pytest.raises(AnnuaireRefused) as refused:
        import_csv(conn, write(tmp_path, *lines), AT + timedelta(days=1))

    assert str(refused.value).startswith("annuaire.csv : ")
    assert told in str(refused.value)
    assert [s.nom for s in search(conn, "*").structures] == ["BREST"]
    assert list(annuaire.services_of(conn, {BREST.valeur})) == [(BREST.valeur, "ANCIEN")]
    assert annuaire.annuaire_du(conn) == AT


def test_bytes_of_no_known_encoding_are_refused(conn: Connection, tmp_path: Path) -> None:
    path = tmp_path / "annuaire.csv"
    path.write_bytes(STRUCTURES.encode() + b"\r\n\x81\xff")
    with pytest.raises(AnnuaireRefused, match="ni en UTF-8 ni en Windows-1252"):
        import_csv(conn, path, AT)


def test_the_faults_of_a_file_are_told_together_twenty_at_most(conn: Connection, tmp_path: Path) -> None:
    three = [structure("X", f"C{n}") for n in range(3)]
    many = [structure("X", f"C{n}") if n % 2 else "trop;court" for n in range(50)]
    counted = []
    for rows in (three, many):
        with pytest.raises(AnnuaireRefused) as refused:
            import_csv(conn, write(tmp_path, STRUCTURES, GOOD, *rows), AT)
        counted.append([faute.ligne for faute in refused.value.fautes])

    assert counted == [[3, 4, 5], list(range(3, 23))]


def test_a_refused_import_can_be_followed_by_a_good_one_in_the_same_transaction(
    conn: Connection, tmp_path: Path
) -> None:
    with pytest.raises(AnnuaireRefused):
        import_csv(conn, write(tmp_path, STRUCTURES, GOOD, GOOD), AT)
    report = import_csv(conn, write(tmp_path, STRUCTURES, GOOD), AT)

    assert changes(report) == (1, 1, 0, 0)


# -- size -------------------------------------------------------------------------------------------------


def test_a_large_import_goes_chunk_by_chunk_and_can_be_repeated(engine: Engine, tmp_path: Path) -> None:
    rows = [structure(f"{number:014d}", f"COMMUNE N° {number}", "PLOUZANÉ") for number in range(20_000)]
    path = write(tmp_path, STRUCTURES, *rows)
    chunks: list[int] = []
    seen: list[tuple[int, int]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def measure(conn: object, cursor: object, sql: str, values: object, ctx: object, many: bool) -> None:
        if many and isinstance(values, list):
            chunks.append(len(values))

    with engine.begin() as conn:
        first = import_csv(conn, path, AT, lambda done, total: seen.append((done, total)))
    with engine.begin() as conn:
        second = import_csv(conn, path, AT)
        held = conn.execute(select(func.count()).select_from(tables.structure)).scalar_one()

    assert (changes(first), changes(second), held) == ((20_000, 20_000, 0, 0), (20_000, 0, 0, 0), 20_000)
    # A server takes them by COPY, which is no executemany.
    assert sum(chunks) == (0 if is_postgresql() else 40_000)
    assert max(chunks, default=CHUNK) == CHUNK
    assert seen == [*((n + 1, 20_001) for n in range(1_000, 20_001, 1_000)), (20_001, 20_001)]


# -- search -----------------------------------------------------------------------------------------------

FOUND = {
    "brest": structure("21290019300014", "VILLE DE BREST", "BREST", "29200"),
    "chu": structure("26290001000014", "CHU", "BREST CEDEX 2", "29609"),
    "brestois": structure("20004512300018", "PAYS BRESTOIS", "GUIPAVAS", "29490"),
    "st-brieuc": structure("21220278000019", "COMMUNE DE SAINT-BRIEUC", "SAINT-BRIEUC", "22000"),
    "hopital": structure("26290002800016", "HÔPITAL D’INSTRUCTION 100 % CŒUR_UNI", "L'HÔPITAL", "57490"),
    "etat": structure("11000201100044", "ÉTAT", "PARIS", "75012"),
    "etat-2": structure("11000201100051", "ÉTAT CHORUS", "PARIS", "75012"),
    "allemand": structure("DE123_45", "GMBH", "BERLIN", "29200", type_="2"),
}


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("21290019300014", "brest"),
        ("212 900 193 00014", "brest"),
        ("110002011", "etat etat-2"),
        ("110002011*", "etat etat-2"),
        ("*00044", "etat"),
        ("1100020110004", ""),
        ("11000201100044*", "etat"),
        ("29200", "allemand brest"),
        ("29*", "allemand brest brestois chu"),
        ("2920", ""),
        ("BREST", "brest chu"),
        ("brest", "brest chu"),
        ("BREST*", "brest brestois chu"),
        ("*REST", "brest chu"),
        ("*ESTO*", "brestois"),
        ("ville brest", "brest"),
        ("brest ville", "brest"),
        ("chu brest*", "chu"),
        ("chu*cedex", "chu"),
        ("saint-brieuc", "st-brieuc"),
        ("saint brieuc", "st-brieuc"),
        ("SAINT-BRI*", "st-brieuc"),
        ("Saint", "st-brieuc"),
        ("hopital", "hopital"),
        ("l'hôpital", "hopital"),
        ("d'instruction", "hopital"),
        ("cœur_uni", "hopital"),
        ("coeur", "hopital"),
        ("100 %", "hopital"),
        ("état", "etat etat-2"),
        ("de123_45", "allemand"),
        ("de123x45", ""),
        ("de123_*", "allemand"),
        ("de12__45", ""),
        ("%", ""),
        ("_*", ""),
        ("%*", ""),
        ("\\", ""),
        ("' OR 1=1 --", ""),
        ("", ""),
        ("   ", ""),
        ("*", " ".join(sorted(FOUND))),
        ("* *", " ".join(sorted(FOUND))),
    ],
)
def test_a_search_reads_the_pattern_as_the_portal_does(
    conn: Connection, tmp_path: Path, pattern: str, expected: str
) -> None:
    import_csv(conn, write(tmp_path, STRUCTURES, *FOUND.values()), AT)
    names = {row.split(";")[1]: name for name, row in FOUND.items()}
    page = search(conn, pattern)
    actual = " ".join(sorted(names[found.identifiant.valeur] for found in page.structures))

    assert (expected, len(expected.split())) == (actual, page.total)


def test_a_search_comes_page_by_page_in_the_order_of_names_whatever_their_accents(
    conn: Connection, tmp_path: Path
) -> None:
    import_csv(conn, write(tmp_path, STRUCTURES, *FOUND.values()), AT)
    pages = [search(conn, "*", limit=3, offset=offset) for offset in (0, 3, 6, 9)]
    whole = search(conn, "*", limit=100)

    assert [(page.total, len(page.structures)) for page in pages] == [(8, 3), (8, 3), (8, 2), (8, 0)]
    assert [found for page in pages for found in page.structures] == list(whole.structures)
    rows = [row.split(";") for row in FOUND.values()]
    ordered = sorted(rows, key=lambda cells: annuaire.fold(f"{cells[2]} {cells[14]}"))  # name, then town
    assert [found.nom for found in whole.structures] == [cells[2] for cells in ordered]


# -- in words ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "expected"),
    [
        ({}, "Ni code service ni numéro d'engagement n'est obligatoire."),
        ({"gestion_service": True}, "Le code service est obligatoire."),
        ({"gestion_engagement": True}, "Le numéro d'engagement est obligatoire."),
        (
            {"gestion_service": True, "gestion_engagement": True},
            "Le code service est obligatoire. Le numéro d'engagement est obligatoire.",
        ),
        (
            {"gestion_service_engagement": True},
            "Le code service ou le numéro d'engagement est obligatoire.",
        ),
        ({"active": False}, "Structure inactive : elle ne reçoit plus de facture."),
        (
            {"moa_uniquement": True},
            "Maître d'ouvrage uniquement : elle ne reçoit que des factures de travaux.",
        ),
    ],
)
def test_obligations_are_told_in_words(flags: dict[str, bool], expected: str) -> None:
    actual = " ".join(tell_obligations(Structure(BREST, "BREST", **flags)))

    assert expected == actual


@pytest.mark.parametrize(
    ("jour", "expected"),
    [
        (date(2026, 2, 28), "Actif à partir du 01/03/2026"),
        (date(2026, 3, 1), "Actif jusqu'au 31/03/2026"),
        (date(2026, 3, 31), "Actif jusqu'au 31/03/2026"),
        (date(2026, 4, 1), "Clos depuis le 31/03/2026"),
    ],
)
def test_the_state_of_a_service_follows_its_days(jour: date, expected: str) -> None:
    service = Service(BREST.valeur, "SRV", debut=date(2026, 3, 1), fin=date(2026, 3, 31))
    actual = tell_etat(service, jour)

    assert expected == actual
