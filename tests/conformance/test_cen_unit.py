"""The unit tests of the European rules agree with what we find, all of them."""

from __future__ import annotations

from pathlib import Path

from lxml import etree

from edi import xml
from edi.validators.schematron import saxon
from edi.validators.schematron.packs import PACKS

_T = "{http://difi.no/xsd/vefa/validator/1.0}"


def test_the_unit_tests_of_cen_hold(corpus: Path) -> None:
    pack, held, broken = PACKS["en16931-ubl"][0], 0, []
    for path in sorted((corpus / "en16931" / "ubl-unit").rglob("*.xml")):
        for rank, test in enumerate(xml.parse(path.read_bytes()).getroot().iter(f"{_T}test"), 1):
            expected, fragment = test
            fired = {failed.id for failed in saxon.run_pack(pack, etree.tostring(fragment))}
            for outcome in expected.iter(f"{_T}success", f"{_T}error"):
                if ((outcome.text or "").strip() in fired) == (outcome.tag == f"{_T}error"):
                    held += 1
                else:
                    broken.append((path.name, rank, outcome.text))

    assert broken == []
    assert held == 289
