"""Looking at an official file before it is installed: can we run it?"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date

from lxml import etree

from edi import xml
from edi.regles.versions import VersionRefused
from edi.validators.scenarios import SCENARIOS
from edi.validators.schematron import saxon
from edi.validators.schematron.official import read_asserts
from edi.validators.schematron.packs import Pack, Packs, Part, Sheet
from edi.validators.schematron.versions import Etat, state_on

_XSL = "{http://www.w3.org/1999/XSL/Transform}"
_READ = re.compile(r"""\b(?:document|doc|unparsed-text|collection)\(\s*['"]([^'"]+)['"]""")
_NAME = re.compile(r"[\w][\w.+ -]{0,99}")  # of a file, or of a version
TOUTES = "toutes"
_SUFFIXES = (".xslt", ".xsl")


@dataclass(frozen=True, slots=True)
class Proposal:
    """A newer official file as the operator hands it over; ``extra`` are the files it reads, by name."""

    jeu: str
    version: str
    nom: str
    data: bytes
    extra: Mapping[str, bytes]
    depuis: date | None = None  # the day it is meant to begin
    feuille: str = ""  # which sheet of the pack it replaces, where there are several; TOUTES for all

    @property
    def files(self) -> dict[str, bytes]:
        return {self.nom: self.data, **self.extra}


def propose(proposal: Proposal, packs: Packs, model: Pack, jour: date) -> Pack:
    """The candidate that a file makes, after ``model`` (the version in force on ``jour``). Nothing is run.

    Raises VersionRefused, in French.
    """
    _check_names(proposal, packs)
    _check_sheet(proposal)
    _check_syntax(proposal)
    part = _find_part(proposal, model)
    extra = tuple((name, _sum(data)) for name, data in proposal.extra.items())
    # Bytes that were replaced may come back under another name: that is the way back from a bad version.
    known = (pack for pack in packs[proposal.jeu] if state_on(pack, jour) is not Etat.REMPLACE)
    _check_new(known, _sum(proposal.data), extra)
    sheet = Sheet(
        f"{part.sheet.name} {proposal.version}",
        proposal.nom,
        _sum(proposal.data),
        extra=extra,
        select=part.sheet.select,
    )
    parts = tuple(replace(one, sheet=sheet) if one is part else one for one in model.parts)
    if proposal.feuille == TOUTES:
        part = Part(sheet)
        parts = (part,)
    if not any(part.applies(rule.id) for rule in read_asserts(proposal.data)):
        raise VersionRefused(f"« {proposal.nom} » ne contient aucune règle du jeu « {proposal.jeu} »")
    return replace(
        model,
        version=proposal.version,
        parts=parts,
        valid_from=proposal.depuis or date.min,
        valid_to=None,
        candidat=True,
    )


def _check_names(proposal: Proposal, packs: Packs) -> None:
    if proposal.jeu not in packs:
        known = ", ".join(packs)
        raise VersionRefused(f"le jeu de règles « {proposal.jeu} » est inconnu ; jeux connus : {known}")
    if not _NAME.fullmatch(proposal.version):
        raise VersionRefused(f"« {proposal.version} » ne peut pas nommer une version, par exemple 1.3.17")
    if any(pack.version == proposal.version for pack in packs[proposal.jeu]):
        raise VersionRefused(f"le jeu « {proposal.jeu} » a déjà une version « {proposal.version} »")
    for name in proposal.files:
        if not _NAME.fullmatch(name):
            raise VersionRefused(f"« {name} » ne peut pas nommer un fichier de règles : renommez-le")
    if not proposal.nom.lower().endswith(_SUFFIXES):
        raise VersionRefused(
            f"« {proposal.nom} » n'est pas une feuille compilée (.xslt ou .xsl) : un schematron (.sch) se "
            "distribue aussi sous cette forme"
        )


def _check_sheet(proposal: Proposal) -> None:
    """Raises VersionRefused for what is no stylesheet, or reads files that were not handed over."""
    root = _parse(proposal.nom, proposal.data).getroot()
    if root.tag not in (f"{_XSL}stylesheet", f"{_XSL}transform"):
        raise VersionRefused(f"« {proposal.nom} » n'est pas une feuille XSLT")
    wanted = {
        found for e in root.iter() for value in e.attrib.values() for found in _READ.findall(str(value))
    }
    wanted |= {e.get("href", "") for e in root.iter(f"{_XSL}include", f"{_XSL}import")}
    for name, data in proposal.extra.items():
        _parse(name, data)
    if missing := sorted(wanted - set(proposal.extra)):
        raise VersionRefused(
            f"« {proposal.nom} » lit aussi {', '.join(f'« {name} »' for name in missing)} : donnez-le "
            "par --avec FICHIER"
        )


def _check_syntax(proposal: Proposal) -> None:
    """Raises VersionRefused for a sheet that never speaks of the documents which the pack judges."""
    judged = {s.racine[1:].partition("}")[0] for s in SCENARIOS if proposal.jeu in s.packs}
    root = _parse(proposal.nom, proposal.data).getroot()
    if judged and judged.isdisjoint(uri for element in root.iter() for uri in element.nsmap.values()):
        named = " ou ".join(sorted(judged))
        raise VersionRefused(
            f"« {proposal.nom} » ne parle pas des documents que juge le jeu « {proposal.jeu} » ({named})"
        )


def _parse(nom: str, data: bytes) -> etree._ElementTree:
    try:
        return xml.parse(data)
    except xml.XmlRefused as refused:
        if refused.kind == "doctype":
            raise VersionRefused(f"« {nom} » porte une déclaration DOCTYPE, qui est refusée") from None
        raise VersionRefused(f"« {nom} » n'est pas un document XML lisible : {refused.reason}") from None


def _find_part(proposal: Proposal, model: Pack) -> Part:
    """The part of the pack that the file replaces; it keeps its selection of asserts."""
    if proposal.feuille == TOUTES:
        return model.parts[0]
    names = {part.sheet.name.partition(" ")[0]: part for part in model.parts}
    if proposal.feuille in names:
        return names[proposal.feuille]
    if proposal.feuille or len(names) > 1:
        raise VersionRefused(
            f"le jeu « {proposal.jeu} » se compose des feuilles {' et '.join(names)} : dites par --feuille "
            f"laquelle ce fichier remplace, ou « {TOUTES} » s'il contient toutes leurs règles"
        )
    return model.parts[0]


def _check_new(versions: Iterable[Pack], sha256: str, extra: tuple[tuple[str, str], ...]) -> None:
    for pack in versions:
        for part in pack.parts:
            if part.sheet.sha256 == sha256 and {s for _, s in part.sheet.extra} == {s for _, s in extra}:
                raise VersionRefused(
                    f"ces fichiers sont déjà ceux de la version « {pack.version} » du jeu « {pack.id} » "
                    "(mêmes octets)"
                )


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


# -- in a worker ------------------------------------------------------------------------------------------


def compile_sheets(pack: Pack) -> tuple[str, bool]:
    """Why Saxon refuses the sheets of a pack ('' when it does not), and whether they run rewritten too."""
    from saxonche import PySaxonApiError

    try:
        saxon.prepare(pack, saxon.OFFICIAL)
    except PySaxonApiError as error:
        return " ".join(str(error).split())[:500], False
    try:
        saxon.prepare(pack, saxon.REWRITTEN)
        saxon.prepare(pack, saxon.ISOLATED)
    except PySaxonApiError:
        return "", False
    return "", True


def without_rewriting(pack: Pack) -> Pack:
    """The pack whose own new sheets are run as they are."""
    parts = (
        part if part.sheet.package else replace(part, sheet=replace(part.sheet, rewrite=False))
        for part in pack.parts
    )
    return replace(pack, parts=tuple(parts))
