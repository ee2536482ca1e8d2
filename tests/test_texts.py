"""Every official rule that can fire has its French card, and a card can be read and acted upon."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest
from lxml import etree

from edi.model import Severity
from edi.validators.schematron import official, packs, regles, terms, texts
from edi.validators.schematron.nearest import suggest
from edi.validators.schematron.official import Assertion, legal_codes, read_asserts
from edi.validators.schematron.packs import Sheet
from edi.validators.schematron.texts import (
    UNKNOWN,
    RegleTexte,
    build_expected,
    build_message,
    find_text,
    find_value,
)

ENGLISH = re.compile(
    r"\b(the|shall|must|should|not|and|of|is|are|allowed|value|invoice|line|buyer|seller|amount|times|with)\b",
    re.I,
)
QUOTED = re.compile(r"«[^»]*»")
UBL = (
    'xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2" '
    'xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2" '
    'xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"'
)


def installed_sheets() -> Iterator[tuple[Sheet, bytes]]:
    sheets = {
        part.sheet.name: part.sheet for one in packs.PACKS.values() for pack in one for part in pack.parts
    }
    for sheet in sheets.values():
        try:
            yield sheet, packs.locate_sheet(sheet).read_bytes()
        except packs.PackAbsent:
            continue


SHEETS = {sheet.name: (sheet, data) for sheet, data in installed_sheets()}
CASES = [(name, rule) for name, (_, data) in SHEETS.items() for rule in read_asserts(data)]
CARDS = {(name, rule): find_text(rule.id, rule.match, rule) for name, rule in CASES}


def sheet_bytes(name: str) -> bytes:
    return SHEETS[name][1]


def all_texts() -> list[RegleTexte]:
    return list(dict.fromkeys(CARDS.values()))


# -- coverage ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SHEETS)
def test_no_rule_of_a_shipped_sheet_lacks_its_card(name: str) -> None:
    lacking = [
        rule.id or rule.text
        for (sheet, rule), card in CARDS.items()
        if sheet == name and card.famille == UNKNOWN
    ]

    assert lacking == []


def test_the_cards_are_many_and_families_are_few(capsys: pytest.CaptureFixture[str]) -> None:
    count = Counter((name, "famille" if card.famille else "carte") for (name, _), card in CARDS.items())
    with capsys.disabled():
        for name in SHEETS:
            print(f"\n  {name}: {count[name, 'carte']} own cards, {count[name, 'famille']} by family", end="")

    assert sum(count.values()) == len(set(CASES))
    assert len(regles.load().cartes) > 100


@pytest.mark.parametrize("name", SHEETS)
def test_a_rule_is_not_of_two_families_known_by_the_id_alone(name: str) -> None:
    simple = [one for one in regles.load().familles if one.is_simple and not one.defaut]
    ids = {rule.id for sheet, rule in CASES if sheet == name and rule.id}
    twice = {
        id: found
        for id in ids
        if len(
            found := [f.id.pattern for f in simple if f.id.search(id) and not (f.sauf and f.sauf.search(id))]
        )
        > 1
    }

    assert twice == {}


def test_every_family_and_card_is_of_a_shipped_rule() -> None:
    used = {card.famille for card in CARDS.values()} | {card.id for card in CARDS.values()}
    known = regles.load()
    idle = [one.id.pattern for one in known.familles if one.id.pattern not in used and not one.defaut]
    idle += [name for name in known.cartes if name not in used]

    assert idle == []


# -- form -------------------------------------------------------------------------------------------------


def test_every_sentence_can_be_filled_and_ends_with_a_full_stop() -> None:
    wrong = [
        card.id
        for card in all_texts()
        if not re.fullmatch(r"[A-ZÀÉ][^{}]*[^ .]\.", build_message(card, "12,3"))
    ]

    assert wrong == []


def test_nothing_is_left_to_fill_but_the_value() -> None:
    left = [card.id for card in all_texts() if re.search(r"[{}]", f"{card.terme}{card.attendu}{card.fix}")]

    assert left == []


def test_every_fix_names_who_acts_and_is_a_sentence() -> None:
    actors = tuple(regles.WHO.values())
    wrong = [
        card.fix
        for card in all_texts()
        if not card.fix.startswith(actors) or not re.search(r"[^ .]\.$", card.fix)
    ]

    assert wrong == []


def test_every_motif_may_be_borne_by_a_rejected_invoice() -> None:
    assert {card.motif for card in all_texts()} <= regles.MOTIFS


def test_no_card_speaks_english() -> None:
    sentences = {f"{card.titre} {card.attendu} {card.fix}" for card in all_texts()}
    wrong = [text for text in sentences if ENGLISH.search(QUOTED.sub("", re.sub(r"\{\w+\}", "", text)))]

    assert wrong == []


def test_no_card_copies_the_official_sentence() -> None:
    def words(text: str) -> str:
        return " ".join(re.findall(r"\w+", text.lower()))

    copied = [
        rule.id
        for (_, rule), card in CARDS.items()
        if len(words(card.titre)) > 20 and words(card.titre) in words(rule.text)
    ]

    assert copied == []


def test_typography_is_french() -> None:
    sentences = {part for card in all_texts() for part in (card.titre, card.attendu, card.fix)}
    wrong = [
        text for text in sentences if re.search(r"\"|  |«[^ ]|[^ ]»|[^ ][;!?]|[^ :/\w]:[^/]|\w:\s", text)
    ]

    assert [text for text in wrong if "urn:" not in text] == []


def test_every_number_that_a_card_names_has_its_french_name() -> None:
    named = {number for card in all_texts() for number in terms.TERM.findall(f"{card.terme} {card.attendu}")}
    unnamed = [number for number in named if terms.name_term(number) == number]

    assert unnamed == []


# -- look-up ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "path", "terme"),
    [
        ("BR-CO-10", "", "BT-106 Total HT des lignes"),
        ("BR-CL-14", "/*:Invoice[namespace-uri()='urn:x'][1]/cac:AccountingSupplierParty[1]/cac:Party[1]"
         "/cac:PostalAddress[1]/cac:Country[1]/cbc:IdentificationCode[1]", "BT-40 Pays du vendeur"),
        ("BR-CL-23", "/Invoice/cac:InvoiceLine[5820]/cbc:InvoicedQuantity",
         "BT-130 Unité de la quantité facturée"),
        ("BR-CL-23", "/CreditNote/cac:CreditNoteLine/cac:Price/cbc:BaseQuantity",
         "BT-150 Unité de la quantité de base du prix"),
        ("UBL-DT-01", "/Invoice/cac:LegalMonetaryTotal/cbc:PayableAmount", "BT-115 Net à payer"),
        ("BR-FR-23_EXT-FR-FE-12", "", "EXT-FR-FE-12 Adresse électronique de l'agent de l'acheteur"),
        ("BR-FREXT-CO-13", "", "BT-109 Total HT de la facture"),
    ],
)  # fmt: skip
def test_the_term_is_the_one_the_rule_failed_on(id: str, path: str, terme: str) -> None:
    assert find_text(id, path).terme == terme


@pytest.mark.parametrize(
    ("id", "motif"),
    [
        ("BR-CO-15", "MONTANTTOTAL_ERR"),
        ("BR-CO-17", "CALCUL_ERR"),
        ("BR-S-08", "CALCUL_ERR"),
        ("BR-FXEXT-S08b", "CALCUL_ERR"),
        ("BR-FR-12_BT-49", "ADR_ERR"),
        ("BR-FR-17_BT-123", "REJ_ASS_PJ"),
        ("BR-02", "REJ_SEMAN"),
    ],
)
def test_the_motif_tells_the_kind_of_fault(id: str, motif: str) -> None:
    assert find_text(id).motif == motif


def test_a_numbered_rule_of_factur_x_is_the_rule_it_names() -> None:
    rule = Assertion("FX-SCH-A-000047", text="[BR-45]-Each VAT breakdown (BG-23) shall …")
    card = find_text(rule.id, "", rule)

    assert (card.id, card.titre) == ("BR-45", find_text("BR-45").titre)


def test_a_report_without_id_is_told_by_its_sentence() -> None:
    rule = Assertion(
        "", text="Element 'ram:FormattedIssueDateTime' is marked as not used in the given context."
    )
    card = find_text("", "/rsm:CrossIndustryInvoice/ram:SellerOrderReferencedDocument", rule)

    assert card.id == "FX-ELEMENT"
    assert card.terme == "BT-14 Numéro de commande du vendeur"
    assert "« FormattedIssueDateTime »" in card.titre


def test_an_element_that_the_norm_does_not_know_is_named() -> None:
    card = find_text("UBL-CR-012", "/Invoice")

    assert card.titre.startswith("L'élément « InvoicePeriod/StartTime » n'est pas prévu par la norme")
    assert not card.fix.endswith(regles.AGAIN + ".")  # a warning: nothing is to be sent again


def test_a_rule_that_no_card_knows_says_so() -> None:
    card = find_text("BR-ZZ-99", "/Invoice")

    assert card.famille == UNKNOWN
    assert card.titre == "La facture ne respecte pas la règle officielle BR-ZZ-99."


def test_a_rule_that_may_block_asks_for_a_new_deposit() -> None:
    severities = dict(next(iter(packs.PACKS.values()))[0].flags)
    mild = [
        rule.id
        for (_, rule), card in CARDS.items()
        if not rule.report
        and severities.get(rule.flag, Severity.ERROR) >= Severity.ERROR
        and regles.AGAIN not in card.fix
        and regles.RESEND not in card.fix
    ]

    assert mild == []


# -- what was found ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("id", "xml", "value"),
    [
        ("BR-CO-10", "<cac:LegalMonetaryTotal><cbc:LineExtensionAmount> 99.00 </cbc:LineExtensionAmount>"
         "</cac:LegalMonetaryTotal>", "99.00"),
        ("BR-CL-23", '<cbc:InvoicedQuantity unitCode="KWh">3</cbc:InvoicedQuantity>', "KWh"),
        ("BR-CL-14", "<cbc:IdentificationCode>France</cbc:IdentificationCode>", "France"),
        ("BR-DEC-20", "<cac:TaxSubtotal><cbc:TaxAmount>1.234</cbc:TaxAmount></cac:TaxSubtotal>", "1.234"),
        ("BR-51", "<cbc:PrimaryAccountNumberID>4970101234567890</cbc:PrimaryAccountNumberID>", ""),
        ("BR-08", "<cac:Party><cbc:Name>ACME</cbc:Name></cac:Party>", ""),
    ],
)  # fmt: skip
def test_the_value_is_found_where_the_card_says(id: str, xml: str, value: str) -> None:
    element = etree.fromstring(f"<Invoice {UBL}><cac:TaxTotal>{xml}</cac:TaxTotal></Invoice>")[0][0]

    assert find_value(find_text(id), element) == value


def test_the_value_of_factur_x_is_found_from_the_code_of_its_category() -> None:
    row = etree.fromstring(
        '<t xmlns="urn:ram"><CategoryCode>S</CategoryCode><BasisAmount>12.00</BasisAmount></t>'
    )

    assert find_value(find_text("BR-S-08"), row[0]) == "12.00"


def test_an_attribute_that_is_a_term_is_named() -> None:
    rule = Assertion("FX-SCH-A-000613", text="Value of '@unitCode' is not allowed.")

    assert find_text(rule.id, "/a/ram:SpecifiedLineTradeDelivery/ram:BilledQuantity", rule).terme == (
        "BT-130 Unité de la quantité facturée"
    )


def test_every_xpath_of_every_card_can_be_run() -> None:
    element = etree.fromstring("<a><b/></a>")
    for xpath in {xpath for card in all_texts() for xpath in card.quelle_valeur}:
        found = element.xpath(xpath)

        assert isinstance(found, list), xpath


def test_a_message_proposes_the_nearest_legal_code() -> None:
    card, codes = find_text("BR-CL-23"), legal_codes(sheet_bytes("en16931-ubl"), "BR-CL-23")

    assert build_message(card, "KWh", codes) == "L'unité « KWh » n'existe pas ; vouliez-vous « KWH » ?"
    assert build_expected(card, "KWh", codes) == "KWH"
    assert build_message(card, "bidule truc", codes) == "L'unité « bidule truc » n'existe pas."
    assert build_expected(card, "bidule truc", codes) == card.attendu


def test_a_short_list_is_told_in_full() -> None:
    card, codes = find_text("BR-CL-18"), legal_codes(sheet_bytes("en16931-ubl"), "BR-CL-18")

    assert build_expected(card, "XX9", codes) == "AE, L, M, E, S, Z, G, O, K ou B"


def test_an_absent_value_is_said_to_be_empty() -> None:
    assert build_message(find_text("BR-CL-23")) == "L'unité « (vide) » n'existe pas."


# -- code lists -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sheet", "rule", "some"),
    [
        ("en16931-ubl", "BR-CL-23", {"KWH", "C62", "HUR"}),
        ("en16931-ubl", "BR-CL-01", {"380", "381"}),
        ("en16931-ubl", "BR-CL-08", {"PMT", "AAB"}),
        ("en16931-ubl", "BR-CL-10", {"0009", "SEPA"}),
        ("en16931-ubl", "BR-CL-24", {"application/pdf", "text/csv"}),
        ("extended-ctc-fr-cii", "BR-FREXT-05", {"DETAIL", "GROUP"}),
        ("br-fr-ubl", "BR-FR-04_BT-3", {"380", "503"}),
        ("br-fr-ubl", "BR-FR-08_BT-23", {"S1", "M9"}),
        ("br-fr-ubl", "BR-FR-16_BT-119", {"20", "5.50"}),
        ("br-fr-cii", "BR-FR-17_BT-123", {"RIB", "BON_LIVRAISON"}),
    ],
)
def test_the_legal_codes_come_from_the_sheet(sheet: str, rule: str, some: set[str]) -> None:
    assert some <= set(legal_codes(sheet_bytes(sheet), rule))


def test_the_legal_codes_of_factur_x_come_from_its_code_base() -> None:
    sheet, data = SHEETS["facturx-en16931"]
    codedb = packs.locate_sheet(sheet).with_name(sheet.extra[0][0]).read_bytes()
    rule = next(one for one in read_asserts(data) if "document(" in one.test and "@format" in one.text)

    assert "102" in legal_codes(data, rule, codedb)


@pytest.mark.parametrize("name", SHEETS)
def test_every_card_that_checks_a_list_has_its_codes(name: str) -> None:
    sheet, data = SHEETS[name]
    codedb = packs.locate_sheet(sheet).with_name(sheet.extra[0][0]).read_bytes() if sheet.extra else b""
    bare = [
        rule.id
        for (other, rule), card in CARDS.items()
        if other == name and card.codes and not legal_codes(data, rule, codedb)
    ]

    assert bare == []


def test_a_rule_without_list_has_no_codes() -> None:
    assert legal_codes(sheet_bytes("en16931-ubl"), "BR-CO-10") == ()
    assert official.legal_codes(sheet_bytes("en16931-ubl"), "BR-ZZ-99") == ()


@pytest.mark.parametrize(
    ("rule", "value", "code"),
    [
        ("BR-CL-23", "KWh", "KWH"),
        ("BR-CL-23", " c62 ", "C62"),
        ("BR-CL-23", "pièces", "C62"),
        ("BR-CL-23", "Heures", "HUR"),
        ("BR-CL-23", "kg", "KGM"),
        ("BR-CL-23", "m²", "MTK"),
        ("BR-CL-23", "Kilowattheure", "KWH"),
        ("BR-CL-04", "EURO", "EUR"),
        ("BR-CL-04", "€", "EUR"),
        ("BR-CL-04", "eur", "EUR"),
        ("BR-CL-14", "France", "FR"),
        ("BR-CL-14", "FRA", "FR"),
        ("BR-CL-14", "Pays-Bas", "NL"),
        ("BR-CL-14", "UK", "GB"),
        ("BR-CL-16", "virement", "30"),
        ("BR-CL-16", "Virement SEPA", "58"),
        ("BR-CL-16", "030", "30"),
        ("BR-CL-16", "999", ""),
        ("BR-CL-17", "normal", "S"),
        ("BR-CL-17", "autoliquidation", "AE"),
        ("BR-CL-17", "exonéré", "E"),
        ("BR-CL-11", "2", "0002"),
        ("BR-CL-10", "SIRET", "0009"),
        ("BR-CL-24", "image/jpg", "image/jpeg"),
        ("BR-CL-24", "PDF", "application/pdf"),
        ("BR-CL-24", "application/zip", ""),
        ("BR-CL-22", "VATEX-EU-AEE", "VATEX-EU-AE"),
        ("BR-CL-22", "exonération", ""),
        ("BR-CL-23", "", ""),
        ("BR-CL-23", "x" * 5000, ""),
    ],
)
def test_the_nearest_code_is_proposed(rule: str, value: str, code: str) -> None:
    assert suggest(legal_codes(sheet_bytes("en16931-ubl"), rule), value) == code


def test_a_rate_is_read_with_its_comma_and_its_sign() -> None:
    assert suggest(legal_codes(sheet_bytes("br-fr-ubl"), "BR-FR-16_BT-119"), "5,5 %") == "5.5"


def test_of_two_equally_near_codes_none_is_proposed() -> None:
    assert suggest(("ABCD", "ABCE"), "ABCF") == ""


# -- terms ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "local"),
    [
        ("/*:Invoice[namespace-uri()='urn:a/b'][1]/*:ID[1]", "Invoice/ID"),
        ("/cn:CreditNote/cac:CreditNoteLine[2]/cbc:ID", "Invoice/InvoiceLine/ID"),
        ("/ubl:Invoice | /cn:CreditNote", "Invoice"),
        ("//ram:BilledQuantity/@unitCode", "BilledQuantity/@unitCode"),
        ("cac:A[cac:B[cbc:C='x']/cbc:D = 'y']/cbc:E", "A/E"),
        ("", ""),
    ],
)
def test_a_path_is_reduced_to_its_local_names(path: str, local: str) -> None:
    assert terms.local_path(path) == local


@pytest.mark.parametrize(
    ("path", "number"),
    [
        ("Invoice/ID", "BT-1"),
        ("Invoice/InvoiceLine/ID", "BT-126"),
        ("Invoice/AccountingCustomerParty/Party/PartyIdentification/ID", "BT-46"),
        ("Invoice/AllowanceCharge/Amount", "BT-92 / BT-99"),
        ("Invoice/UBLExtensions", ""),
    ],
)
def test_an_element_is_a_term(path: str, number: str) -> None:
    assert terms.find_term(path) == number


def test_an_element_that_is_no_term_stands_in_one() -> None:
    assert terms.find_term("Invoice/InvoiceLine/Price/PriceType", enclosing=True) == "BG-29"


def test_every_place_leads_to_a_named_term() -> None:
    places = terms._load()[1].values()

    assert [one for one in places if terms.name_term(one) == one] == []


def test_all_terms_of_the_norm_have_a_name() -> None:
    absent = {4}  # BT-4 does not exist
    missing = [n for n in range(1, 166) if n not in absent and terms.name_term(f"BT-{n}") == f"BT-{n}"]
    missing += [n for n in range(1, 33) if terms.name_term(f"BG-{n}") == f"BG-{n}"]

    assert missing == []


def test_cards_are_found_once_per_place_not_once_per_line() -> None:
    texts._find.cache_clear()
    for line in range(1, 500):
        said = Assertion("BR-FR-DEC-02_BT-129", text=f"… La quantité {line} est invalide …")
        find_text(said.id, f"/Invoice/cac:InvoiceLine[{line}]/cbc:InvoicedQuantity", said)

    assert texts._find.cache_info().misses == 1
