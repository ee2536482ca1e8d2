"""From what an official sheet says to what we tell: the element meant, its value, and our own sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from lxml import etree

from edi import xml
from edi.model import Card, Finding, Place, Severity
from edi.model.confiance import Execution
from edi.validators.schematron import rewrite, saxon, texts
from edi.validators.schematron.confiance import Confiance, shipped
from edi.validators.schematron.double import Light, Official, Told, hold_light, run_packs
from edi.validators.schematron.official import Assertion, legal_codes, read_asserts
from edi.validators.schematron.packs import Pack, locate_sheet
from edi.validators.schematron.svrl import Locator

DYNAMIC_ERROR = Card(
    "EDI-REGLES-01",
    Severity.ERROR,
    "REJ_SEMAN",
    "règles officielles, erreur d'évaluation",
    "{rule} ({pack}) ne peut pas être évaluée ici : une donnée y est vide, répétée ou mal formée "
    "(erreur {error}).",
    "Vérifier à cet endroit qu'aucune donnée n'est vide, répétée ou mal formée, puis déposer de nouveau la "
    "facture (émetteur). Si elle est correcte, la feuille officielle est en cause (exploitant).",
)
UNREADABLE = Card(
    "EDI-REGLES-02",
    Severity.ERROR,
    "REJ_SEMAN",
    "règles officielles, document illisible pour elles",
    "Les règles officielles ({pack}) ne peuvent pas lire ce document : plus de 100 éléments y sont imbriqués "
    "les uns dans les autres.",
    "Écrire les lignes et leurs sous-lignes avec moins de niveaux, puis déposer de nouveau la facture "
    "(émetteur).",
)
CARDS = (DYNAMIC_ERROR, UNREADABLE)

_LONGEST_VALUE = 200  # characters quoted


class Applied(NamedTuple):
    """What some packs find in a document, and how each of their sheets was run to find it."""

    findings: tuple[Finding, ...]
    executions: tuple[Execution, ...]


def apply(pack: Pack, tree: etree._ElementTree, confiance: Confiance | None = None) -> tuple[Finding, ...]:
    """All that one pack finds in a document, as :func:`apply_all` finds it. Raises PackUnavailable."""
    return apply_all((pack,), tree, confiance).findings


def apply_all(
    packs: Iterable[Pack],
    tree: etree._ElementTree,
    confiance: Confiance | None = None,
    *,
    sampled: bool = False,
    light: Light | None = None,
) -> Applied:
    """All that some packs find in a document parsed by edi.xml. Raises PackUnavailable.

    ``confiance`` says which form of each sheet is asked, None: as it is shipped; ``sampled``: the document is
    of those that go to both forms; ``light``: the same document for the compiled form, where somebody holds
    it already. Saxon is not opened unless the official form is asked.
    """
    confiance = confiance or shipped()
    if light is None:
        with hold_light(tree, confiance) as held:
            return apply_all(packs, tree, confiance, sampled=sampled, light=held)
    official, locator = Official(tree), Locator(tree)
    told, executions = run_packs(packs, official, light, confiance, sampled)
    findings = (finding for one in told for finding in _find(one, official, locator))
    return Applied(tuple(findings), tuple(executions))


def _find(told: Told, official: Official, locator: Locator) -> list[Finding]:
    if told.error is not None:
        if isinstance(told.error, saxon.Unreadable):
            return [_tell_unreadable(told.pack, locator)]
        return _tell_raised(told.pack, official.document, locator, told.error)
    return [_tell(told.pack, failed, locator) for failed in told.failures]


def _tell_raised(
    pack: Pack, document: saxon.Document, locator: Locator, error: saxon.DynamicError
) -> list[Finding]:
    """One finding for the rule that raised, at its element; and all that the other rules of the pack find.

    When even the isolated sheet raises, only the error is known, and it stands at the root.
    """
    failures: Iterable[saxon.Failed]
    try:
        failures = saxon.run_pack(pack, document, saxon.ISOLATED)
    except saxon.DynamicError:
        failures = ()
    raised = [failed for failed in failures if failed.flag == rewrite.DYNAMIC]
    others = [failed for failed in failures if failed.flag != rewrite.DYNAMIC]
    if not raised:
        raised = [saxon.Failed("", rewrite.DYNAMIC, "", f"{error.code} {error.text}")]
    return [_tell_dynamic(pack, failed, locator) for failed in raised] + [
        _tell(pack, failed, locator) for failed in others
    ]


def _tell_unreadable(pack: Pack, locator: Locator) -> Finding:
    element, where, _ = locator.find("")
    finding = UNREADABLE.at(Place(where, xml.line_of(element)), pack=pack.source)
    return replace(finding, motif=pack.motif, source=pack.source)


def _tell_dynamic(pack: Pack, failed: saxon.Failed, locator: Locator) -> Finding:
    """``value`` is what Saxon says, which quotes the data that it could not compute with."""
    element, where, _ = locator.find(failed.location)
    code, _, text = failed.text.partition(" ")
    rule = f"La règle officielle {failed.id}" if failed.id else "Une règle officielle"
    finding = DYNAMIC_ERROR.at(
        Place(where, xml.line_of(element)),
        text[:_LONGEST_VALUE],
        rule=rule,
        pack=pack.source,
        error=code or "inconnue",
    )
    severity = pack.severity_of_dynamic(code)
    return replace(finding, severity=severity, motif=pack.motif, source=pack.source)


def _tell(pack: Pack, failed: saxon.Failed, locator: Locator) -> Finding:
    """Where the sheet leaves a failure without id, the text's own name for it is its code."""
    element, where, attribute = locator.find(failed.location)
    rule = _find_assert(pack, failed.id)._replace(
        text=failed.text, flag=failed.flag, report=failed.flag == rewrite.REPORT
    )
    texte = texts.find_text(failed.id, failed.location, rule)
    value = (element.get(attribute, "") if attribute else texts.find_value(texte, element))[:_LONGEST_VALUE]
    codes = _legal_codes(pack, failed.id) if texte.codes and failed.id else ()
    return Finding(
        code=failed.id or texte.id,
        severity=pack.severity_of(failed.flag),
        message=texts.build_message(texte, value, codes),
        location=where,
        line=xml.line_of(element),
        value=value,
        expected=texts.build_expected(texte, value, codes),
        fix=texte.fix,
        term=texte.terme,
        motif=texte.motif or pack.motif,
        source=pack.source,
    )


@cache
def _find_assert(pack: Pack, rule: str) -> Assertion:
    """The assert as the pack's own sheet has it: the operator may have installed one that we never saw."""
    for part in (part for part in pack.parts if rule and part.applies(rule)):
        for one in read_asserts(_read(locate_sheet(part.sheet))):
            if one.id == rule:
                return one
    return Assertion(rule)


@cache
def _legal_codes(pack: Pack, rule: str) -> tuple[str, ...]:
    """The codes that a rule lets pass, read in the sheet of the pack that has it."""
    for part in (part for part in pack.parts if part.applies(rule)):
        path = locate_sheet(part.sheet)
        codedb = b"".join((path.parent / name).read_bytes() for name, _ in part.sheet.extra[:1])
        if codes := legal_codes(_read(path), rule, codedb):
            return codes
    return ()


@cache
def _read(path: Path) -> bytes:
    return path.read_bytes()
