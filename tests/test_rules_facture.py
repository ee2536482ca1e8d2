"""Rules that need the invoice alone: each with cases that pass and cases that fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from edi.model import (
    SIREN,
    SIRET,
    Facture,
    Finding,
    Identifiant,
    LigneTva,
    Limites,
    Montants,
    Partie,
    PieceJointe,
    Place,
    Politique,
    Severity,
)
from edi.validators import facture as facture_rules
from edi.validators.catalogue import DOCUMENT_RULES
from edi.validators.rules import Context, Rule, run

JOUR = date(2026, 3, 10)
FOURNISSEUR = Partie(Identifiant(SIRET, "73282932000074"), "Ets Bernard")
DESTINATAIRE = Partie(Identifiant(SIRET, "21750001600019"), "Ville de Paris")
MIXTE = Place("/CPPFactureMixte/CPPFactures/CPPFactureMixteUnitaire/DonneesFacture/Id", 12, "Id")


def amounts(text: str) -> Montants:
    """``ht tva ttc net [acompte [arrondi]]``, with ``-`` for what the document does not say."""
    return Montants(*(None if word == "-" else Decimal(word) for word in text.split()))


def row(text: str) -> LigneTva:
    """``taux base montant``."""
    return LigneTva(*(None if word == "-" else Decimal(word) for word in text.split()))


def piece(nom: str = "facture.pdf", **changes: object) -> PieceJointe:
    return PieceJointe(nom, "01", "application/pdf", 1000)._replace(**changes)  # type: ignore[arg-type]


def facture(**changes: object) -> Facture:
    sound = Facture(
        rang=1,
        numero="F-2026_001",
        type="380",
        cadre="A1",
        date=JOUR,
        devise="EUR",
        fournisseur=FOURNISSEUR,
        destinataire=DESTINATAIRE,
        montants=amounts("100.00 20.00 120.00 120.00"),
        tva=(row("20 100.00 20.00"),),
        pieces_jointes=(piece(),),
        places={"numero": Place("/Invoice/ID", 3, "BT-1")},
    )
    return replace(sound, **changes)  # type: ignore[arg-type]


def judge(
    of: Facture,
    famille: str = "chorus",
    politique: Politique = Politique(),  # noqa: B008
    rules: tuple[Rule, ...] = DOCUMENT_RULES,
) -> tuple[Finding, ...]:
    return run(rules, Context(of, famille, politique, Limites(), JOUR))


def codes(of: Facture, famille: str = "chorus", politique: Politique = Politique()) -> list[str]:  # noqa: B008
    return [finding.code for finding in judge(of, famille, politique)]


def only(code: str, of: Facture, famille: str = "chorus") -> Finding:
    """The finding of that code, which must be the only one."""
    (finding,) = judge(of, famille)
    assert finding.code == code
    return finding


def test_a_sound_invoice_has_no_finding() -> None:
    assert codes(facture()) == []


def test_a_sound_invoice_of_the_reform_has_no_finding() -> None:
    parties = {
        "fournisseur": Partie(Identifiant(SIREN, "732829320")),
        "destinataire": Partie(Identifiant(SIREN, "217500016")),
    }

    assert codes(facture(cadre="B1", type="389", **parties), "reforme") == []


def test_everything_wrong_is_told_at_once() -> None:
    broken = facture(numero="", type="", cadre="", date=None, devise="", montants=Montants())

    expected = ["EDI-NUMERO-01", "EDI-TYPE-01", "EDI-CADRE-01", "EDI-DATE-01", "EDI-DEVISE-01"]
    assert codes(broken) == expected + ["EDI-MONTANT-07"] * 4


@pytest.mark.parametrize(
    ("numero", "famille", "expected"),
    [
        ("", "chorus", ["EDI-NUMERO-01"]),
        ("  ", "chorus", ["EDI-NUMERO-01"]),
        ("A" * 19, "chorus", []),
        ("A" * 20, "chorus", []),
        ("A" * 21, "chorus", ["EDI-NUMERO-02"]),
        ("A" * 21, "reforme", ["EDI-NUMERO-02"]),
        ("az09 -+_/", "chorus", []),
        ("az09-+_/", "reforme", []),
        ("FA 12", "reforme", ["EDI-NUMERO-03"]),
        ("FA#12", "chorus", ["EDI-NUMERO-03"]),
        ("FACTURÉ", "chorus", ["EDI-NUMERO-03"]),
        ("FA\u00a012", "chorus", ["EDI-NUMERO-03"]),
        ("１２", "chorus", ["EDI-NUMERO-03"]),
        ("#" * 21, "chorus", ["EDI-NUMERO-02", "EDI-NUMERO-03"]),
    ],
)
def test_a_number_is_present_short_and_of_admitted_characters(
    numero: str, famille: str, expected: list[str]
) -> None:
    cadre = {"chorus": "A1", "reforme": "B1"}[famille]

    assert codes(facture(numero=numero, cadre=cadre), famille) == expected


def test_illegal_characters_are_named_even_when_they_cannot_be_seen() -> None:
    finding = only("EDI-NUMERO-03", facture(numero="F\u00a0#\u200b1"))

    assert "l'espace insécable, « # » et U+200B" in finding.message


def test_a_finding_stands_where_the_field_stands() -> None:
    finding = only("EDI-NUMERO-02", facture(numero="A" * 21))

    assert (finding.location, finding.line, finding.term) == ("/Invoice/ID", 3, "BT-1")
    assert (finding.value, finding.motif) == ("A" * 21, "REJ_SEMAN")


@pytest.mark.parametrize(
    ("famille", "type_", "expected"),
    [
        ("chorus", "380", []),
        ("chorus", "381", []),
        ("chorus", "389", ["EDI-TYPE-01"]),
        ("chorus", "", ["EDI-TYPE-01"]),
        ("reforme", "503", []),
        ("reforme", "326", ["EDI-TYPE-01"]),
    ],
)
def test_a_type_is_one_of_its_family(famille: str, type_: str, expected: list[str]) -> None:
    cadre = {"chorus": "A1", "reforme": "B1"}[famille]

    assert codes(facture(type=type_, cadre=cadre), famille) == expected


@pytest.mark.parametrize(
    ("famille", "cadre", "expected"),
    [
        ("chorus", "A1", []),
        ("chorus", "A10", []),
        ("chorus", "A11", ["EDI-CADRE-02"]),
        ("chorus", "A12", []),
        ("chorus", "A25", []),
        ("chorus", "A26", ["EDI-CADRE-02"]),
        ("chorus", "A0", ["EDI-CADRE-02"]),
        ("chorus", "B1", ["EDI-CADRE-02"]),
        ("chorus", "", ["EDI-CADRE-01"]),
        ("reforme", "S3", []),
        ("reforme", "B3", ["EDI-CADRE-02"]),
        ("reforme", "A1", ["EDI-CADRE-02"]),
        ("reforme", "", ["EDI-CADRE-01"]),
    ],
)
def test_a_cadre_is_one_of_its_family(famille: str, cadre: str, expected: list[str]) -> None:
    assert codes(facture(cadre=cadre), famille) == expected


def test_a_cadre_in_lower_case_is_proposed_in_upper_case() -> None:
    assert only("EDI-CADRE-02", facture(cadre="a9")).expected == "A9"


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (JOUR - timedelta(days=1), []),
        (JOUR, []),
        (JOUR + timedelta(days=1), ["EDI-DATE-02"]),
        (None, ["EDI-DATE-01"]),
    ],
)
def test_a_date_is_at_the_latest_the_day_of_deposit(when: date | None, expected: list[str]) -> None:
    assert codes(facture(date=when)) == expected


def test_a_future_date_is_told_in_french_days() -> None:
    message = only("EDI-DATE-02", facture(date=date(2026, 4, 1))).message

    assert message == "La facture est datée du 01/04/2026, après le jour de son dépôt (10/03/2026)."


@pytest.mark.parametrize(
    ("devise", "proposed"), [("", "EUR"), ("eur", "EUR"), ("usd", "USD"), ("FRF", "EUR"), ("XXX", "EUR")]
)
def test_a_currency_that_is_not_iso_4217_is_refused(devise: str, proposed: str) -> None:
    assert only("EDI-DEVISE-01", facture(devise=devise)).expected == proposed


@pytest.mark.parametrize("devise", ["EUR", "USD", "XPF", "CHF"])
def test_any_currency_of_iso_4217_is_admitted(devise: str) -> None:
    assert codes(facture(devise=devise)) == []


@pytest.mark.parametrize(
    ("field", "maximum", "code"),
    [("service", 100, "EDI-REF-01"), ("engagement", 50, "EDI-REF-02"), ("marche", 50, "EDI-REF-03")],
)
def test_a_reference_is_not_too_long(field: str, maximum: int, code: str) -> None:
    assert codes(facture(**{field: "S" * maximum})) == []
    assert codes(facture(**{field: "S" * (maximum + 1)})) == [code]


# -- SIRET and SIREN --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("liste", "valeur", "code", "proposed"),
    [
        (SIRET, "7328293200007", "EDI-SIRET-01", "14 chiffres"),
        (SIRET, "732829320000745", "EDI-SIRET-01", "14 chiffres"),
        (SIRET, "732 829 320 00074", "EDI-SIRET-01", "73282932000074"),
        (SIRET, "732.829.320\u00a000074", "EDI-SIRET-01", "73282932000074"),
        (SIRET, "7328293200007A", "EDI-SIRET-01", "14 chiffres"),
        (SIREN, "732829320 ", "EDI-SIRET-01", "732829320"),
        (SIREN, "73282932000074", "EDI-SIRET-01", "9 chiffres"),
        (SIRET, "552013500012", "EDI-SIRET-01", "00552013500012"),
        (SIRET, "552013500013", "EDI-SIRET-01", "14 chiffres"),
        (SIRET, "73282932000075", "EDI-SIRET-02", ""),
        (SIREN, "738229320", "EDI-SIRET-02", "732829320"),
        (SIREN, "732829302", "EDI-SIRET-02", ""),
    ],
)
@pytest.mark.parametrize("partie", ["fournisseur", "destinataire"])
def test_a_siret_is_well_written(partie: str, liste: str, valeur: str, code: str, proposed: str) -> None:
    autre = {
        "fournisseur": Partie(Identifiant("7", "0123456789")),
        "destinataire": Partie(Identifiant("", "")),
    }
    autre.pop(partie)
    finding = only(code, facture(**autre, **{partie: Partie(Identifiant(liste, valeur))}))

    assert finding.expected == proposed
    assert partie in finding.message
    assert f"« {valeur} »" in finding.message


def test_a_wrong_key_warns_and_does_not_reject() -> None:
    fictive = Partie(Identifiant(SIRET, "12345678200052"))

    assert only("EDI-SIRET-02", facture(destinataire=fictive)).severity is Severity.WARNING


@pytest.mark.parametrize(
    "identifiant", [Identifiant("2", "DE136695976"), Identifiant(SIRET, ""), Identifiant("", "")]
)
def test_foreign_and_absent_identifiers_are_not_read_as_sirets(identifiant: Identifiant) -> None:
    assert codes(facture(fournisseur=Partie(identifiant))) == []


# -- sums -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("totals", "rows", "expected"),
    [
        ("100.00 20.00 120.00 120.00", ["20 100.00 20.00"], []),
        ("100.00 20.00 120.01 120.01", ["20 100.00 20.00"], []),
        ("100.00 20.00 120.02 120.02", ["20 100.00 20.00"], ["EDI-MONTANT-01"]),
        ("100.00 20.00 119.98 119.98", ["20 100.00 20.00"], ["EDI-MONTANT-01"]),
        ("-100.00 -20.00 -120.00 -120.00", ["20 -100.00 -20.00"], []),
        ("100.00 20.00 120.00 120.00", ["20 99.99 20.00"], []),
        ("100.00 20.00 120.00 120.00", ["20 99.98 20.00"], ["EDI-MONTANT-02"]),
        ("100.00 20.00 120.00 120.00", ["20 100.00 19.99"], []),
        ("100.00 20.00 120.00 120.00", ["20 100.00 19.98"], ["EDI-MONTANT-03"]),
        ("100.00 20.00 120.00 120.00", ["20 60.00 12.00", "20 40.00 8.00"], []),
        ("100.00 20.00 120.00 120.00", [], []),
        ("100.00 0.00 100.00 100.00", ["0 100.00 0.00"], []),
        ("100.00 - 100.00 100.00", [], []),
        ("100.00 20.00 120.00 120.00", ["20 - 20.00"], []),
        ("100.00 20.00 120.00 120.00", ["20 100.00 -"], []),
    ],
)
def test_totals_agree_with_each_other_and_with_the_recap(
    totals: str, rows: list[str], expected: list[str]
) -> None:
    assert codes(facture(montants=amounts(totals), tva=tuple(map(row, rows)))) == expected


def test_a_wrong_total_says_the_right_one() -> None:
    finding = only("EDI-MONTANT-01", facture(montants=amounts("1100 20 1130 1130"), tva=()))

    assert (finding.value, finding.expected) == ("1130.00", "1120.00")
    assert finding.message == (
        "Le total HT (1\u00a0100,00) et la TVA (20,00) font 1\u00a0120,00, "
        "mais le total TTC annoncé est 1\u00a0130,00."
    )


@pytest.mark.parametrize(
    ("net", "expected"),
    [
        ("119.99", []),  # paid in part
        ("0", []),
        ("120.00", []),
        ("120.01", []),
        ("120.02", ["EDI-MONTANT-04"]),
        ("90.00 30.00", []),
        ("90.02 30.00", ["EDI-MONTANT-04"]),
        ("89.98 30.00", ["EDI-MONTANT-04"]),
        ("120.00 30.00", ["EDI-MONTANT-04"]),
        ("90.05 30.00 0.05", []),
        ("120.05 - 0.05", []),
        ("120.00 - 0.05", ["EDI-MONTANT-04"]),
        ("0 120.00", []),
    ],
)
def test_the_net_is_what_is_left_to_pay(net: str, expected: list[str]) -> None:
    assert codes(facture(montants=amounts(f"100 20 120 {net}"))) == expected


@pytest.mark.parametrize(
    ("net", "expected"),
    [("-120", []), ("-100", []), ("-120.01", []), ("-120.02", ["EDI-MONTANT-04"])],
)
def test_the_net_of_a_negative_invoice_is_not_below_its_total(net: str, expected: list[str]) -> None:
    negative = facture(montants=amounts(f"-100 -20 -120 {net}"), tva=())

    assert codes(negative) == expected


@pytest.mark.parametrize(
    ("montant", "expected"),
    [("20.99", []), ("21.00", []), ("21.01", ["EDI-MONTANT-05"]), ("18.99", ["EDI-MONTANT-05"])],
)
def test_a_row_of_the_recap_warns_past_one_euro(montant: str, expected: list[str]) -> None:
    ttc = Decimal(100) + Decimal(montant)
    warned = facture(montants=amounts(f"100 {montant} {ttc} {ttc}"), tva=(row(f"20 100 {montant}"),))

    findings = judge(warned)

    assert [finding.code for finding in findings] == expected
    assert all(finding.severity is Severity.WARNING for finding in findings)


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("100.000000", []),
        ("100.0000000", ["EDI-MONTANT-06"]),
        ("1234567890123.000000", []),
        ("12345678901234.000000", ["EDI-MONTANT-06"]),
        ("1234567890123456789", []),
        ("12345678901234567890", ["EDI-MONTANT-06"]),
        ("1E+18", []),
        ("1E+19", ["EDI-MONTANT-06"]),
        ("0.0000001", ["EDI-MONTANT-06"]),
        ("1E+999999", ["EDI-MONTANT-06"]),
        ("1E-999999", ["EDI-MONTANT-06"]),
        ("NaN", ["EDI-MONTANT-06"]),
        ("-Infinity", ["EDI-MONTANT-06"]),
    ],
)
def test_an_amount_has_no_more_digits_than_the_schemas_hold(amount: str, expected: list[str]) -> None:
    odd = facture(montants=amounts("100 20 120 120 ")._replace(acompte=Decimal(amount)))

    assert [code for code in codes(odd) if code != "EDI-MONTANT-04"] == expected


@pytest.mark.parametrize("absurd", ["1E+999999", "-1E+999999", "NaN", "sNaN", "Infinity", "1E-999999"])
def test_absurd_amounts_break_no_rule(absurd: str) -> None:
    value = Decimal(absurd)
    odd = facture(montants=Montants(*[value] * 6), tva=(LigneTva(value, value, value),) * 2)

    assert set(codes(odd)) <= {"EDI-MONTANT-06", "EDI-MONTANT-04"}
    assert "EDI-MONTANT-06" in codes(odd)


@pytest.mark.parametrize(
    ("totals", "rows", "missing"),
    [
        ("- 20 120 120", [], ["total HT"]),
        ("100 20 - 120", [], ["total TTC"]),
        ("100 20 120 -", [], ["net à payer"]),
        ("100 - 120 120", [], ["total de TVA"]),
        ("100 - 100 100", ["0 100 0"], ["total de TVA"]),
        ("100 - 100 100", [], []),
        ("- - - -", [], ["total HT", "total TTC", "net à payer"]),
    ],
)
def test_a_missing_total_is_told_and_nothing_is_computed_from_it(
    totals: str, rows: list[str], missing: list[str]
) -> None:
    findings = judge(facture(montants=amounts(totals), tva=tuple(map(row, rows))))

    assert [finding.code for finding in findings] == ["EDI-MONTANT-07"] * len(missing)
    for finding, name in zip(findings, missing, strict=True):
        assert f"son {name}," in finding.message


@pytest.mark.parametrize(
    ("totals", "rows", "expected"),
    [
        ("100 - 120 120", ["20 100 20"], []),
        ("100 - 121 121", ["20 100 20"], ["EDI-MONTANT-01"]),
        ("100 - 120 120", [], ["EDI-MONTANT-07"]),
    ],
)
def test_a_mixed_invoice_has_its_vat_total_in_the_recap_alone(
    totals: str, rows: list[str], expected: list[str]
) -> None:
    mixed = facture(montants=amounts(totals), tva=tuple(map(row, rows)), places={"numero": MIXTE})

    assert codes(mixed) == expected


@pytest.mark.parametrize(
    ("tolerance", "expected"), [("0.05", []), ("0.04", ["EDI-MONTANT-01"]), ("0", ["EDI-MONTANT-01"])]
)
def test_the_tolerance_is_that_of_the_policy(tolerance: str, expected: list[str]) -> None:
    near = facture(montants=amounts("100 20 120.05 120"), tva=())

    assert codes(near, politique=Politique(tolerance=Decimal(tolerance))) == expected


# -- attachments ------------------------------------------------------------------------------------------

MO = 1024**2


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, []),
        ({"nom": "a" * 45 + ".PDF"}, []),
        ({"nom": "a" * 46 + ".pdf"}, []),
        ({"nom": "a" * 47 + ".pdf"}, ["EDI-PJ-01"]),
        ({"nom": " facture.pdf "}, []),
        ({"nom": "facture"}, ["EDI-PJ-02"]),
        ({"nom": "facture."}, ["EDI-PJ-02"]),
        ({"nom": "facture.exe"}, ["EDI-PJ-02"]),
        ({"nom": "facture.pdf.exe"}, ["EDI-PJ-02"]),
        ({"nom": ""}, ["EDI-PJ-02"]),
        ({"taille": 10 * MO - 1}, []),
        ({"taille": 10 * MO}, []),
        ({"taille": 10 * MO + 1}, ["EDI-PJ-03"]),
        ({"taille": 1}, []),
        ({"taille": 0}, ["EDI-PJ-04"]),
        ({"taille": 0, "faute": "base64"}, ["EDI-PJ-05"]),
        ({"faute": "zip"}, ["EDI-PJ-05"]),
        ({"faute": "membres"}, ["EDI-PJ-05"]),
        ({"faute": "autre"}, ["EDI-PJ-05"]),
        ({"membre": "facture.pdf"}, []),
        ({"membre": "facture.pdf "}, []),
        ({"membre": "autre.pdf"}, ["EDI-PJ-06"]),
        ({"nom": "reçu.pdf", "membre": "rec\u0327u.pdf"}, []),
    ],
)
def test_an_attachment_has_a_good_name_and_a_content(changes: dict[str, object], expected: list[str]) -> None:
    assert codes(facture(pieces_jointes=(piece(**changes),))) == expected


@pytest.mark.parametrize(
    ("taille", "told"),
    [(11010048, "10,5 Mo"), (10 * MO + 1, "10,000 Mo"), (12 * MO, "12 Mo"), (10_700_000, "10,204 Mo")],
)
def test_a_size_is_told_in_mo_with_a_comma(taille: int, told: str) -> None:
    finding = only("EDI-PJ-03", facture(pieces_jointes=(piece(taille=taille),)))

    assert (
        finding.message
        == f"La pièce jointe « facture.pdf » pèse {told} ; une pièce jointe pèse 10 Mo au plus."
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["a.pdf", "b.pdf"], []),
        (["a.pdf", "a.pdf"], ["EDI-PJ-07"]),
        (["a.pdf", "A.PDF", " a.pdf"], ["EDI-PJ-07"] * 2),
    ],
)
def test_two_attachments_of_one_name_warn(names: list[str], expected: list[str]) -> None:
    findings = judge(facture(pieces_jointes=tuple(map(piece, names))))

    assert [finding.code for finding in findings] == expected
    assert all(finding.severity is Severity.WARNING for finding in findings)


@pytest.mark.parametrize(
    ("types", "expected"),
    [(["01"], []), (["02", "01"], []), (["02"], ["EDI-PJ-08"]), ([], ["EDI-PJ-08"])],
)
def test_a_mixed_invoice_carries_the_invoice_itself(types: list[str], expected: list[str]) -> None:
    pieces = tuple(piece(f"{i}.pdf", type=type_) for i, type_ in enumerate(types))

    assert codes(facture(pieces_jointes=pieces, places={"numero": MIXTE})) == expected


def test_other_documents_need_no_attachment() -> None:
    assert codes(facture(pieces_jointes=())) == []


# -- how rules are run ------------------------------------------------------------------------------------


def test_the_policy_may_soften_one_of_our_rules() -> None:
    politique = Politique(severites={"EDI-CADRE-01": Severity.WARNING})

    (finding,) = judge(facture(cadre=""), politique=politique)

    assert finding.severity is Severity.WARNING


@pytest.mark.parametrize(
    ("when", "expected"),
    [(date(2026, 1, 31), 0), (date(2026, 2, 1), 1), (date(2026, 2, 28), 1), (date(2026, 3, 1), 0)],
)
def test_a_rule_speaks_of_the_invoices_of_its_days(when: date, expected: int) -> None:
    eternal = facture_rules.RULES[0]
    card = replace(eternal.card, since=date(2026, 2, 1), until=date(2026, 3, 1))

    assert len(judge(facture(numero="", date=when), rules=(replace(eternal, card=card),))) == expected


def test_a_value_of_any_length_makes_a_sentence_of_bounded_length() -> None:
    for finding in judge(facture(numero="#" * 10_000, service="S" * 10_000, cadre="A" * 10_000)):
        assert len(finding.message) < 400
        assert len(finding.value) <= 200
