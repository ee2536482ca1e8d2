"""Every rule that a finding may name: ours, and those of the official packs in force."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from edi.catalogue import CARDS, sentence
from edi.espace import Espace
from edi.model import Card
from edi.model.regles import RegleVue
from edi.plateforme.regles import flatten, read_packs
from edi.validators.schematron.official import Assertion, read_asserts
from edi.validators.schematron.packs import Pack, locate_sheet
from edi.validators.schematron.texts import build_message, find_text


def read_catalogue(espace: Espace) -> tuple[RegleVue, ...]:
    """Ours in the order of the life of a flux, then the official ones in that of their packs."""
    return _read(tuple(flatten(read_packs(espace), espace.today())))


@lru_cache(maxsize=2)
def _read(packs: tuple[Pack, ...]) -> tuple[RegleVue, ...]:
    found = {card.code: _own(card) for card in CARDS}
    held: dict[str, list[str]] = {}
    for pack, rule in _assertions(packs):
        one = _official(pack, rule)
        known = found.setdefault(one.code, one)
        if one.severity > known.severity:
            found[one.code] = replace(known, severity=one.severity)
        names = held.setdefault(one.code, [])
        if pack.id not in names:
            names.append(pack.id)
    return tuple(
        replace(one, origine=", ".join(held[code])) if code in held else one for code, one in found.items()
    )


def _assertions(packs: tuple[Pack, ...]) -> Iterator[tuple[Pack, Assertion]]:
    for pack in packs:
        for part in pack.parts:
            for rule in read_asserts(locate_sheet(part.sheet).read_bytes()):
                if part.applies(rule.id):
                    yield pack, rule


def _own(card: Card) -> RegleVue:
    return RegleVue(
        code=card.code,
        severity=card.severity,
        motif=card.motif,
        titre=sentence(card.message),
        attendu="",
        fix=sentence(card.fix),
        terme="",
        origine="Navette",
        citation=card.citation,
        officielle=False,
    )


def _official(pack: Pack, rule: Assertion) -> RegleVue:
    texte = find_text(rule.id, "", rule)
    return RegleVue(
        code=texte.id,
        severity=pack.severity_of(rule.flag),
        motif=texte.motif or pack.motif,
        titre=build_message(texte, "…"),
        attendu=texte.attendu,
        fix=texte.fix,
        terme=texte.terme,
        origine=pack.id,
        citation=rule.text,
        officielle=True,
    )
