"""What an expression comes to in generated Python is what Saxon makes of it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from compiled.feuille_schematron import a_report, an_assert, rule, value, variable, write_part, write_sheet

from edi import xml
from edi.validators.compiled import engine
from edi.validators.schematron import saxon
from edi.validators.schematron.saxon import Failed

DOCUMENT = b"""<r xmlns:n="urn:n">
  <a k="1" u="EUR">12.50</a><a k="2">7</a><a> 3 </a><b/>
  <c><d>x</d><d>y</d><e><d>z</d></e></c><c k="1"><d>x</d></c>
  <n:a>12.50</n:a><t>true</t><f>0</f><day>2024-02-29</day>
  <text> un   deux\ttrois </text><accent>\xc3\xa9t\xc3\xa9\xc2\xa0fort</accent><mixed>a<d>w</d>b</mixed>
  <sub><line><id>1</id><of>3</of><v>10.00</v></line><line><id>2</id><v>20.005</v></line>
  <line><id>3</id><v>-5.1</v></line></sub>
</r>"""

VALUES = (Path(__file__).parent / "values.txt").read_text("utf-8").splitlines()

TRUTHS = (Path(__file__).parent / "truths.txt").read_text("utf-8").splitlines()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feuilles")


def both(folder: Path, data: bytes, document: bytes = DOCUMENT) -> tuple[list[Failed], list[Failed]]:
    """What Saxon finds, and what the compiled form does."""
    pack, part = write_part(folder, data)
    tree = xml.parse(document)
    official = saxon.run_pack(pack, saxon.open_document(tree), saxon.OFFICIAL)
    return list(official), list(engine.run(part, engine.open_document(tree)))


@pytest.mark.parametrize("expression", VALUES)
def test_a_value_is_told_as_saxon_tells_it(expression: str, folder: Path) -> None:
    told = rule("/r", an_assert("V", "false()", f"[{value(expression)}]"))
    inside = rule("/r", variable("x", expression), an_assert("V", "false()", f"[{value('$x')}]"))

    for sheet in (told, inside):
        official, ours = both(folder, write_sheet([sheet]))
        assert len(official) == 1
        assert official == ours


@pytest.mark.parametrize("expression", TRUTHS)
def test_a_truth_is_that_of_saxon(expression: str, folder: Path) -> None:
    checks = [an_assert("A", expression), an_assert("N", f"not({expression})"), a_report(expression)]
    sheet = write_sheet([rule("/r", *checks), rule("r[b]", *checks, mode="M2")], modes=("M1", "M2"))
    official, ours = both(folder, sheet)

    assert official
    assert official == ours


@pytest.mark.parametrize(
    "expression",
    [
        "xs:decimal(text)",
        "text = 5",
        "xs:decimal(a)",
        "normalize-space(a)",
        "1 div 0",
        "xs:date('2023-02-29') > xs:date(day)",
        "number('x') > 1",
        "xs:decimal('NaN')",
        "t = 1.5",
        "a[1]/u + text",
        "xs:integer('1.5')",
        "zz cast as xs:boolean",
        "zz cast as xs:decimal",
        "('a', 'b') and a",
    ],
)
def test_what_has_no_value_is_left_to_the_official_sheet(expression: str, folder: Path) -> None:
    _, part = write_part(folder, write_sheet([rule("/r", an_assert("V", f"not({expression})"))]))
    document = engine.open_document(xml.parse(DOCUMENT))

    with pytest.raises(engine.AskSaxon):
        engine.run(part, document)


def test_a_second_operand_that_raises_is_never_skipped(folder: Path) -> None:
    """Saxon may compute it first: only the official sheet knows what comes of it."""
    for test in ("a or xs:decimal(text) > 0", "zz and xs:decimal(text) > 0"):
        _, part = write_part(folder, write_sheet([rule("/r", an_assert("V", test))]))
        with pytest.raises(engine.AskSaxon):
            engine.run(part, engine.open_document(xml.parse(DOCUMENT)))


@pytest.mark.parametrize(
    "expression",
    [
        "unknown(a)",
        "a instance of element()",
        "matches(a[1], '\\p{L}')",
        "matches(a[1], a[2])",
        "a[position() > 1]",
        "document('x.xml')/y",
        "replace('a', 'b', '$1')",
        "$nowhere",
        "a except b",
        "min(a)",
    ],
)
def test_what_is_not_of_the_subset_names_its_rule(expression: str, folder: Path) -> None:
    _, part = write_part(folder, write_sheet([rule("/r", an_assert("V-1", f"not({expression})"))]))

    with pytest.raises(engine.NotCompiled, match="V-1"):
        engine.build(part.sheet)


def test_a_message_has_its_values_in_place(folder: Path) -> None:
    name, amount = value("name(.)"), value("xs:decimal(a[1])")
    message = f"  De {value('a')},\n <xsl:text>&#10;ligne</xsl:text> {name} : {amount} "
    official, ours = both(folder, write_sheet([rule("/r", an_assert("M", "false()", message))]))

    assert official == ours
    assert Counter(failed.text for failed in ours) == {"De 12.50 7 3 , ligner : 12.5": 1}
