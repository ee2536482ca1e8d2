"""Where judgement runs. Callers hand over a picklable function and get a Future; they never ask where.

Official rules run in Saxon, which may abort a process or never come back: they are run in worker processes
that can die alone, of this machine (:mod:`~edi.engine.local`) or of a cluster (:mod:`~edi.engine.grappe`).
What a worker cannot finish comes back as :class:`EngineFailed`, never as a verdict.
"""

from __future__ import annotations

from edi.engine.contrat import MOTEUR, Effectif, EngineAway, EngineFailed, JudgementEngine
from edi.engine.ici import InProcess
from edi.engine.local import LocalWorkers, saxon_of

__all__ = [
    "MOTEUR",
    "Effectif",
    "EngineAway",
    "EngineFailed",
    "InProcess",
    "JudgementEngine",
    "LocalWorkers",
    "saxon_of",
]
