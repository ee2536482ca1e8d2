"""What changes since the last accepted invoice of the same supplier: by meaning, and for who may see it."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from console import add_user, enter
from sqlalchemy import event, func, insert, select
from workspace import deposit, make_espace, type_edi

from edi.app import App
from edi.changements.comparaison import compare
from edi.changements.valeurs import write, write_price
from edi.espace import Espace
from edi.model import (
    TOUT,
    Designation,
    Facsimile,
    Facture,
    Finding,
    Identifiant,
    LigneFacture,
    LigneTva,
    Note,
    Partie,
    Place,
    Portee,
    Role,
    Severity,
)
from edi.samples import LotSpec
from edi.store import factures
from edi.store.database import reading
from edi.store.precedentes import last_accepted
from edi.store.tables import facture as table

CHEMIN = "/Invoice/cac:InvoiceLine"
LIGNE = LigneFacture(Decimal("2"), Decimal("10.00"), Decimal(1), Decimal(0), Decimal("20.00"))
VIS = Designation("Vis à bois", "V-1", Decimal("20"), "C62")
CLOU = Designation("Clous", "", Decimal("20.0"), "KGM")
AVANT = Facture(
    rang=1,
    numero="F-1",
    type="380",
    cadre="A1",
    date=date(2026, 10, 1),
    devise="EUR",
    fournisseur=Partie(Identifiant("1", "00031001100010"), "Kervadec", "FR"),
    destinataire=Partie(Identifiant("1", "12345678200028"), "Ville"),
    service="VOIRIE",
    echeance=date(2026, 10, 31),
    calculs=(LIGNE, LIGNE),
    lignes=2,
    tva=(LigneTva(Decimal("20"), Decimal("40"), Decimal("8")),),
    notes=(Note("PMT", "40 euros"),),
    termes={"BT-84": ("FR7630001007941234567890185",)},
    places={
        "service": Place("/Invoice/cac:Contact/cbc:ID"),
        "BT-84": Place("/Invoice/cac:PaymentMeans"),
        "ligne[0]": Place(f"{CHEMIN}[1]/cbc:LineExtensionAmount"),
        "ligne[1]": Place(f"{CHEMIN}[2]/cbc:LineExtensionAmount"),
    },
)


def seen(facture: Facture, *articles: Designation, nom: str = "facture UBL 2.1") -> Facsimile:
    return Facsimile(facture, "f.xml", False, nom, articles or (VIS, CLOU), ())


def told(found: Any) -> list[tuple[str, str, str]]:
    return [(one.sujet, one.avant, one.apres) for one in found]


def test_what_is_of_each_invoice_alone_is_no_change() -> None:
    apres = replace(AVANT, numero="F-2", date=date(2026, 11, 1), echeance=date(2026, 12, 1))

    assert compare(seen(AVANT), seen(apres)).changements == ()


@pytest.mark.parametrize(
    ("change", "sujet", "avant", "apres"),
    [
        ({"service": "CULTURE"}, "Code service", "VOIRIE", "CULTURE"),
        ({"service": ""}, "Code service", "VOIRIE", ""),
        ({"cadre": "A9"}, "Cadre de facturation", "A1", "A9"),
        ({"type": "381"}, "Type de document", "380 (facture)", "381 (avoir)"),
        ({"devise": "CHF"}, "Devise", "EUR", "CHF"),
        ({"engagement": "EJ1"}, "Numéro d'engagement", "", "EJ1"),
        ({"termes": {}}, "Compte à créditer", "FR7630001007941234567890185", ""),
        ({"echeance": date(2026, 11, 15)}, "Délai de paiement", "30 jours", "45 jours"),
        ({"notes": ()}, "Note PMT", "40 euros", ""),
        (
            {"destinataire": Partie(Identifiant("1", "12345678200036"), "Ville")},
            "Destinataire",
            "SIRET 12345678200028",
            "SIRET 12345678200036",
        ),
        (
            {"tva": (LigneTva(Decimal("5.5"), None, None), LigneTva(Decimal("20.00"), None, None))},
            "Taux de TVA",
            "20\u202f%",
            "20\u202f%, 5,5\u202f%",
        ),
    ],
)
def test_each_thing_that_changes_is_told_by_its_name(
    change: dict[str, Any], sujet: str, avant: str, apres: str
) -> None:
    found = compare(seen(AVANT), seen(replace(AVANT, **change))).changements

    assert told(found) == [(sujet, avant, apres)]


def test_capitals_spaces_and_zeros_say_nothing() -> None:
    apres = replace(
        AVANT,
        fournisseur=AVANT.fournisseur._replace(nom="KERVADEC "),
        calculs=(LIGNE._replace(prix=Decimal("10.0"), quantite=Decimal("2.000")), LIGNE),
    )

    assert compare(seen(AVANT), seen(apres, VIS._replace(nom="VIS  à bois"), CLOU)).changements == ()


def test_lines_are_the_same_by_their_reference_else_by_their_name_wherever_they_stand() -> None:
    dearer = LIGNE._replace(prix=Decimal("12.50"), quantite=Decimal("3"))
    apres = replace(AVANT, calculs=(LIGNE, dearer, LIGNE), lignes=3)
    found = compare(seen(AVANT), seen(apres, CLOU, VIS._replace(nom="Vis inox"), replace_name("Colle")))

    assert told(found.changements) == [
        ("Ligne 2 « Vis inox » : prix HT", "10,00", "12,50"),
        ("Ligne ajoutée « Colle »", "", "2 × 10,00"),
        ("Ligne 2 « Vis inox » : quantité", "2", "3"),
    ]
    assert told(found.chiffres) == [("Nombre de lignes", "2", "3")]


def replace_name(nom: str) -> Designation:
    return Designation(nom, "", Decimal("20"), "C62")


def test_a_line_that_changes_its_rate_or_its_unit_and_one_that_is_gone_are_told() -> None:
    apres = replace(AVANT, calculs=(LIGNE,), lignes=1)
    found = compare(seen(AVANT), seen(apres, VIS._replace(taux=Decimal("5.5"), unite="KGM"))).changements

    assert told(found) == [
        ("Ligne 1 « Vis à bois » : taux de TVA", "20\u202f%", "5,5\u202f%"),
        ("Ligne 1 « Vis à bois » : unité", "C62", "KGM"),
        ("Ligne retirée « Clous »", "2 × 10,00", ""),
    ]


def test_when_no_line_is_the_same_it_is_said_once() -> None:
    found = compare(seen(AVANT), seen(AVANT, replace_name("Colle"), replace_name("Bois"))).changements

    assert told(found) == [("Lignes, aucune en commun", "Vis à bois, Clous", "Colle, Bois")]


def test_another_format_comes_first_for_it_explains_the_rest() -> None:
    found = compare(seen(AVANT), seen(replace(AVANT, cadre="S1"), nom="Factur-X (sans contrôle PDF/A)"))

    assert told(found.changements) == [
        ("Format", "facture UBL 2.1", "Factur-X"),
        ("Cadre de facturation", "A1", "S1"),
    ]


@pytest.mark.parametrize(
    ("location", "term", "sujet"),
    [
        ("/Invoice/cac:Contact/cbc:ID", "", "Code service"),
        ("/Invoice/cac:Contact[1]/cbc:ID/@schemeID", "", "Code service"),
        ("/Invoice", "BT-10 Code service (cac:Contact/cbc:ID)", "Code service"),
        (f"{CHEMIN}[2]/cac:Price/cbc:PriceAmount", "", "Ligne 2 « Clous » : prix HT"),
        ("/Invoice/cac:PaymentMeans", "", "Compte à créditer"),
        (f"{CHEMIN}[1]/cac:Price", "BT-146 Prix", None),  # of another line
        ("/Invoice/cbc:ID", "BT-1 Numéro", None),
        ("", "", None),
    ],
)
def test_what_a_finding_is_about_is_marked_and_comes_first(
    location: str, term: str, sujet: str | None
) -> None:
    apres = replace(
        AVANT, service="X", cadre="A9", termes={}, calculs=(LIGNE, LIGNE._replace(prix=Decimal(9)))
    )
    finding = Finding("X-01", Severity.ERROR, "x", location=location, line=None, term=term)
    found = compare(seen(AVANT), seen(apres), [finding])

    assert [one.sujet for one in found.changements if one.constats] == ([sujet] if sujet else [])
    assert found.changements[0].sujet == (sujet or "Code service")
    assert found.constatee is (sujet is not None)


@pytest.mark.parametrize(
    ("value", "plain", "price"),
    [("1234.50", "1\u202f234,5", "1\u202f234,50"), ("20.0", "20", "20,00"), ("0.42850", "0,4285", "0,4285")],
)
def test_numbers_are_written_as_french_readers_expect(value: str, plain: str, price: str) -> None:
    assert (write(Decimal(value)), write_price(Decimal(value))) == (plain, price)


# -- which invoice came before -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def espace(tmp_path_factory: pytest.TempPathFactory) -> Espace:
    made = make_espace(tmp_path_factory.mktemp("changements") / "e")
    for number in (1, 2):
        deposit(made, LotSpec("ubl", 12, numero_flux=number, graine=number))
    deposit(made, LotSpec("ubl", 10, numero_flux=3, graine=2, fautes={2: "tva-fausse", 9: "service-inconnu"}))
    App(made).run_once()
    add_user(made, "marie")
    add_user(made, "armor", Role.FOURNISSEUR, "BBB456")
    return made


def rejected(espace: Espace, motif: str) -> int:
    query = select(table.c.id).where(table.c.statut == "NON_CONFORME", table.c.service == motif)
    with reading(espace.engine) as conn:
        return int(conn.execute(query).scalars().one())


def add_rows(espace: Espace, *rows: dict[str, Any]) -> list[int]:
    """Invoices of a supplier of their own, in the first flux."""
    with espace.engine.begin() as conn:
        known = dict(conn.execute(select(table).where(table.c.id == 1)).one()._mapping)
        del known["id"]
        last = conn.execute(select(func.max(table.c.ordre)).where(table.c.flux_id == known["flux_id"]))
        first, ids = int(last.scalar_one()) + 1, []
        for rank, row in enumerate(rows):
            values = {**known, "ordre": first + rank, **row}
            ids.append(conn.execute(insert(table).values(**values)).inserted_primary_key[0])  # type: ignore[index]
    return ids


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([{"statut": "MISE_A_DISPOSITION"}, {"statut": "NON_CONFORME"}, {}], (0, True)),
        ([{"statut": "MISE_EN_PAIEMENT"}, {"statut": "REJETEE"}, {}], (1, True)),  # accepted at deposit
        ([{"statut": "DEPOSEE"}, {"statut": "DEPOSEE", "destinataire": "B"}, {}], (0, True)),
        ([{"statut": "DEPOSEE", "destinataire": "B"}, {}], (0, False)),
        ([{"statut": "DEPOSEE"}, {"statut": "DEPOSEE", "type": "381"}, {"type": "380"}], (0, True)),
        (
            [
                {"statut": "DEPOSEE", "destinataire": "B", "type": "381"},
                {"statut": "DEPOSEE"},
                {"type": "381"},
            ],
            (1, True),
        ),
        ([{"statut": ""}, {"statut": "NON_CONFORME"}, {}], None),
        ([{"statut": "DEPOSEE", "fournisseur": "autre"}, {}], None),
        ([{}, {"statut": "DEPOSEE"}], None),  # of the first
    ],
)
def test_the_last_accepted_one_before_it_is_found(
    espace: Espace,
    request: pytest.FixtureRequest,
    rows: list[dict[str, Any]],
    expected: tuple[int, bool] | None,
) -> None:
    own = {"fournisseur": request.node.name[-20:], "destinataire": "A", "type": "380", "statut": ""}
    ids = add_rows(espace, *({**own, **row} for row in rows))
    at = ids[0] if rows[0] == {} else ids[-1]
    with reading(espace.engine) as conn:
        found = last_accepted(conn, TOUT, factures.get(conn, at))
        hidden = last_accepted(conn, Portee(frozenset({"BBB456"})), factures.get(conn, at))

    got = None if found is None else (ids.index(found.facture.id), found.meme_destinataire)
    assert got == expected
    assert hidden is None


@pytest.mark.sqlite  # its planner
def test_the_query_goes_along_its_index_and_looks_at_few(espace: Espace) -> None:
    asked: list[tuple[str, Any]] = []

    def note(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        asked.append((statement, parameters))

    event.listen(espace.engine, "before_cursor_execute", note)
    try:
        with reading(espace.engine) as conn:
            last_accepted(conn, TOUT, factures.get(conn, 1))
            plans = [
                "\n".join(row[-1] for row in conn.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values))
                for sql, values in tuple(asked)
                if "LIMIT" in sql
            ]
    finally:
        event.remove(espace.engine, "before_cursor_execute", note)

    assert len(plans) == 3
    path = "ix_facture_acceptee (fournisseur=? AND destinataire=? AND id<?)"
    assert [path in plan for plan in plans] == [True, True, False]
    assert "ix_facture_fournisseur (fournisseur=? AND rowid<?)" in plans[2]
    assert not any(re.search(r"SCAN (facture|flux)\b", plan) for plan in plans)


# -- shown --------------------------------------------------------------------------------------------------


def test_the_page_shows_what_changed_and_marks_what_a_finding_is_about(espace: Espace) -> None:
    page = enter(espace, "marie").get(f"/factures/{rejected(espace, 'SERVICE_INCONNU')}").text
    (row,) = re.findall(r'<tr class="en-cause">.*?</tr>', page, re.DOTALL)

    assert "Ce qui change depuis" in page
    assert "Code service" in row
    assert "<strong>SERVICE_INCONNU</strong>" in row
    assert 'href="#c1"' in row


def test_a_large_lot_is_compared_when_it_is_asked_for(
    espace: Espace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("edi.console.precedente._GROS", 1)
    marie, path = enter(espace, "marie"), f"/factures/{rejected(espace, 'SERVICE_INCONNU')}"

    assert ("en-cause" in marie.get(path).text, f'href="{path}?comparer=1' in marie.get(path).text) == (
        False,
        True,
    )
    assert "en-cause" in marie.get(f"{path}?comparer=1").text


def test_the_command_tells_the_same(espace: Espace, capsys: pytest.CaptureFixture[str]) -> None:
    with reading(espace.engine) as conn:
        numero = factures.get(conn, rejected(espace, "SERVICE_INCONNU")).numero
    plain = type_edi(capsys, "-e", espace.root, "facture", "show", numero, "--changements")
    (document,) = type_edi(
        capsys, "-e", espace.root, "facture", "show", numero, "--changements", "--json"
    ).json

    assert "Ce qui change depuis" in plain.out
    first = document["depuis"]["changements"][0]
    assert (first["sujet"], first["constats"]) == ("Code service", ["EDI-SERVICE-02"])
