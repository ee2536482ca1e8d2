"""The parts of the application as the configuration asks for them; names of processes and tickets."""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable

from edi.antivirus import scan
from edi.engine import InProcess, JudgementEngine, LocalWorkers
from edi.examen import Scanner
from edi.settings import Settings


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


def make_scanner(settings: Settings) -> Scanner | None:
    """How to ask the antivirus that the configuration names; None when it names none."""
    antivirus = settings.antivirus
    if not antivirus.adresse:
        return None
    return lambda chunks: scan(antivirus.adresse, chunks, antivirus.delai)
