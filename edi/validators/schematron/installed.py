"""The asserts of all sheets that are installed, for who knows only the id of a rule."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from edi.validators.schematron import packs
from edi.validators.schematron.official import Assertion, read_asserts


def complete(rule: Assertion) -> Assertion:
    """The assert with its test and sentence, from the first installed sheet that has its id."""
    if rule.text or rule.test:
        return rule
    return read_installed().get(rule.id, rule)


@cache
def read_installed() -> Mapping[str, Assertion]:
    """By id, the first sheet that has it; those that are missing or altered are passed over."""
    found: dict[str, Assertion] = {}
    for pack in (pack for versions in packs.PACKS.values() for pack in versions):
        for part in pack.parts:
            try:
                data = packs.locate_sheet(part.sheet).read_bytes()
            except packs.PackUnavailable:
                continue
            for rule in read_asserts(data):
                if rule.id:
                    found.setdefault(rule.id, rule)
    return found
