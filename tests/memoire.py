"""What memory a lot takes on its way from the deposit to its answers, in real processes.

``edi run`` is started on a workspace of its own, with local workers, and the most that the kernel has seen of
each process is read from /proc (VmHWM, of Linux): of the coordinator, and of its heaviest worker. Lots are
written member by member, so that what measures does not need the memory itself.
"""

from __future__ import annotations

import base64
import random
import re
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from workspace import make_espace

from edi.espace import open_espace
from edi.samples import LotSpec, make_lot
from edi.samples.document import make_facture
from edi.samples.faults import MIXTE, REFORME, UBL, UBL_MIN
from edi.samples.pieces import assemble_pdf, page_objects, write_zip
from edi.store import comptes

MO = 1024**2
CONFIGURATION = """
[limites]
flux = "1200 Mo"
fichier = "130 Mo"
piece_jointe = "100 Mo"
factures = 1000000
entrees = 1000000
"""
APPLI = "AAA123"
OUVRIERS = 2
_TICK = 0.02  # seconds between two looks at the processes
_PIECE = re.compile(rb"<(cac:AdditionalDocumentReference|PJ)\b.*?</\1>", re.DOTALL)
_BASE64 = re.compile(rb"(?<=>)[A-Za-z0-9+/=]{80,}(?=<)")
_NUMERO = re.compile(rb"FA-[0-9]{6}")


class Cas(NamedTuple):
    """One kind of lot: ``write`` puts about so many bytes into a file."""

    nom: str
    interface: str
    archive: str
    write: Callable[[Path, int], None]


class Mesure(NamedTuple):
    """What one lot came to; memory in MB."""

    recues: int
    acceptees: int
    coordinateur: int
    ouvriers: tuple[int, ...]  # each worker, the heaviest first: the one that has loaded Saxon, where any has
    secondes: float


# -- lots -------------------------------------------------------------------------------------------------


def write_many(path: Path, octets: int) -> None:
    """Small invoices of the reform, 20 KB each."""
    whole = make_facture(REFORME, longueur=23)
    _write_archive(path, _number(whole, octets // len(whole)))


def write_many_e1(path: Path, octets: int) -> None:
    """The same where no official rules apply: they are judged where the coordinator is."""
    whole = make_facture(UBL, longueur=24)
    _write_archive(path, _number(whole, octets // len(whole)))


def write_few(path: Path, octets: int) -> None:
    """Ten large invoices of the reform, 100 MB each in a lot of 1 GB: ten attachments."""
    whole = make_facture(REFORME, pieces_jointes=True)
    _write_archive(path, _number(_stuff(whole, octets // 10, copies=10), 10))


def write_one(path: Path, octets: int) -> None:
    """One invoice with one attachment; of 90 MB, 120 in base64, in any larger lot."""
    whole = make_facture(REFORME, pieces_jointes=True)
    path.write_bytes(_stuff(whole, min(octets, 120 * MO)))


def write_one_e2(path: Path, octets: int) -> None:
    """One UBL summary whose invoice is an attachment, of 90 MB at most: no official rules apply."""
    path.write_bytes(_stuff(make_facture(UBL_MIN), min(octets, 120 * MO)))


def write_summaries(path: Path, octets: int) -> None:
    """E2: UBL summaries, each with its invoice as an attachment, 1 MB in base64."""
    _write_archive(path, _number(_stuff(make_facture(UBL_MIN), MO), octets // MO))


def write_mixed(path: Path, octets: int) -> None:
    """E2: mixed envelopes of twenty invoices with their PDF, 10 MB each."""
    _write_archive(path, (_stuff(_mixed(rank), 10 * MO) for rank in range(1, octets // (10 * MO) + 1)))


def _mixed(rank: int) -> bytes:
    return make_lot(LotSpec(format=MIXTE, nombre=20, graine=rank, archive="xml", avoirs=False)).data


def _number(whole: bytes, count: int) -> Iterator[bytes]:
    """The same invoice under as many numbers."""
    found = _NUMERO.search(whole)
    assert found is not None
    for rank in range(count):
        yield whole.replace(found[0], b"FA-%06d" % rank)


def _stuff(whole: bytes, octets: int, copies: int = 1) -> bytes:
    """The document made so large by its attachments, of equal sizes; each stands there so many times."""
    pieces = list(_PIECE.finditer(whole))
    size = octets // (len(pieces) * copies)
    content: dict[bytes, bytes] = {}

    def swell(found: re.Match[bytes]) -> bytes:
        return b"\n".join(_swell(found[0], size, rank, content) for rank in range(copies))

    return _PIECE.sub(swell, whole)


def _swell(piece: bytes, size: int, rank: int, content: dict[bytes, bytes]) -> bytes:
    (nom,) = set(re.findall(rb"[\w-]+\.pdf", piece))
    own = nom if not rank else b"%d_%s" % (rank, nom)
    piece, zipped = piece.replace(nom, own), b"application/zip" in piece or piece.startswith(b"<PJ")
    kind = own if zipped else b""  # the same bytes serve where they do not hold their name
    if kind not in content:
        content.clear()
        pdf = _write_pdf(size * 3 // 4)
        content[kind] = base64.b64encode(write_zip(((own.decode(), pdf),)) if zipped else pdf)
    return _BASE64.sub(content[kind], piece)


def _write_pdf(size: int) -> bytes:
    """A page, and beside it a stream of so many bytes that no compression makes smaller."""
    noise = random.Random(size).randbytes(size)
    beside = b"<< /Length %d >>\nstream\n%s\nendstream" % (size, noise)
    return assemble_pdf((*page_objects(("Pièce jointe",)), beside))


def _write_archive(path: Path, documents: Iterator[bytes]) -> None:
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for rank, data in enumerate(documents, 1):
            entry = tarfile.TarInfo(f"facture_{rank:06d}.xml")
            entry.size = len(data)
            archive.addfile(entry, BytesIO(data))


CAS = (
    Cas("many small", "FSO1100A", "tar.gz", write_many),
    Cas("many small E1", "FSO1100A", "tar.gz", write_many_e1),
    Cas("few large", "FSO1100A", "tar.gz", write_few),
    Cas("one attachment", "FSO1100A", "xml", write_one),
    Cas("E2 one", "FSO1110A", "xml", write_one_e2),
    Cas("E2 summaries", "FSO1110A", "tar.gz", write_summaries),
    Cas("E2 mixed", "FSO1113A", "tar.gz", write_mixed),
)

# -- measuring --------------------------------------------------------------------------------------------


def measure(cas: Cas, octets: int, root: Path) -> Mesure:
    """One lot from its deposit to its answers, by ``edi run`` in a process of its own."""
    espace = make_espace(root)
    config = root / "config" / "edi.toml"
    local = config.read_text().replace('mode = "in_process"', f'mode = "local"\ntravailleurs = {OUVRIERS}')
    config.write_text(local + CONFIGURATION)
    nom = f"{cas.interface}_{APPLI}_{APPLI}{cas.interface[3:7]}{1:015d}.{cas.archive}"
    cas.write(root / "lot", octets)
    (root / "lot").rename(espace.spool.inbox(APPLI) / nom)
    espace.engine.dispose()
    began = time.monotonic()
    command = [sys.executable, "-m", "edi", "--espace", str(root), "run"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as run:
        coordinateur, ouvriers = watch(run)
    seconds = time.monotonic() - began
    with open_espace(root).engine.begin() as conn:
        (bilan,) = comptes.by_appli(conn)
    assert bilan.decides == 1, "the lot waits"
    heaviest = tuple(sorted(ouvriers.values(), reverse=True))
    return Mesure(bilan.factures, bilan.acceptees, coordinateur, heaviest, seconds)


def watch(run: subprocess.Popen[bytes]) -> tuple[int, dict[int, int]]:
    """The most that a process and each of its children held, in MB, until it ends."""
    most, children = 0, dict[int, int]()
    while run.poll() is None:
        most = max(most, high_water(run.pid))
        for child in children_of(run.pid):
            children[child] = max(children.get(child, 0), high_water(child))
        time.sleep(_TICK)
    return most, children


def high_water(pid: int) -> int:
    """The most resident memory a process ever had, in MB; 0 when it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    found = re.search(r"VmHWM:\s+(\d+)", status)
    return int(found[1]) // 1024 if found else 0


def children_of(pid: int) -> list[int]:
    """The processes that a process has started itself, in any of its threads."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found
