"""One file's judgement: bytes in, invoices and findings out.

Pure and picklable, so that it runs in process, in a pool or on a cluster alike. It asks no clock, disk or
registry; a bad document never raises, only a broken installation does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import cache
from typing import NamedTuple

from lxml import etree

from edi import __version__, sceau
from edi.document import DocumentRefused, Opened, open_document
from edi.inbound.readers import cii, cpp, facturx, ubl
from edi.inbound.readers.nodes import Node
from edi.model import (
    Facture,
    FactureJugee,
    FichierJuge,
    Finding,
    Limites,
    PackApplique,
    Politique,
)
from edi.validators import catalogue, redites, rules, schema
from edi.validators.scenarios import SCENARIOS, Scenario
from edi.validators.schematron.confiance import Confiance, shipped
from edi.validators.schematron.double import hold_light
from edi.validators.schematron.packs import PACKS, Pack, Packs, pack_on
from edi.validators.schematron.runner import Applied, apply_all

Reader = Callable[[etree._ElementTree, int, Node | None], tuple[Facture, ...]]
READERS: Mapping[str, Reader] = {"ubl": ubl.read, "cii": cii.read, "facturx": facturx.read, "cpp": cpp.read}
_OPAQUE = (b"%PDF", b"\xff\xfe", b"\xfe\xff")  # a PDF, UTF-16: nothing is read in them at a glance
_HEAD = 4096
_LINE = (b"InvoiceLine>", b"CreditNoteLine>", b"IncludedSupplyChainTradeLineItem>")  # each stands twice
_EFFORT = 0.0015  # seconds, of any file
_EFFORT_PER_LINE = 0.00008
_SMALL = 64 * 1024  # bytes below which counting lines costs more than it tells
_EFFORT_PER_BYTE = 1e-7
_EFFORT_PER_MO = 0.05  # of XML that has few lines, or of a PDF
OWN_RULES = PackApplique("edi", __version__)


@dataclass(frozen=True, slots=True)
class Demande:
    """What a file is judged by, besides its bytes."""

    interface: str  # announced by the flux; '' to recognise it from the content
    jour: date  # of the deposit, in Europe/Paris
    politique: Politique
    limites: Limites
    instant: datetime | None = None  # of the deposit, aware; None: noon of that day
    signature_exigee: bool = False  # the deposit says that it is signed
    packs: Packs = field(default_factory=lambda: PACKS)  # every version known; the invoice's day chooses
    confiance: Confiance = field(default_factory=shipped)  # which form of each official sheet is asked

    @property
    def moment(self) -> datetime:
        """The instant at which signatures are judged."""
        return self.instant or datetime.combine(self.jour, time(12), UTC)


def judge(nom: str, data: bytes, demande: Demande) -> FichierJuge:
    """The judgement of one file.

    Raises SchemaUnavailable, or PackUnavailable, when a schema or an official sheet is missing or altered.
    """
    try:
        document = open_document(data, demande.interface, demande.limites.fichier)
    except DocumentRefused as refused:
        return FichierJuge(nom, demande.interface, findings=(refused.finding,))
    scenario, tree = document.scenario, document.tree
    visible = tree if scenario.pdf else sceau.hide(tree)
    by_schema = _relocate(schema.validate(visible, scenario.schema), scenario)
    technical = document.findings + by_schema
    lu = _read(document, demande) if by_schema else _read_and_apply(data, document, demande)
    factures, packs, applied = lu
    if by_schema and not any(map(_is_readable, factures)):
        return FichierJuge(nom, scenario.interface, findings=technical)
    sceaux = tuple(sceau.find(data, None if scenario.pdf else tree, factures))
    official = _relocate(applied.findings, scenario)
    fichier = _sign(_judge_factures(nom, scenario, factures, technical, official, demande), packs)
    fichier = replace(fichier, executions=applied.executions)
    if sceaux:
        return replace(fichier, a_verifier=True)
    missing = sceau.find_missing(scenario, (), factures) if demande.signature_exigee else ()
    return sceau.add_findings(fichier, tuple(missing))


class _Lu(NamedTuple):
    """The invoices of a document, the official packs that were run, and what these find."""

    factures: tuple[Facture, ...]
    packs: tuple[Pack, ...] = ()
    applied: Applied = Applied((), ())


def _read(document: Opened, demande: Demande, node: Node | None = None) -> _Lu:
    return _Lu(READERS[document.scenario.lecteur](document.tree, demande.limites.piece_jointe, node))


def _read_and_apply(data: bytes, document: Opened, demande: Demande) -> _Lu:
    """The invoices of a document that its schema admits, and what the official packs of their day find.

    Readers walk the nodes that the compiled rules ask anyway. Raises PackUnavailable.
    """
    scenario, tree, confiance = document.scenario, document.tree, demande.confiance
    with hold_light(tree, confiance) as light:
        # No name is kept for the node: what still stands would be searched for garbage at the end.
        is_shared = bool(scenario.packs) and not confiance.officielle
        lu = _read(document, demande, light.root if is_shared else None)
        if not lu.factures or not scenario.packs:
            return lu
        packs = choose_packs(scenario, lu.factures[0].date or demande.jour, demande.packs)
        sampled = confiance.samples(data)
        return _Lu(lu.factures, packs, apply_all(packs, tree, confiance, sampled=sampled, light=light))


def verify_signatures(fichier: FichierJuge, data: bytes, demande: Demande) -> FichierJuge:
    """A file that was judged, with what its signatures are worth; slow, where it bears any."""
    if not fichier.a_verifier:
        return fichier
    limite, exigee = demande.limites.piece_jointe, demande.signature_exigee
    return sceau.verify(fichier, data, demande.politique.ancres, demande.moment, limite, exigee)


def judge_whole(nom: str, data: bytes, demande: Demande) -> FichierJuge:
    """The judgement of one file, its signatures included. Raises as :func:`judge` does."""
    return verify_signatures(judge(nom, data, demande), data, demande)


def may_need_official(data: bytes, demande: Demande) -> bool:
    """False when no official pack is named in these bytes: a cheap look, for choosing where to judge."""
    profiles = _judged_profiles(demande.interface)
    if data.startswith(_OPAQUE):
        return bool(profiles)
    head = data[:_HEAD]  # where it nearly always stands
    return any(one in head for one in profiles) or any(one in data for one in profiles)


@cache
def _judged_profiles(interface: str) -> tuple[bytes, ...]:
    """How the profiles begin that official packs are for, among those of an interface ('': any)."""
    scenarios = [s for s in SCENARIOS if interface in ("", s.interface)]
    return tuple({s.profil.partition("#")[0].encode() for s in scenarios if s.packs})


def guess_effort(data: bytes) -> float:
    """About how many seconds the judgement of one file takes: by its lines; by its size where it is small.

    What is measured in benchmarks/README.md; a wrong guess costs time and nothing else.
    """
    if len(data) < _SMALL:
        return _EFFORT + len(data) * _EFFORT_PER_BYTE
    lines = sum(map(data.count, _LINE)) / 2
    return _EFFORT + max(lines * _EFFORT_PER_LINE, len(data) / 1024**2 * _EFFORT_PER_MO)


def choose_packs(scenario: Scenario, jour: date, packs: Packs) -> tuple[Pack, ...]:
    """The official packs of a scenario, at the version in force on a day. Raises PackUnavailable."""
    return tuple(pack_on(name, jour, packs) for name in scenario.packs)


def _sign(fichier: FichierJuge, packs: tuple[Pack, ...]) -> FichierJuge:
    """Say under which rules each invoice was judged: ours, and the official ones that were run."""
    applied = (OWN_RULES, *(PackApplique(pack.id, pack.version, pack.sha256) for pack in packs))
    return replace(fichier, factures=tuple(replace(jugee, packs=applied) for jugee in fichier.factures))


def _relocate(findings: tuple[Finding, ...], scenario: Scenario) -> tuple[Finding, ...]:
    """The same findings; inside the PDF, when the document lies in one."""
    if not scenario.pdf:
        return findings
    return tuple(replace(f, location=f"{facturx.PREFIXE}{f.location}") for f in findings)


def _judge_factures(
    nom: str,
    scenario: Scenario,
    factures: tuple[Facture, ...],
    technical: tuple[Finding, ...],
    official: tuple[Finding, ...],
    demande: Demande,
) -> FichierJuge:
    """Rules run even on what the schema refused, so that all faults are told at once, each of them once."""
    homes = _sort_by_facture(technical, factures)
    of_file = homes.pop("", ())
    told = {finding.location for finding in technical}
    jugees = []
    for facture in factures:
        own = homes.get(facture.place("facture").path, ())
        context = rules.Context(
            facture,
            scenario.famille,
            demande.politique,
            demande.limites,
            demande.jour,
            interface=scenario.interface,
        )
        found = (f for f in rules.run(catalogue.DOCUMENT_RULES, context) if f.location not in told)
        by_rules = redites.drop_repeated(found, official)
        # A fault of the file condemns each of its invoices: none may pass with a broken envelope.
        findings = (*of_file, *_name_terms(own, facture), *_name_terms(official, facture), *by_rules)
        jugees.append(FactureJugee(facture, findings))
    return FichierJuge(nom, scenario.interface, tuple(jugees), of_file, scenario.id)


def _is_readable(facture: Facture) -> bool:
    parties = (facture.fournisseur, facture.destinataire)
    return bool(facture.numero or any(partie.identifiant.valeur for partie in parties))


def _sort_by_facture(
    findings: tuple[Finding, ...], factures: tuple[Facture, ...]
) -> dict[str, tuple[Finding, ...]]:
    """Findings by the path of the invoice they lie in; under '' those that lie in none."""
    paths = {facture.place("facture").path for facture in factures}
    homes: dict[str, tuple[Finding, ...]] = {}
    for finding in findings:
        home = finding.location
        while home and home not in paths:
            home = home.rpartition("/")[0]
        homes[home] = (*homes.get(home, ()), finding)
    return homes


def _name_terms(findings: tuple[Finding, ...], facture: Facture) -> list[Finding]:
    """The same findings, with the trade's name for the field they stand at."""
    if not findings:
        return []
    terms = {place.path: place.term for place in facture.places.values()}
    return [replace(finding, term=finding.term or terms.get(finding.location, "")) for finding in findings]
