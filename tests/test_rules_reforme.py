"""Our own layer: payment, VAT numbers, dates, profiles, notes, what Chorus Pro asks of the reform's formats.

Each rule speaks only of what the reader of the format looked for: a field without value and without place is
no absence.
"""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from edi.model import (
    SIREN,
    SIRET,
    Facture,
    Finding,
    Identifiant,
    Limites,
    Note,
    Partie,
    Place,
    Politique,
    Severity,
)
from edi.validators import catalogue, cpro, dates, identite, paiement, reforme, tva
from edi.validators.rules import Context, run

JOUR = date(2026, 11, 20)
IBAN = "FR7630001007941234567890185"
LONG = "x" * 2000
RULES = (*identite.RULES, *dates.RULES, *tva.RULES, *paiement.RULES, *reforme.RULES, *cpro.RULES)
RACINES = {"ubl": "/Invoice/ID", "cii": "/rsm:CrossIndustryInvoice/x", "mixte": "/CPPFactureMixte/Id"}


def facture(racine: str = "ubl", sought: tuple[str, ...] = (), **changes: object) -> Facture:
    """An invoice whose reader looked for the fields ``sought``, besides those that are given."""
    root = RACINES[racine].split("/")[1]
    names = {"numero", *sought, *changes} - {"termes", "identifiants"}
    values: dict[str, object] = {
        "cadre": "A1",
        "fournisseur": Partie(Identifiant(SIRET, "73282932000074"), "Ets Bernard"),
        "destinataire": Partie(Identifiant(SIRET, "21750001600019"), "Ville de Paris"),
        "places": {"numero": Place(RACINES[racine])} | {name: Place(f"/{root}/{name}") for name in names},
    }
    return Facture(
        rang=1,
        numero="F-1",
        type=str(changes.pop("type", "380")),
        date=changes.pop("date", JOUR),  # type: ignore[arg-type]
        devise="EUR",
        **{**values, **changes},  # type: ignore[arg-type]
    )


def judge(of: Facture, famille: str = "chorus", interface: str = "") -> tuple[Finding, ...]:
    return run(RULES, Context(of, famille, Politique(), Limites(), JOUR, interface=interface))


def codes(of: Facture, famille: str = "chorus", interface: str = "") -> list[str]:
    return [finding.code for finding in judge(of, famille, interface)]


def only(of: Facture, famille: str = "chorus") -> Finding:
    (finding,) = judge(of, famille)
    return finding


@pytest.mark.parametrize("famille", ["chorus", "reforme"])
@pytest.mark.parametrize("racine", list(RACINES))
def test_a_reader_that_looked_for_nothing_new_provokes_nothing(famille: str, racine: str) -> None:
    assert codes(facture(racine), famille) == []


def test_every_rule_of_this_layer_is_run_on_documents() -> None:
    assert set(RULES) <= set(catalogue.DOCUMENT_RULES)


# -- payment mode -----------------------------------------------------------------------------------------

MODE = ("mode_paiement",)


@pytest.mark.parametrize(
    ("racine", "interface", "changes", "expected"),
    [
        ("mixte", "", {}, ["EDI-PAIEMENT-01"]),
        ("mixte", "FSO1113A", {}, ["EDI-PAIEMENT-01"]),
        ("cii", "FSO1116A", {}, ["EDI-PAIEMENT-01"]),
        ("cii", "FSO1117A", {}, ["EDI-PAIEMENT-01"]),
        ("ubl", "FSO1110A", {}, ["EDI-PAIEMENT-02"]),
        ("ubl", "FSO1100A", {}, ["EDI-PAIEMENT-02"]),
        ("cii", "FSO1106A", {}, ["EDI-PAIEMENT-02"]),
        ("mixte", "FSO1113A", {"type": "381"}, []),
        ("ubl", "FSO1100A", {"type": "381"}, []),
        ("mixte", "FSO1113A", {"cadre": "A2"}, []),
        ("mixte", "FSO1113A", {"mode_paiement": "30"}, []),
    ],
)
def test_a_payment_mode_is_asked_of_invoices_and_required_of_mixed_ones(
    racine: str, interface: str, changes: dict[str, object], expected: list[str]
) -> None:
    assert codes(facture(racine, MODE, **changes), interface=interface) == expected


def test_the_reform_leaves_the_payment_mode_to_the_official_rules() -> None:
    assert codes(facture("cii", MODE), "reforme", "FSO1117A") == []
    assert codes(facture("cii", MODE, mode_paiement="ZZ"), "reforme") == []


@pytest.mark.parametrize("code", paiement.CODES_S205)
def test_every_mode_of_the_list_is_admitted_in_cii_and_ubl(code: str) -> None:
    assert codes(facture("cii", mode_paiement=code)) == []
    assert codes(facture("ubl", mode_paiement=code)) == []


@pytest.mark.parametrize(
    ("racine", "code", "expected"),
    [
        ("cii", "57", ["EDI-PAIEMENT-03"]),
        ("cii", "ZZ", ["EDI-PAIEMENT-03"]),
        ("cii", "1", ["EDI-PAIEMENT-03"]),
        ("ubl", "57", ["EDI-PAIEMENT-04"]),
        ("mixte", "01", []),
        ("mixte", "97", []),
        ("mixte", "58", ["EDI-PAIEMENT-04"]),
    ],
)
def test_a_mode_out_of_the_list_of_its_format_is_told(racine: str, code: str, expected: list[str]) -> None:
    assert codes(facture(racine, mode_paiement=code)) == expected


def test_a_mode_that_lost_its_zero_is_proposed_with_it() -> None:
    assert only(facture("cii", mode_paiement="1")).expected == "01"


def test_a_document_inside_a_pdf_is_held_to_the_list_of_its_own_format() -> None:
    inside = {"numero": Place("factur-x.xml#/rsm:CrossIndustryInvoice/x")}

    assert codes(facture("cii", mode_paiement="57", places=inside)) == ["EDI-PAIEMENT-03"]


# -- the account of a credit transfer ---------------------------------------------------------------------


def paid(mode: str, *comptes: str, **changes: object) -> Facture:
    return facture("ubl", ("BT-84",), mode_paiement=mode, termes={"BT-84": comptes}, **changes)


@pytest.mark.parametrize("mode", ["30", "31", "42", "58"])
def test_a_credit_transfer_needs_an_account(mode: str) -> None:
    assert codes(paid(mode)) == ["EDI-IBAN-01"]
    assert codes(paid(mode, IBAN)) == []
    assert codes(paid(mode, type="381")) == []


@pytest.mark.parametrize("mode", ["10", "20", "48", "49", "97"])
def test_other_modes_need_none(mode: str) -> None:
    assert codes(paid(mode)) == []


@pytest.mark.parametrize("interface", ["FSO1110A", "FSO1113A", "FSO1116A", "FSO1117A"])
def test_a_mixed_invoice_says_its_account_in_its_pdf(interface: str) -> None:
    assert codes(paid("30"), interface=interface) == []


@pytest.mark.parametrize(
    ("compte", "expected"),
    [
        ("FR76 3000 1007 9412 3456 7890 185", []),
        ("fr7630001007941234567890185", []),
        ("NO9386011117947", []),
        ("30001007941234567890185", []),
        ("FR7630001007941234567890186", ["EDI-IBAN-03"]),
        ("FR763000100794123456789018", ["EDI-IBAN-03"]),
        ("XX7630001007941234567890185", ["EDI-IBAN-03"]),
        ("NEANT", ["EDI-IBAN-02"]),
        ("7630001007941234567890185", ["EDI-IBAN-02"]),
        ("FR", ["EDI-IBAN-02"]),
    ],
)
def test_an_account_is_an_iban_with_its_key(compte: str, expected: list[str]) -> None:
    assert codes(paid("30", compte)) == expected


def test_each_account_is_judged_at_its_own_place() -> None:
    of = paid("30", IBAN, "NEANT")
    of.places["BT-84[1]"] = Place("/Invoice/Compte[2]", 41)  # type: ignore[index]

    assert (only(of).location, only(of).line, only(of).value) == ("/Invoice/Compte[2]", 41, "NEANT")


def test_in_the_reform_only_the_key_of_an_iban_is_ours_to_judge() -> None:
    assert codes(paid("30"), "reforme") == []
    assert codes(paid("30", "12345"), "reforme") == []
    assert codes(paid("30", "FR7630001007941234567890186"), "reforme") == ["EDI-IBAN-03"]


# -- VAT numbers ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("numero", "expected"),
    [
        ("FR44732829320", []),
        ("FR 44 732 829 320", []),
        ("44732829320", []),
        ("FR45732829320", ["EDI-TVA-01"]),
        ("FR732829320", ["EDI-TVA-01"]),
        ("FRXX", ["EDI-TVA-01"]),
        ("FR40303265045", ["EDI-TVA-02"]),
        ("BE0428759497", []),
        ("BE0431150351", ["EDI-TVA-01"]),
        ("CHE123456788", []),
        ("", []),
    ],
)
@pytest.mark.parametrize("famille", ["chorus", "reforme"])
def test_a_vat_number_has_its_key_and_the_siren_of_its_party(
    famille: str, numero: str, expected: list[str]
) -> None:
    assert codes(facture(termes={"BT-31": (numero,)}), famille) == expected


def test_the_right_french_number_is_proposed_from_the_siren() -> None:
    finding = only(facture(termes={"BT-31": ("FR45732829320",)}))

    assert finding.expected == "FR44732829320"
    assert finding.severity is Severity.WARNING


def test_a_fictive_siren_is_not_told_again_by_its_vat_number() -> None:
    fictive = Partie(Identifiant(SIREN, "123456789"))
    number = tva.french_number("123456789")

    assert codes(facture(fournisseur=fictive, termes={"BT-31": (number,)})) == ["EDI-SIRET-02"]


def test_the_number_of_the_recipient_is_judged_with_the_recipient() -> None:
    finding = only(facture(termes={"BT-48": ("FR44732829320",)}))

    assert finding.code == "EDI-TVA-02"
    assert "du destinataire" in finding.message


@pytest.mark.parametrize(("valeur", "expected"), [("DE136695976", []), ("DE136695978", ["EDI-TVA-01"])])
def test_a_foreign_fournisseur_named_by_its_vat_number_is_judged_too(
    valeur: str, expected: list[str]
) -> None:
    assert codes(facture(fournisseur=Partie(Identifiant("2", valeur)))) == expected


# -- parties and dates ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("destinataire", "expected"),
    [
        (Identifiant(SIRET, "73282932000082"), ["EDI-PARTIES-01"]),
        (Identifiant(SIREN, "732829320"), ["EDI-PARTIES-01"]),
        (Identifiant(SIRET, "21750001600019"), []),
        (Identifiant("6", "732829320"), []),
        (Identifiant("", ""), []),
    ],
)
def test_the_same_siren_on_both_sides_warns(destinataire: Identifiant, expected: list[str]) -> None:
    assert codes(facture(destinataire=Partie(destinataire))) == expected


@pytest.mark.parametrize(
    ("when", "expected"), [(date(1999, 12, 31), ["EDI-DATE-03"]), (date(2000, 1, 1), []), (None, [])]
)
def test_a_date_before_2000_warns(when: date | None, expected: list[str]) -> None:
    assert codes(facture(date=when)) == expected


@pytest.mark.parametrize(
    ("shift", "changes", "expected"),
    [
        (-1, {}, ["EDI-ECHEANCE-01"]),
        (0, {}, []),
        (1, {}, []),
        (-1, {"cadre": "A2"}, []),
        (-1, {"date": None}, []),
    ],
)
def test_a_due_date_before_the_invoice_warns(
    shift: int, changes: dict[str, object], expected: list[str]
) -> None:
    assert codes(facture(echeance=JOUR + timedelta(days=shift), **changes)) == expected


def test_dates_of_the_reform_are_left_to_the_official_rules() -> None:
    assert codes(facture(date=date(1999, 1, 1), echeance=date(1998, 1, 1)), "reforme") == []


# -- profiles ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("profil", "famille", "expected"),
    [
        *((profil, "reforme", []) for profil in reforme.BASE),
        (reforme.FACTURX_BASIC_WL, "reforme", []),
        *((profil, "reforme", ["EDI-PROFIL-02"]) for profil in reforme.OTHERS),
        *((profil, "chorus", []) for profil in reforme.OTHERS),
        (
            "urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0",
            "reforme",
            ["EDI-PROFIL-01"],
        ),
        ("urn:cen.eu:en16931:2O17", "chorus", ["EDI-PROFIL-01"]),
        ("A1", "chorus", []),
        ("urn:oasis:names:specification:ubl:xpath:Invoice-2.0", "chorus", []),
        ("", "reforme", []),
    ],
)
def test_a_profile_is_known_and_of_the_french_base(profil: str, famille: str, expected: list[str]) -> None:
    assert codes(facture(profil=profil), famille) == expected


def test_the_nearest_profile_is_proposed() -> None:
    finding = only(facture(profil="urn:cen.eu:en16931:2O17"))

    assert (finding.expected, finding.severity) == ("urn:cen.eu:en16931:2017", Severity.WARNING)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (date(2027, 8, 31), []),
        (date(2027, 9, 1), ["EDI-PROFIL-03"]),
        (date(2027, 9, 2), ["EDI-PROFIL-03"]),
    ],
)
def test_basic_wl_is_tolerated_in_the_first_year(when: date, expected: list[str]) -> None:
    assert codes(facture(profil=reforme.FACTURX_BASIC_WL, date=when), "reforme") == expected


# -- notes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "texte", "expected"),
    [
        ("PMT", "Indemnité forfaitaire de 40 €", []),
        ("PMT", "40 €", []),
        ("AAB", "Néant", []),
        ("AAB", "0 %", []),
        ("AAB", "0", []),
        ("PMD", "", ["EDI-NOTE-01"]),
        ("PMD", " \u00a0\n", ["EDI-NOTE-01"]),
        ("PMD", ".", ["EDI-NOTE-02"]),
        ("PMD", "---", ["EDI-NOTE-02"]),
        ("PMD", "NA", ["EDI-NOTE-02"]),
        ("PMD", "N/A", ["EDI-NOTE-02"]),
        ("PMD", "n.d.", ["EDI-NOTE-02"]),
        ("PMD", "aucune pénalité", []),
        ("PMD", "pmd", ["EDI-NOTE-02"]),
        ("PMD", "xxx", ["EDI-NOTE-02"]),
        ("PMD", "0", ["EDI-NOTE-02"]),
        ("AAI", "", []),
        ("", "", []),
    ],
)
def test_a_compulsory_note_says_something(code: str, texte: str, expected: list[str]) -> None:
    assert codes(facture(notes=(Note(code, texte),)), "reforme") == expected
    assert codes(facture(notes=(Note(code, texte),)), "chorus") == []


def test_an_empty_note_rejects_and_a_dummy_one_warns() -> None:
    empty = only(facture(notes=(Note("PMT", ""),)), "reforme")
    dummy = only(facture(notes=(Note("PMT", "NA"),)), "reforme")

    assert (empty.severity, dummy.severity) == (Severity.ERROR, Severity.WARNING)
    assert "40 €" in empty.message


# -- BR-FR-CPRO -------------------------------------------------------------------------------------------


def ids(*texts: str) -> tuple[Identifiant, ...]:
    """``scheme:value``."""
    return tuple(Identifiant(*text.split(":")) for text in texts)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"termes": {"EXT-FR-FE-01": ("MARCHE",)}}, []),
        ({"termes": {"EXT-FR-FE-01": ("CONTRAT",)}}, []),
        ({"termes": {"EXT-FR-FE-01": ("GC", "CT", "")}}, []),
        ({"termes": {"EXT-FR-FE-01": ("Marché public",)}}, ["EDI-CPRO-01"]),
        ({"termes": {"BT-25": ("F" * 20,)}}, []),
        ({"termes": {"BT-25": ("F" * 21,)}}, ["EDI-CPRO-02"]),
        ({"identifiants": {"fournisseur": ids("0002:732829320", "0009:73282932000074")}}, []),
        ({"identifiants": {"fournisseur": ids("0009:73282932000074")}}, []),
        ({"identifiants": {"fournisseur": ids("0088:3012345678900")}}, ["EDI-CPRO-03"]),
        ({"identifiants": {"fournisseur": ids("0002:732829320")}}, ["EDI-CPRO-05"]),
        ({"identifiants": {"fournisseur": ids("0223:BE0428759497")}}, []),
        ({"identifiants": {"fournisseur": ids("0223:" + "B" * 19)}}, ["EDI-CPRO-04"]),
        ({"identifiants": {"fournisseur": ids("0226:1234567890DUPONT")}}, []),
        ({"identifiants": {"fournisseur": ids("0226:123456789DUPONT")}}, ["EDI-CPRO-04"]),
        ({"identifiants": {"fournisseur": ids("0226:1234567890" + "D" * 71)}}, ["EDI-CPRO-04"]),
        ({"identifiants": {"fournisseur": ids("0227:USACMEINCORPORATED")}}, []),
        ({"identifiants": {"fournisseur": ids("0227:USACMEINCORPORATEDX")}}, ["EDI-CPRO-04"]),
        ({"identifiants": {"fournisseur": ids("0228:123456789")}}, []),
        ({"identifiants": {"fournisseur": ids("0228:12345678")}}, ["EDI-CPRO-04"]),
        ({"identifiants": {"fournisseur": ids("0229:123456")}}, []),
        ({"identifiants": {"fournisseur": ids("0229:12345")}}, ["EDI-CPRO-04"]),
        ({"identifiants": {"beneficiaire": ids("0002:732829320")}}, ["EDI-CPRO-05"]),
        ({"identifiants": {"beneficiaire": ids("0002:732829320", "0009:73282932000074")}}, []),
        ({"identifiants": {"destinataire": ids("0002:217500016")}}, ["EDI-CPRO-06"]),
        ({"identifiants": {"destinataire": ids("0002:217500016", "0009:21750001600019")}}, []),
        ({"cadre": "S3"}, []),
        ({"cadre": "S5"}, ["EDI-CPRO-07"]),
        ({"lignes": 999_999}, []),
        ({"lignes": 1_000_000}, ["EDI-CPRO-08"]),
        ({"termes": {"BT-25": ("F1",), "BT-20": ("30 jours",), "BG-6": ("A",), "BG-9": ("B",)}}, []),
        ({"termes": {"BT-25": ("F1", "F2")}}, ["EDI-CPRO-09"]),
        ({"termes": {"BT-20": ("30 jours", "60 jours")}}, ["EDI-CPRO-09"]),
        ({"termes": {"BG-6": ("A", "")}}, ["EDI-CPRO-09"]),
        ({"termes": {"BG-9": ("A", "B")}}, ["EDI-CPRO-09"]),
    ],
)
def test_what_chorus_pro_asks_of_a_public_invoice(changes: dict[str, object], expected: list[str]) -> None:
    assert codes(facture(**changes), "reforme") == expected
    assert codes(facture(**changes), "chorus") == []


@pytest.mark.parametrize(("terme", "bound"), cpro.LONGUEURS.items())
def test_a_text_is_no_longer_than_chorus_pro_takes(terme: str, bound: object) -> None:
    maximum: int = bound.maximum  # type: ignore[attr-defined]

    assert codes(facture(termes={terme: ("x" * maximum,)}), "reforme") == []
    finding = only(facture(termes={terme: ("x" * (maximum + 1),)}), "reforme")
    assert finding.code == "EDI-CPRO-10"
    assert f"{maximum + 1} caractères" in finding.message


@pytest.mark.parametrize(
    ("changes", "regle"),
    [
        ({"notes": (Note("AAI", "x" * 1025),)}, "42"),
        ({"fournisseur": Partie(Identifiant("7", "1"), "x" * 100)}, "43"),
        ({"destinataire": Partie(Identifiant("7", "1"), "x" * 100)}, "44"),
    ],
)
def test_notes_and_names_are_bounded_too(changes: dict[str, object], regle: str) -> None:
    finding = only(facture(**changes), "reforme")

    assert (finding.code, f"BR-FR-CPRO-{regle}" in finding.message) == ("EDI-CPRO-10", True)
    assert finding.motif == "REJ_CONT_B2G"


@pytest.mark.parametrize(
    ("notes", "expected"),
    [
        ((), ["EDI-CPRO-07"]),
        ((Note("ADN", "B2G"),), ["EDI-CPRO-07"]),
        ((Note("BAR", "B2B"), Note("ADN", "B2G")), ["EDI-CPRO-07"]),
        ((Note("BAR", "OUTOFSCOPE"),), ["EDI-CPRO-07"]),
        ((Note("BAR", "B2B"),), []),
        ((Note("BAR", " b2c "),), []),
    ],
)
def test_an_invoice_between_private_parties_is_left_alone(
    notes: tuple[Note, ...], expected: list[str]
) -> None:
    assert codes(facture(cadre="S5", notes=notes), "reforme") == expected


@pytest.mark.parametrize("code", ["EDI-CPRO-03", "EDI-CPRO-05", "EDI-CPRO-06"])
def test_what_needs_a_siret_only_warns(code: str) -> None:
    (card,) = (rule.card for rule in cpro.RULES if rule.card.code == code)

    assert card.severity is Severity.WARNING


def test_every_message_is_bounded_whatever_the_values() -> None:
    wild = facture(
        "cii",
        mode_paiement=LONG,
        profil=LONG,
        notes=(Note("PMT", "." * 2000), Note(LONG, LONG)),
        termes=dict.fromkeys(("BT-25", "BT-31", "BT-48", "BT-84", "EXT-FR-FE-01"), (LONG, LONG)),
        identifiants={"fournisseur": (Identifiant("0226", LONG), Identifiant(LONG, LONG))},
    )

    for famille in ("chorus", "reforme"):
        for finding in judge(wild, famille):
            assert len(finding.message) < 600
            assert len(finding.value) <= 200
