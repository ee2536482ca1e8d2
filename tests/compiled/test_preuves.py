"""Every official sheet that is shipped compiles, and was held against Saxon with this very compiler."""

from __future__ import annotations

import pytest

from edi.model.confiance import EtatFeuille
from edi.validators.compiled import engine
from edi.validators.schematron.confiance import shipped
from edi.validators.schematron.official import read_asserts
from edi.validators.schematron.packs import PACKS, Sheet, locate_sheet

SHEETS = {part.sheet.name: part.sheet for group in PACKS.values() for pack in group for part in pack.parts}


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_every_assert_and_report_of_a_shipped_sheet_compiles(name: str) -> None:
    sheet: Sheet = SHEETS[name]

    assert engine.build(sheet).asserts == len(read_asserts(locate_sheet(sheet).read_bytes()))


@pytest.mark.parametrize("name", sorted(SHEETS))
def test_a_shipped_sheet_was_proven_with_this_compiler(name: str) -> None:
    """When it fails, the compiler has changed since: ``make differential RECORD=1`` is to be run again."""
    assert shipped().etat(SHEETS[name].sha256) is EtatFeuille.JEUNE
