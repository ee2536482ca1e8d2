"""What destinataires send back, read: bytes to statuts, and what is wrong with them. Nothing is applied.

A format is one row of :data:`FORMATS`; it brings its statuts to the values that all share.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edi import xml
from edi.cdv.correspondance import REFORME, Reforme
from edi.document import tell_unreadable
from edi.inbound.cdar import RACINE, read_cdar
from edi.inbound.readers import cdar_statut, cpp_statut
from edi.model import Finding, Place, Retour, Severity
from edi.validators import schema, statuts
from edi.validators.wording import shown

_ID_FLUX = re.compile(r"[A-Z]{3}[0-9]{3}[0-9A-Z]{19}")
_CPP = "cpp-statut"  # its name in schemas/scenarios.toml


class Lecture(NamedTuple):
    """What reading needs besides the bytes."""

    fuseau: ZoneInfo  # of an instant that tells none
    judge: Callable[[bytes], Sequence[Finding]]  # all that is wrong with a message of the reform
    reforme: Reforme = REFORME


class Lu(NamedTuple):
    """A flow as it was read, and what is wrong with its form; ``retour`` is None when it cannot be read."""

    retour: Retour | None = None
    findings: tuple[Finding, ...] = ()  # of the whole flow: it is refused
    unites: Mapping[str, tuple[Finding, ...]] = {}  # by the path of the statut they were found in

    @property
    def idflux(self) -> str:
        """The flux id of its envelope, '' when there is none of the right form."""
        told = self.retour.id_flux if self.retour else ""
        return told if _ID_FLUX.fullmatch(told) else ""

    @property
    def held_by(self) -> Finding | None:
        """What we cannot say of it yet: it waits, and is neither refused nor applied."""
        return next((f for f in self.findings if f.severity == Severity.HOLD), None)

    @property
    def is_report(self) -> bool:
        """True for a report on what we emitted: it is not answered, or two machines would never stop."""
        return self.retour is not None and bool(self.retour.flux)


def read(data: bytes, lecture: Lecture) -> Lu:
    """Read a flow of statuts. Never raises for what was sent; what ``lecture.judge`` raises is raised."""
    try:
        racine = xml.sniff(data)
        if racine in FORMATS:
            return FORMATS[racine](data, lecture)
    except xml.XmlRefused as refused:
        return Lu(None, (tell_unreadable(refused),))
    local = racine.rpartition("}")[2]
    legal = " ou ".join(root.rpartition("}")[2] for root in FORMATS)
    return Lu(None, (statuts.NOT_A_STATUT.at(Place(f"/{local}"), shown(local), legal),))


def _read_cpp(data: bytes, lecture: Lecture) -> Lu:
    tree = xml.parse(data)
    return _sort(cpp_statut.read(tree, lecture.fuseau), schema.validate(tree, _CPP))


def _read_cdar(data: bytes, lecture: Lecture) -> Lu:
    """One statut of one object: what is fatal condemns the message, what is wrong besides its statut."""
    lu = read_cdar(data, lecture.fuseau)
    found = lecture.judge(data)
    fatal = tuple(finding for finding in found if finding.severity == Severity.FATAL)
    if lu.cdv is None:
        return Lu(None, fatal or lu.findings)
    retour = cdar_statut.read(lu.cdv, lu.lieu, lecture.reforme)
    rest = tuple(finding for finding in found if finding.severity != Severity.FATAL)
    paths = [unit.place.path for unit in retour.factures] + [unit.place.path for unit in retour.flux]
    return Lu(retour, fatal, dict.fromkeys(paths, rest))


def _sort(retour: Retour, found: Sequence[Finding]) -> Lu:
    """What the schema has against one statut condemns this one; all else condemns the flow."""
    paths = {unit.place.path for unit in retour.factures} | {unit.place.path for unit in retour.flux}
    whole, unites = [], dict[str, tuple[Finding, ...]]()
    for finding in found:
        home = finding.location
        while home and home not in paths:
            home = home.rpartition("/")[0]
        if home:
            unites[home] = (*unites.get(home, ()), finding)
        else:
            whole.append(finding)
    return Lu(retour, tuple(whole), unites)


FORMATS: Mapping[str, Callable[[bytes, Lecture], Lu]] = {
    "CPPStatut": _read_cpp,
    RACINE: _read_cdar,
}  # by root
