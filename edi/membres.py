"""The members of one lot, each judged by an engine: small ones in packets, large ones by file.

What is read ahead is bounded, so that memory is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import Future

from edi.abrege import HEAVY, Aside, judge_briefly, judge_file
from edi.engine import MOTEUR, EngineAway, EngineFailed, InProcess, JudgementEngine, LocalWorkers
from edi.engine.contrat import finish
from edi.engine.repartition import Ouvrage, spread
from edi.inbound.archive import Membre
from edi.judge import Demande, guess_effort, judge, judge_whole, may_need_official, verify_signatures
from edi.model import FichierJuge, Finding

Begun = Ouvrage[FichierJuge] | Future[FichierJuge]


def judge_members(
    members: Iterable[Membre | Finding], demande: Demande, engine: JudgementEngine, *, brief: bool = False
) -> Iterator[FichierJuge | Finding]:
    """The judgement of each member, in order.

    A Finding refuses the whole flux: it comes as soon as it is read, whatever is still under judgement.
    ``brief``: what workers give back is in short (:func:`edi.abrege.abridge`).
    """
    noms: list[str] = []
    refusal: list[Finding] = []
    aside = Aside()

    def begin_all() -> Iterator[Begun]:
        for member in members:
            if isinstance(member, Finding):
                refusal.append(member)
                return
            noms.append(member.nom)
            yield _begin(member, demande, engine, aside, brief=brief)
            del member  # a large one does not stay while the next one is read

    with aside.folder:
        for rank, future in enumerate(spread(begin_all(), engine)):
            if refusal:
                break
            yield _collect(noms[rank], future)
            aside.drop(noms[rank])
        yield from refusal


def _begin(member: Membre, demande: Demande, engine: JudgementEngine, aside: Aside, *, brief: bool) -> Begun:
    """What is left to be done by the engine; what is judged already where there is nothing.

    Only official rules and signatures can hang or kill a process, and what is large takes room: all else is
    judged here, at once. What is of the sample, Saxon judges too: that is left to one worker.
    """
    nom, data = member.nom, member.data
    if member.findings:
        return finish(FichierJuge(nom, findings=member.findings))
    weight, effort = len(data), guess_effort(data)
    here = isinstance(engine, InProcess)
    if weight >= HEAVY and brief and isinstance(engine, LocalWorkers):
        heavy = (nom, aside.put(nom, data), demande)
        return Ouvrage(judge_file, heavy, weight, effort, _who(engine, data, demande))
    if here or weight >= HEAVY or may_need_official(data, demande):
        # Here, whoever keeps it shortens it: nothing is sent.
        judge_it = judge_briefly if brief and not here else judge_whole
        return Ouvrage(judge_it, (nom, data, demande), weight, effort, _who(engine, data, demande))
    judged = InProcess().submit(judge, nom, data, demande)
    if judged.exception() is None and judged.result().a_verifier:
        return Ouvrage(verify_signatures, (judged.result(), data, demande), weight, effort)
    return judged


def _who(engine: JudgementEngine, data: bytes, demande: Demande) -> JudgementEngine | None:
    """Who judges a document, where that is not any of the workers."""
    if isinstance(engine, LocalWorkers) and demande.confiance.samples(data):
        return engine.saxon
    return None


def _collect(nom: str, future: Future[FichierJuge]) -> FichierJuge:
    try:
        return future.result()
    except EngineAway:
        raise
    except EngineFailed as failure:
        return FichierJuge(nom, findings=(MOTEUR.at(value=nom, raison=str(failure)),))
