"""The parts of the application as the configuration asks for them; names of processes and tickets."""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable
from datetime import datetime

from edi.antivirus import scan
from edi.cdar import PACK, judge_cdar
from edi.engine import EngineFailed, InProcess, JudgementEngine, LocalWorkers
from edi.examen import Scanner
from edi.settings import Settings
from edi.validators.schema import SchemaUnavailable
from edi.validators.schematron.packs import Packs, PackUnavailable, pack_on


def machine_name() -> str:
    """The name of this machine, fit to be that of a file."""
    return re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:40]


def process_name() -> str:
    """A name that no other process has had: machine, process id, and a word drawn at random."""
    return f"{machine_name()}-{os.getpid()}-{secrets.token_hex(4)}"


def tickets() -> Callable[[str], str]:
    """Ticket names that sort in the order they were given out, even if the clock steps back."""
    last = 0
    alone = threading.Lock()  # files are pulled over several connections

    def give(appli: str) -> str:
        nonlocal last
        with alone:
            last = max(last + 1, time.time_ns())
            return f"{last:020d}-{appli}"

    return give


def make_engine(settings: Settings) -> JudgementEngine:
    """The engine that the configuration asks for; worker processes start at their first use."""
    moteur = settings.moteur
    if moteur.mode == "in_process":
        return InProcess()
    return LocalWorkers(moteur.travailleurs or os.cpu_count() or 1, moteur.delai, moteur.delai_par_mo)


def make_controle(
    settings: Settings, engine: JudgementEngine, packs: Callable[[], Packs], now: Callable[[], datetime]
) -> Callable[[bytes], None] | None:
    """How to judge a message of the reform before it leaves; None when the configuration asks for none.

    The official rules run where documents are judged. What is raised is a ValueError when the message is
    refused, a LookupError when it cannot be judged now.
    """
    if not settings.cycle_de_vie.controle:
        return None

    def control(data: bytes) -> None:
        try:
            pack = pack_on(PACK, now().date(), packs())
            juge = engine.submit(judge_cdar, data, pack, True, weight=len(data)).result()
        except (EngineFailed, SchemaUnavailable, PackUnavailable, RuntimeError) as error:
            # RuntimeError: in process, Saxon serves one thread; the others wait for it
            raise LookupError(f"message of cycle de vie not judged: {error}") from error
        if not juge.accepted:
            raise ValueError("; ".join(f"{f.code} {f.location}" for f in juge.findings))

    return control


def make_scanner(settings: Settings) -> Scanner | None:
    """How to ask the antivirus that the configuration names; None when it names none."""
    antivirus = settings.antivirus
    if not antivirus.adresse:
        return None
    return lambda chunks: scan(antivirus.adresse, chunks, antivirus.delai)
