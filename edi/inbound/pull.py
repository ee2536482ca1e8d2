"""Taking files from a server, in this order and no other.

list -> fetch under a name of ours -> size, and sha256 of the manifest -> fsync, rename, fsync the folder
-> record -> into ``incoming`` -> only then the after-action on the server.

Cut anywhere, a file is either not taken at all (a part of it may be kept, to go on from) or taken whole; what
is owed to the server is done at the next pass, without fetching again. Several connections are several
callers of :func:`take_wave`, each with its own ``Remote`` and its own wave.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from io import FileIO

from edi import acts
from edi.inbound.display import show_size
from edi.inbound.distant import Ennui, Halted, Journal, Place, Wanted, told_of
from edi.inbound.empreinte import Empreinte
from edi.inbound.release import settle
from edi.model import ErrorClass, Releve
from edi.sftp import ConnectionLost, ContentRefused, Fetch, Remote, RemoteFailed
from edi.spool import Spool, start_writing

WAVE_FILES, WAVE_BYTES = 128, 8 << 20  # of one wave; a larger file is a wave of its own
_SYNCED = 16 << 20  # bytes: nothing after the last multiple of it is trusted after an interruption
_STARTED = 1 << 20  # bytes after which the disk is told to begin, so that syncing finds little to wait for
_CHECKED = 64 << 10  # bytes before that point, read again from the server and compared


def waves(wanted: Iterable[Wanted]) -> Iterator[list[Wanted]]:
    """Cut what is wanted into pieces that are fetched, recorded and let go together."""
    wave: list[Wanted] = []
    weight = 0
    for one in wanted:
        if wave and (len(wave) >= WAVE_FILES or weight + one.entry.size > WAVE_BYTES):
            yield wave
            wave, weight = [], 0
        wave.append(one)
        weight += one.entry.size
    if wave:
        yield wave


def take_wave(remote: Remote, place: Place, wave: Sequence[Wanted]) -> tuple[list[Releve], list[Ennui]]:
    """Fetch some files, record those that are whole, hand them over, let go of them on the server.

    Raises ConnectionLost once everything that was whole is safe, and OSError when our own disk fails.
    """
    ennuis: list[Ennui] = []
    sinks = [_Sink(place, one) for one in wave if _has_room(place, one, ennuis)]
    try:
        whole, broken = _fetch(remote, place, sinks, ennuis)
        taken = _record(place, whole, ennuis)
    finally:
        for sink in sinks:
            sink.close()
    if broken is not None:
        raise broken
    settled = settle(remote, place, taken, ennuis)
    return [replace(r, apres_le=place.now()) if r.ticket in settled else r for r in taken], ennuis


def _has_room(place: Place, wanted: Wanted, ennuis: list[Ennui]) -> bool:
    """False, and told, when our disk cannot hold it: the files after it may still fit."""
    room = place.spool.room()
    if wanted.entry.size <= room:
        return True
    message = f"« {wanted.nom} » pèse {show_size(wanted.entry.size)}, il reste {show_size(room)} ici"
    remede = "Libérez de la place sur le disque du spool ; le fichier reste sur le serveur."
    ennuis.append(
        Ennui(place.serveur.nom, wanted.dossier.appli, wanted.nom, ErrorClass.ENGINE, message, remede)
    )
    return False


def _fetch(
    remote: Remote, place: Place, sinks: Sequence[_Sink], ennuis: list[Ennui]
) -> tuple[list[_Sink], ConnectionLost | OSError | None]:
    """Fetch into parts: those that are whole, and what broke the rest off if anything did."""
    whole: list[_Sink] = []
    try:
        for sink in sinks:
            sink.open(remote)
        for rank, failure in remote.fetch([sink.fetch for sink in sinks]):
            if failure is None:
                whole.append(sinks[rank])
            else:
                sinks[rank].forget()
                ennuis.append(told_of(place, sinks[rank].wanted, failure))
    except ConnectionLost as error:
        return whole, error
    except RemoteFailed as failure:  # the server talks nonsense: this connection is of no more use
        return whole, ConnectionLost(str(failure))
    except OSError as error:  # our own disk: what is not whole gives back its room
        for sink in sinks:
            if sink not in whole:
                sink.forget()
        return whole, error
    return whole, None


def _record(place: Place, whole: Sequence[_Sink], ennuis: list[Ennui]) -> list[Releve]:
    """Sync, rename, sync the folders, record, hand over."""
    good = [sink for sink in whole if _is_as_announced(place, sink, ennuis)]
    if not good:
        return []
    tickets = [place.give_ticket(sink.wanted.dossier.appli) for sink in good]
    entries = place.spool.stow(
        place.serveur.nom,
        [(s.wanted.key, s.part, ticket, s.wanted.nom) for s, ticket in zip(good, tickets, strict=True)],
    )
    releves = [_releve(place, sink, ticket) for sink, ticket in zip(good, tickets, strict=True)]
    place.journal.record(releves)
    place.spool.hand_over(entries)
    return releves


def _is_as_announced(place: Place, sink: _Sink, ennuis: list[Ennui]) -> bool:
    wanted = sink.wanted
    if not wanted.sha256 or sink.sha256 == wanted.sha256:
        return True
    message = f"« {wanted.nom} » : son SHA-256 est {sink.sha256}, son manifeste dit {wanted.sha256}"
    ennuis.append(told_of(place, wanted, ContentRefused(message)))
    sink.forget()
    return False


def reconcile(spool: Spool, serveur: str, journal: Journal) -> int:
    """Finish what an interruption left between a whole file and ``incoming``; how many were handed over.

    Recorded: it goes on. Not recorded: its server still has it, and it is fetched again.
    """
    left = spool.stowed(serveur)
    known = journal.recorded([entry.ticket for entry in left])
    for entry in left:
        if entry.ticket not in known:
            spool.discard(entry)
    recorded = [entry for entry in left if entry.ticket in known]
    if recorded:
        spool.hand_over(recorded)
    return len(recorded)


def _releve(place: Place, sink: _Sink, ticket: str) -> Releve:
    wanted, at = sink.wanted, place.now()
    return Releve(
        id=0,
        serveur=place.serveur.nom,
        appli=wanted.dossier.appli,
        dossier=wanted.dossier.entree,
        nom=wanted.nom,
        taille=wanted.entry.size,
        mtime=wanted.entry.mtime,
        sha256=sink.sha256,
        ticket=ticket,
        pris_le=at,
        apres=wanted.dossier.apres,
        apres_le=at if wanted.dossier.apres == "laisser" else None,
    )


class _Sink:
    """Where the bytes of one remote file go: its part, and their hash."""

    def __init__(self, place: Place, wanted: Wanted) -> None:
        self._place, self.wanted = place, wanted
        # Hashed where a manifest says what it must be; the store hashes all that it keeps in any case.
        self._digest = Empreinte(wanted.entry.size) if wanted.sha256 else None
        self._written = self._started = self._synced = 0  # bytes: in the part, begun to disk, on it for sure
        self.part: FileIO

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest() if self._digest else ""

    @property
    def fetch(self) -> Fetch:
        wanted = self.wanted
        return Fetch(wanted.path, wanted.entry.size, wanted.entry.mtime, self.take, self._synced)

    def open(self, remote: Remote) -> None:
        """Open the part; what it holds already is kept as far as it is known to be on our disk."""
        self.part = self._place.spool.open_part(self._place.serveur.nom, self.wanted.key)
        size = min(os.fstat(self.part.fileno()).st_size, self.wanted.entry.size)
        start = size - size % _SYNCED
        if start and not self._agrees(remote, start):
            start = 0
        self.part.seek(0)
        left = start
        while self._digest and left:
            data = self.part.read(min(left, 1 << 20))
            self._digest.update(data)
            left -= len(data)
        self.part.truncate(start)
        self.part.seek(start)
        self._written = self._started = self._synced = start

    def _agrees(self, remote: Remote, start: int) -> bool:
        """True when the server still has, before that point, the very bytes that we have."""
        self.part.seek(start - _CHECKED)
        return remote.read(self.wanted.path, start, start - _CHECKED) == self.part.read(_CHECKED)

    def take(self, data: bytes) -> None:
        if self._place.halted():
            raise Halted("arrêt demandé")
        _write_all(self.part, data)
        if self._digest:
            self._digest.update(data)
        self._written += len(data)
        if self._written - self._started >= _STARTED:
            start_writing(self.part.fileno(), self._started, self._written - self._started)
            self._started = self._written
        if self._written - self._synced >= _SYNCED:
            acts.sync_descriptor(self.part.fileno())
            self._synced = self._written

    def forget(self) -> None:
        self._place.spool.drop_part(self._place.serveur.nom, self.wanted.key)

    def close(self) -> None:
        if self._digest:
            self._digest.close()
        if hasattr(self, "part"):
            with suppress(OSError):  # a full disk: what counts was synced before, and says so there
                self.part.close()


def _write_all(part: FileIO, data: bytes) -> None:
    """Unbuffered files may take less than they are given."""
    written = part.write(data)
    while written < len(data):
        written += part.write(data[written:])
