"""The chain of reasons of one invoice: each stage, what was asked, under what, and the answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from edi.model import Finding, Outcome, Severity, Verdict
from edi.pourquoi.dossier import Decidee, blocks
from edi.pourquoi.jeux import OWN
from edi.pourquoi.reponses import (
    Dit,
    Dossiee,
    tell_destinataire,
    tell_doublon,
    tell_fournisseur,
    tell_lot,
    tell_mandat,
    tell_official,
    tell_own,
    tell_schema,
    tell_service,
    tell_transport,
)


class Etape(NamedTuple):
    """One stage of a judgement; ``sujets`` are the subjects of our codes that it says."""

    nom: str
    question: str
    sujets: tuple[str, ...]
    dire: Callable[[Dossiee], Dit]


OFFICIELLES = Etape("règles officielles", "Sont-elles respectées ?", ("REGLES",), tell_official)
NAVETTE = Etape("règles de Navette", "Sont-elles respectées ?", (), tell_own)
ETAPES = (
    Etape(
        "transport",
        "Est-il lisible ?",
        ("RECEPTION", "ENV", "ARCHIVE", "FICHIER", "ANTIVIRUS", "MOTEUR"),
        tell_transport,
    ),
    Etape("schéma", "Est-il respecté ?", ("XML", "FORMAT", "PDF", "XSD"), tell_schema),
    OFFICIELLES,
    NAVETTE,
    Etape("fournisseur", "Est-il connu et actif ?", ("FOURN", "ANNUAIRE"), tell_fournisseur),
    Etape("mandat", "Le déposant en a-t-il un ?", ("MANDAT",), tell_mandat),
    Etape("destinataire", "Peut-il la recevoir ?", ("DEST",), tell_destinataire),
    Etape("service", "A-t-elle ce qu'il faut ?", ("SERVICE", "ENGAGEMENT"), tell_service),
    Etape("doublon", "Déjà acceptée ?", ("DOUBLON", "REPRISE"), tell_doublon),
    Etape("lot", "La retient-il ?", ("LOT",), tell_lot),
)
_BY_SUBJECT = {sujet: etape for etape in ETAPES for sujet in etape.sujets}
DECISION = "décision"


class Maillon(NamedTuple):
    """One link: a stage, its question, what it was asked under, its answer, what it found."""

    etape: str
    question: str
    cadre: str
    reponse: str
    findings: tuple[Finding, ...] = ()


def etape_of(finding: Finding) -> Etape:
    """The stage that makes a finding: official rules keep their own codes, ours name their subject."""
    if finding.source != OWN:
        return OFFICIELLES
    parts = finding.code.split("-")
    return _BY_SUBJECT.get(parts[1], NAVETTE) if len(parts) > 1 else NAVETTE


def chain(one: Dossiee) -> tuple[Maillon, ...]:
    """The whole judgement of an invoice, as it was replayed."""
    said = ((etape, etape.dire(one)) for etape in ETAPES)
    return (
        *(_link(etape, dit.cadre, dit.reponse, one.jugee.findings) for etape, dit in said),
        Maillon(DECISION, "Acceptée ou rejetée ?", _tell_severites(one), tell_decision(one.jugee.findings)),
    )


def chain_recorded(one: Decidee) -> tuple[Maillon, ...]:
    """What is left of it when nothing can be replayed: what was recorded."""
    packs = {
        OFFICIELLES.nom: ", ".join(f"{pack.id} {pack.version}" for pack in one.packs if pack.id != OWN),
        NAVETTE.nom: ", ".join(f"version {pack.version}" for pack in one.packs if pack.id == OWN),
    }
    links = (
        _link(etape, packs.get(etape.nom, ""), "aucun constat enregistré", one.findings) for etape in ETAPES
    )
    return (*links, Maillon(DECISION, "Acceptée ou rejetée ?", "", tell_decision(one.findings)))


def _link(etape: Etape, cadre: str, reponse: str, findings: Iterable[Finding]) -> Maillon:
    mine = tuple(finding for finding in findings if etape_of(finding) is etape)
    told = " ; ".join(dict.fromkeys(f"{finding.code} : {finding.message}" for finding in mine))
    return Maillon(etape.nom, etape.question, cadre, told or reponse, mine)


def tell_decision(findings: tuple[Finding, ...]) -> str:
    """``rejetée : EDI-MANDAT-03``."""
    outcome = Verdict(findings).outcome
    if outcome is Outcome.ACCEPTED:
        warned = sum(finding.severity == Severity.WARNING for finding in findings)
        return "acceptée" + (f", avec {warned} avertissement{'s' * (warned > 1)}" if warned else "")
    if outcome is Outcome.UNDECIDED:
        return "en attente"
    codes = dict.fromkeys(finding.code for finding in blocks(findings))
    return f"rejetée : {', '.join(codes)}"


def _tell_severites(one: Dossiee) -> str:
    """The severities that an operator has set, of what was found."""
    words = {Severity.WARNING: "avertit", Severity.ERROR: "rejette"}
    codes = {finding.code for finding in one.jugee.findings}
    severites = one.vue.reglage.politique.severites
    told = [f"{code} {words[severites[code]]}" for code in sorted(codes & set(severites))]
    return f"gravités réglées : {', '.join(told)}" if told else ""


class Paire(NamedTuple):
    """One stage then and today; None: not judged."""

    alors: Maillon
    aujourd_hui: Maillon | None

    @property
    def change(self) -> bool:
        """Whether today's answer is another one; sentences name days, so findings count by their codes."""
        alors, now = self.alors, self.aujourd_hui
        if now is None:
            return False
        if alors.findings and now.findings:
            return [(f.code, f.value) for f in alors.findings] != [(f.code, f.value) for f in now.findings]
        return now.reponse != alors.reponse


def pair(alors: tuple[Maillon, ...], aujourd_hui: tuple[Maillon, ...] | None) -> tuple[Paire, ...]:
    """Both chains, stage by stage."""
    today = {maillon.etape: maillon for maillon in aujourd_hui or ()}
    return tuple(Paire(maillon, today.get(maillon.etape)) for maillon in alors)
