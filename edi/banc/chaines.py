"""What is put beside the whole way: the judgement alone, the parsing with the XSD alone; same documents."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from edi.banc.sonde import Duree
from edi.document import open_document
from edi.judge import Demande, judge_whole
from edi.model import Limites
from edi.validators import schema

Fichiers = Sequence[tuple[str, bytes]]


def parse_only(fichiers: Fichiers) -> Duree:
    """Out of its PDF if it is in one, parsed, recognised, held against its schema: the least there is."""
    limite = Limites().fichier

    def one(nom: str, data: bytes) -> None:
        opened = open_document(data, "", limite)
        schema.validate(opened.tree, opened.scenario.schema)

    return _time(one, fichiers)


def judge_only(fichiers: Fichiers, demande: Demande) -> Duree:
    """Each file judged as the engine does, official rules, our own and the sample of Saxon included."""
    return _time(lambda nom, data: judge_whole(nom, data, demande), fichiers)


def _time(act: Callable[[str, bytes], object], fichiers: Fichiers) -> Duree:
    began = time.perf_counter(), time.process_time()
    for nom, data in fichiers:
        act(nom, data)
    return Duree(time.perf_counter() - began[0], time.process_time() - began[1], len(fichiers))
