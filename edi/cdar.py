"""The judgement of one message of cycle de vie: bytes in, what it says and what is wrong with it out.

Schema, official rules (not for a message about a flux, which they do not know, nor for one of thousands of
motifs), then our own presence and coherence. What is received is judged mildly: a code that nobody knows is
told, not refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from edi.cdv import cards, coherence, tables
from edi.inbound.cdar import CdarLu, read_cdar
from edi.model import Cdv, Finding, Severity
from edi.model.confiance import Execution
from edi.validators import schema
from edi.validators.schematron import runner
from edi.validators.schematron.confiance import Confiance, shipped
from edi.validators.schematron.packs import Pack
from edi.validators.schematron.terms import name_term

SCHEMA = "cdar-d22b"
PACK = "br-fr-cdv"
_MOST_MOTIFS = 500  # the official rules tell every fault of every motif: above, only ours are asked


class CdarJuge(NamedTuple):
    """What a message says (None when nothing can be read), and all that is wrong with it."""

    cdv: Cdv | None
    findings: tuple[Finding, ...]
    executions: tuple[Execution, ...] = ()  # of each official sheet that was asked

    @property
    def accepted(self) -> bool:
        return all(finding.severity < Severity.ERROR for finding in self.findings)


def judge_cdar(
    data: bytes, pack: Pack, emission: bool = False, confiance: Confiance | None = None
) -> CdarJuge:
    """The judgement of a message; with ``emission``, as strictly as of one that we would send.

    ``confiance``: which form of the official rules is asked, None: as it is shipped. Raises
    SchemaUnavailable and PackUnavailable.
    """
    lu = read_cdar(data)
    if lu.cdv is None or lu.tree is None:
        return CdarJuge(None, lu.findings)
    found = list(schema.validate(lu.tree, SCHEMA))
    few = len(lu.cdv.objet.motifs) <= _MOST_MOTIFS
    official = not found and few and not tables.is_of_flux(lu.cdv)
    executions: tuple[Execution, ...] = ()
    if official:
        confiance = confiance or shipped()
        told, executions = runner.apply_all((pack,), lu.tree, confiance, sampled=confiance.samples(data))
        found += told if emission else map(_tolerate, told)
    found += _own(lu, lu.cdv, covered=not official)
    return CdarJuge(lu.cdv, tuple(dict.fromkeys(found)), executions)


class Controle(NamedTuple):
    """What keeps a message from leaving ('' when nothing), and how the official sheets were run on it."""

    faute: str
    executions: tuple[Execution, ...] = ()


def find_faults(messages: Sequence[bytes], pack: Pack, confiance: Confiance | None = None) -> list[Controle]:
    """For each message that we would send: the codes of what is wrong with it, and where.

    Raises SchemaUnavailable and PackUnavailable.
    """
    judged = [judge_cdar(data, pack, emission=True, confiance=confiance) for data in messages]
    return [
        Controle(
            "" if one.accepted else "; ".join(f"{f.code} {f.location}" for f in one.findings), one.executions
        )
        for one in judged
    ]


def _own(lu: CdarLu, cdv: Cdv, covered: bool) -> Iterable[Finding]:
    unreadable = {finding.location for finding in lu.findings}
    for finding in (*lu.findings, *coherence.check(cdv, lu.lieu, covered)):
        if finding.code == cards.ABSENT.code and finding.location in unreadable:
            continue  # it is there, and is told to be unreadable
        yield replace(finding, term=name_term(finding.term)) if finding.term else finding


def _tolerate(finding: Finding) -> Finding:
    return replace(finding, severity=Severity.WARNING) if tables.is_tolerated(finding.code) else finding
