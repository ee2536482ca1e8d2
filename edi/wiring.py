"""The parts of the application as the configuration asks for them; names of processes and tickets."""

from __future__ import annotations

import os
import re
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from datetime import datetime

from edi.antivirus import scan
from edi.cdar import PACK, Controle, find_faults
from edi.cdv import correspondance
from edi.cdv.correspondance import Reforme
from edi.engine import EngineAway, EngineFailed, InProcess, JudgementEngine, LocalWorkers, saxon_of
from edi.examen import Scanner
from edi.identite import read_identite
from edi.model.confiance import Execution
from edi.settings import Settings, SettingsRefused
from edi.validators.schema import SchemaUnavailable
from edi.validators.schematron.confiance import OFFICIELLE, Confiance, shipped
from edi.validators.schematron.packs import Pack, Packs, PackUnavailable, pack_on

Note = Callable[[Iterable[Execution]], None]  # told how official sheets were run


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
    """The engine that the configuration asks for; it starts, or is reached, at its first use.

    Raises SettingsRefused when it asks for a cluster and Dask is not installed.
    """
    return _make_cluster(settings) if settings.moteur.grappe else make_engine_here(settings)


def make_engine_here(settings: Settings) -> InProcess | LocalWorkers:
    """The same, on this machine whatever is configured: for rules that no other machine has yet."""
    moteur = settings.moteur
    if moteur.mode == "in_process":
        return InProcess()
    return LocalWorkers(moteur.travailleurs or os.cpu_count() or 1, moteur.delai, moteur.delai_par_mo)


def _make_cluster(settings: Settings) -> JudgementEngine:
    moteur = settings.moteur
    try:
        from edi.engine.envoi import Titre
        from edi.engine.grappe import DaskCluster, Reglages
    except ImportError as error:
        raise SettingsRefused(
            f"la clé « moteur.mode » a la valeur « {moteur.mode} », qui demande Dask "
            f"({error.name} manque) : pip install 'navette-edi[cluster]'"
        ) from error
    titre = Titre(read_identite(), read_identite, (PackUnavailable, SchemaUnavailable))
    tls = name_tls("client", settings.tls)
    return DaskCluster(Reglages(moteur.grappe, titre, moteur.delai, moteur.delai_par_mo, moteur.attente, tls))


def name_tls(role: str, files: Mapping[str, str]) -> dict[str, str]:
    """The files of :attr:`Settings.tls` as Dask names them for "client", "worker" or "scheduler"."""
    names = {"autorite": "tls_ca_file", "certificat": f"tls_{role}_cert", "cle": f"tls_{role}_key"}
    return {names[key]: path for key, path in files.items()}


def make_confiance(settings: Settings) -> Confiance:
    """Which form of the official sheets is asked, where no database tells how they have done."""
    reglages = settings.regles.as_reglages()
    return OFFICIELLE if reglages.officiel else replace(shipped(), echantillon=reglages.echantillon)


def make_controle(
    settings: Settings,
    engine: JudgementEngine,
    packs: Callable[[], Packs],
    now: Callable[[], datetime],
    confiance: Callable[[], Confiance] = shipped,
    note: Note = lambda executions: None,
) -> Callable[[Sequence[bytes]], list[str]] | None:
    """How to judge messages of the reform before they leave; None when the configuration asks for none.

    The official rules run where documents are judged; ``note`` is told how. For each message: why it must not
    leave, because it is refused or cannot be judged now; '' when it may.
    """
    if not settings.cycle_de_vie.controle:
        return None

    def control(messages: Sequence[bytes]) -> list[str]:
        try:
            pack = pack_on(PACK, now().date(), packs())
        except PackUnavailable as error:
            return [f"not judged: {error}"] * len(messages)
        trust = confiance()
        shares = list(_share_out(messages, engine, trust))
        running = [_begin(who, [messages[n] for n in share], pack, trust) for who, share in shares]
        judged: dict[int, Controle] = {}
        for (who, share), future in zip(shares, running, strict=True):
            done = _finish(who, [messages[n] for n in share], pack, trust, future)
            judged |= zip(share, done, strict=True)
        note(execution for one in judged.values() for execution in one.executions)
        return [judged[n].faute for n in range(len(messages))]

    return control


def _share_out(
    messages: Sequence[bytes], engine: JudgementEngine, confiance: Confiance
) -> Iterator[tuple[JudgementEngine, Sequence[int]]]:
    """As many shares as are worth having under way, and one of what Saxon judges too."""
    places: Sequence[int] = range(len(messages))
    if sampled := [n for n in places if confiance.samples(messages[n])]:
        yield saxon_of(engine), sampled
        places = sorted(set(places).difference(sampled))
    size = max(1, -(-len(places) // engine.window))
    for start in range(0, len(places), size):
        yield engine, places[start : start + size]


def _begin(
    engine: JudgementEngine, share: Sequence[bytes], pack: Pack, confiance: Confiance
) -> Future[list[Controle]]:
    return engine.submit(find_faults, share, pack, confiance, weight=sum(map(len, share)))


def _finish(
    engine: JudgementEngine,
    share: Sequence[bytes],
    pack: Pack,
    confiance: Confiance,
    running: Future[list[Controle]],
) -> list[Controle]:
    try:
        return running.result()
    except EngineAway as error:  # whichever is asked: they all wait
        return [Controle(f"not judged: {error}")] * len(share)
    except EngineFailed as error:
        if len(share) == 1 and confiance.officielle:
            return [Controle(f"not judged: {error}")]
        # One of them ended its worker, or a compiled sheet did: the others must not wait for it.
        again = ([one] for one in share)
        return [
            judged
            for one in again
            for judged in _finish(engine, one, pack, OFFICIELLE, _begin(engine, one, pack, OFFICIELLE))
        ]
    except (SchemaUnavailable, PackUnavailable, RuntimeError) as error:
        # RuntimeError: in process, Saxon serves one thread; the others wait for it
        return [Controle(f"not judged: {error}")] * len(share)


def make_reforme(settings: Settings) -> Reforme:
    """How we speak the cycle de vie of the reform. Raises ValueError: a key, its value, what is legal."""
    cycle, plateforme = settings.cycle_de_vie, settings.plateforme
    return correspondance.make_reforme(
        cycle.codes,
        cycle.motifs,
        cycle.lus,
        suffixe=cycle.suffixe_adresse,
        matricule=plateforme.matricule,
        nom=plateforme.libelle,
        ppf=settings.ppf.code,
    )


def make_scanner(settings: Settings) -> Scanner | None:
    """How to ask the antivirus that the configuration names; None when it names none."""
    antivirus = settings.antivirus
    if not antivirus.adresse:
        return None
    return lambda chunks: scan(antivirus.adresse, chunks, antivirus.delai)
