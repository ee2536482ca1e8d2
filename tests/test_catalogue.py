"""The catalogue of findings: what every card must have, and the page made of them."""

from __future__ import annotations

import json
import re
from string import Formatter

import pytest
from typer.testing import CliRunner

from edi.catalogue import CARDS, FAMILLES, GRAVITES, find_card, render_markdown, sentence, subject
from edi.cli import rules as command
from edi.cli.espace import Erreur
from edi.model import Card, Severity
from edi.validators.catalogue import DOCUMENT_RULES, DOUBLON_RULES, REGISTRY_RULES, RULE_CARDS

# Motifs of the cycle de vie for a rejected invoice (213), and those of the control of a flux or a file.
MOTIFS_FACTURE = set(
    "MONTANTTOTAL_ERR CALCUL_ERR DOUBLON DEST_INC ADR_ERR REJ_SEMAN REJ_UNI REJ_COH REJ_ADR REJ_CONT_B2G "
    "REJ_REF_PJ REJ_ASS_PJ".split()
)
MOTIFS_FLUX = set(
    "IRR_TAILLE IRR_TAILLE_F IRR_TAILLE_PJ IRR_UNCITE IRR_VIDE IRR_VIDE_F IRR_VID_PJ IRR_FORM IRR_NOM_F "
    "IRR_NOM_PJ IRR_TYPE IRR_TYPE_F IRR_EXT_DOC IRR_ANTIVIRUS IRR_CODE_INTER IRR_EXTRAC IRR_CODE_APP "
    "IRR_SYNTAX".split()
)

each_card = pytest.mark.parametrize("card", CARDS, ids=lambda card: card.code)


def words_of(template: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(template) if field is not None}


def test_codes_are_unique() -> None:
    codes = [card.code for card in CARDS]

    assert sorted(set(codes)) == sorted(codes)


def test_every_rule_is_in_the_catalogue() -> None:
    assert {card.code for card in RULE_CARDS} <= {card.code for card in CARDS}


def test_no_rule_is_run_twice() -> None:
    codes = [rule.card.code for rule in DOCUMENT_RULES + REGISTRY_RULES + DOUBLON_RULES]

    assert sorted(set(codes)) == sorted(codes)


@each_card
def test_a_code_is_of_our_form_and_its_subject_has_a_title(card: Card) -> None:
    assert re.fullmatch(r"EDI-[A-Z]+-\d\d", card.code)
    assert FAMILLES[subject(card.code)]


@each_card
def test_what_blocks_has_a_motif_of_the_published_lists(card: Card) -> None:
    if card.severity >= Severity.ERROR:
        assert card.motif in MOTIFS_FACTURE | MOTIFS_FLUX
    else:
        assert card.motif in MOTIFS_FACTURE | MOTIFS_FLUX | {""}


@each_card
def test_every_card_cites_its_source_and_says_what_to_do(card: Card) -> None:
    assert card.citation.strip()
    assert card.fix.strip()
    assert card.since < card.until


@each_card
def test_a_message_is_one_sentence_that_can_be_filled(card: Card) -> None:
    words = words_of(card.message) | words_of(card.fix)
    assert all(word.isidentifier() for word in words)
    filled = card.at(
        value="<value>",
        expected="<expected>",
        **{word: f"<{word}>" for word in words - {"value", "expected"}},
    )

    assert filled.message.endswith(".")
    assert not re.search(r"[{}]|  ", filled.message + filled.fix)
    for word in words_of(card.message):
        assert f"<{word}>" in filled.message


@each_card
def test_a_card_is_found_by_its_code_in_either_case(card: Card) -> None:
    assert find_card(card.code) is card
    assert find_card(f" {card.code.lower()} ") is card


def test_an_unknown_code_is_not_found() -> None:
    assert find_card("EDI-RIEN-01") is None


def test_every_severity_has_a_label() -> None:
    assert set(GRAVITES) == set(Severity)


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("Le numéro « {value} » est trop long.", "Le numéro « … » est trop long."),
        ("Chez {a}{b}.", "Chez …"),
        ("Rien à remplir.", "Rien à remplir."),
        ("Accolades {{}} seules.", "Accolades {} seules."),
    ],
)
def test_the_words_to_come_are_shown_as_an_ellipsis(template: str, expected: str) -> None:
    assert sentence(template) == expected


# -- the page ---------------------------------------------------------------------------------------------


def test_the_page_holds_every_code_once_in_the_order_of_the_families() -> None:
    rows = re.findall(r"^\| (EDI-\S+)", render_markdown(), re.MULTILINE)

    assert rows == [card.code for card in CARDS]


def test_the_page_has_a_title_for_each_family_that_has_cards() -> None:
    titles = re.findall(r"^## (.+)$", render_markdown(), re.MULTILINE)

    used = {subject(card.code) for card in CARDS}
    assert titles == [title for family, title in FAMILLES.items() if family in used]


def test_the_tables_of_the_page_are_aligned() -> None:
    for block in render_markdown().split("\n\n"):
        lines = block.strip().splitlines()
        if lines[0].startswith("|"):
            bars = [[i for i, char in enumerate(line) if char == "|"] for line in lines]
            assert bars == [bars[0]] * len(lines)


def test_the_page_has_no_template_left() -> None:
    assert not re.search(r"[{}]", render_markdown())


# -- edi rules --------------------------------------------------------------------------------------------


def invoke(*args: str) -> str:
    result = CliRunner().invoke(command.app, list(args), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_rules_list_as_json_holds_every_card() -> None:
    listed = json.loads(invoke("list", "--json"))

    assert [row["code"] for row in listed] == [card.code for card in CARDS]


def test_rules_list_shows_every_code() -> None:
    shown = invoke("list")

    assert "EDI-MANDAT-01" in shown


def test_rules_explain_says_what_a_code_means() -> None:
    explained = json.loads(invoke("explain", "edi-mandat-03", "--json"))

    assert explained["code"] == "EDI-MANDAT-03"
    assert explained["gravite"] == "rejet de la facture"
    assert explained["motif"] == "REJ_COH"
    assert "révoqué depuis le …" in explained["message"]


def test_rules_explain_has_a_form_for_people() -> None:
    assert "REJ_COH" in invoke("explain", "EDI-MANDAT-03")


@pytest.mark.parametrize(("code", "hint"), [("EDI-MANDA-01", "EDI-MANDAT-01"), ("xyz", "edi rules list")])
def test_an_unknown_code_is_answered_with_the_nearest(code: str, hint: str) -> None:
    with pytest.raises(Erreur, match=hint):
        invoke("explain", code)


def test_rules_doc_prints_the_page() -> None:
    assert invoke("doc") == render_markdown()
