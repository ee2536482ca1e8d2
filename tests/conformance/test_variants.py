"""Every official rule has an example that breaks it, under the official sheet, or a reason why none does.

Examples of one base are first put together in one document; a rule that is shy in company is tried alone.
``EDI_VARIANTES=seules`` tries each alone from the start, which takes some minutes more.
"""

from __future__ import annotations

import os
from functools import cache

import pytest
from examples import TOGETHER, WITHOUT_INVOICES, asserts_of, bases_of, fired, groups, make, packs_of

from edi.exemples.bases import load_bases, parse, write_base
from edi.exemples.fragments import compare
from edi.exemples.variantes import Variante, load_variantes, write_variante
from edi.model import Severity
from edi.validators.schematron import packs, saxon
from edi.validators.schematron.packs import PACKS, Pack

COMPANY = 1 if os.environ.get("EDI_VARIANTES") == "seules" else TOGETHER
SHOWN = [
    pack
    for versions in PACKS.values()
    for pack in versions[-1:]
    if pack.id not in WITHOUT_INVOICES and not packs.tell_absence(pack)
]


@cache
def sound(pack: Pack, base: str) -> frozenset[str]:
    return frozenset(fired(pack, parse(write_base(base)), saxon.OFFICIAL) or {"?"})


@pytest.mark.parametrize("pack", SHOWN, ids=lambda pack: pack.id)
def test_every_assert_has_an_example_or_a_reason(pack: Pack) -> None:
    known, ids = load_variantes(pack.id), {rule.id for rule in asserts_of(pack)}

    assert ids - known.variantes.keys() - known.injouables.keys() == set()
    assert (known.variantes.keys() | known.injouables.keys()) - ids == set()
    assert known.variantes.keys() & known.injouables.keys() == set()


LONG = frozenset({"facturx-extended", "facturx-en16931"})  # in full behind `make conformance`
OFTEN = [pytest.param(one, marks=pytest.mark.slow) if one.id in LONG else one for one in SHOWN]


@pytest.mark.parametrize("pack", OFTEN, ids=lambda pack: pack.id)
def test_every_example_breaks_its_rule_under_the_official_sheet(pack: Pack) -> None:
    variantes = load_variantes(pack.id).variantes
    shy = [
        rule
        for group in groups(pack, COMPANY)
        for rule in set(group.regles) - (fired(pack, group.root, saxon.OFFICIAL) or set())
    ]
    dumb = [rule for rule in shy if not breaks_alone(pack, rule, variantes[rule])]
    broken = [rule for rule, variante in variantes.items() if rule in sound(pack, variante.base)]

    assert (dumb, broken) == ([], [])
    assert variantes


def breaks_alone(pack: Pack, rule: str, variante: Variante) -> bool:
    """Under the official sheet; where another of its rules raises, under the isolated one."""
    root = make(variante)
    found = fired(pack, root, saxon.OFFICIAL)
    if variante.leve:
        return found is None and rule in (fired(pack, root, saxon.ISOLATED) or ())
    return found is not None and rule in found


@pytest.mark.parametrize("pack", SHOWN, ids=lambda pack: pack.id)
def test_the_bases_break_no_rule_of_their_packs(pack: Pack) -> None:
    blocking = {
        base: [
            one.id
            for one in saxon.run_pack(pack, write_base(base))
            if pack.severity_of(one.flag) > Severity.WARNING
        ]
        for base in bases_of(pack)
    }

    assert blocking == {base: [] for base in blocking}
    assert blocking


@pytest.mark.parametrize("pack", SHOWN, ids=lambda pack: pack.id)
def test_every_example_shows_what_it_changes(pack: Pack) -> None:
    shown = list(load_variantes(pack.id).variantes.items())[:: 1 if COMPANY == 1 else 10]
    for rule, variante in shown:
        valable, fautif = compare(write_base(variante.base), write_variante(variante))
        marked = [ligne for ligne in (*valable.lignes, *fautif.lignes) if ligne.change]

        assert len(marked) > 0, rule
        assert max(len(valable.lignes), len(fautif.lignes)) <= 60, rule


def test_every_base_serves_some_pack() -> None:
    assert [base for base in load_bases() if not packs_of(base)] == []
