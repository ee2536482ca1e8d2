"""What pulling costs beside OpenSSH's own client: ``python benchmarks/sftp.py [--court]``, from the root.

One server (a real sshd of its own on the loopback), one run, the clients in turn, medians of the rounds.
"sftp" is OpenSSH's client in batch mode: it lists, fetches, and leaves it at that. "navette" is the whole
pull: two lists, fetch, sha256, fsync of each file and of its ticket's folder, rename, a row in the database,
hand-over. Connecting is counted on both sides. The aim is 0.8 of OpenSSH's rate or better.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "sftp")]

from rig import SSHD, USER, Server, sshd  # noqa: E402

from edi.app.compagnons import side_by_side  # noqa: E402
from edi.canaux import Canaux  # noqa: E402
from edi.model import Deposant, Dossier  # noqa: E402
from edi.spool import Spool  # noqa: E402
from edi.store.database import open_database, upgrade  # noqa: E402
from edi.wiring import tickets  # noqa: E402

ROUNDS, AIM = 3, 0.8
SMALL = 20 * 1024  # bytes of a small file


Act = Callable[[], None]


def openssh(server: Server, folder: Path, target: Path) -> Act:
    """``get FOLDER/*`` by OpenSSH's client."""
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"]
    command = ["sftp", "-q", "-b", "-", "-P", str(server.port), "-i", str(server.key)]
    command += [word for option in options for word in ("-o", option)]
    batch = f"get {folder}/* {target}/\n".encode()
    command.append(f"{USER}@127.0.0.1")
    return lambda: subprocess.run(command, input=batch, check=True, stdout=subprocess.DEVNULL) and None


def navette(server: Server, folder: Path, target: Path, connexions: int) -> Act:
    """The same files by a whole pull into a new spool."""
    base = open_database("sqlite:///edi.db", target)
    upgrade(base)
    spool = Spool(target / "spool")
    spool.create(["AAA123"])
    serveur = server.serveur(Dossier("AAA123", entree=str(folder)), connexions=connexions, pas=0.001)
    canaux = Canaux(
        root=target,
        serveurs=(serveur,),
        deposants={"AAA123": Deposant("AAA123")},
        limite=1 << 40,
        spool=spool,
        base=base,
        give_ticket=tickets(),
        make=lambda emission: None,
        confirm=lambda conn, emission, at, sha256: None,
        build=lambda envoi: None,
        write=lambda signalement: [],
        now=lambda: datetime.now(UTC),
        pause=time.sleep,
        side_by_side=side_by_side,
    )

    def act() -> None:
        bilan = canaux.call([serveur])
        if bilan.ennuis or not bilan.prises:
            raise RuntimeError(str(bilan.ennuis))

    return act


def clock(work: Path, prepare: Callable[[Path], Act]) -> float:
    """Seconds of the act alone, into a folder of its own."""
    target = work / "recu"
    target.mkdir()
    act = prepare(target)
    os.sync()  # what was written before is nobody's business
    start = time.perf_counter()
    act()
    spent = time.perf_counter() - start
    shutil.rmtree(target)
    return spent


def compare(
    server: Server, work: Path, what: str, folder: Path, total: int, files: int, rounds: int = ROUNDS
) -> None:
    ours = {f"navette, {n} connexion(s)": n for n in (1, 2, 3)} if files > 1 else {"navette": 1}
    spent: dict[str, list[float]] = {"sftp": [], **{name: [] for name in ours}}
    for _ in range(rounds):
        spent["sftp"].append(clock(work, lambda target: openssh(server, folder, target)))
        for name, n in ours.items():
            spent[name].append(clock(work, lambda target, n=n: navette(server, folder, target, n)))  # type: ignore[misc]
    best = median(spent["sftp"])
    print(f"\n{what} ({total / 1e6:,.0f} MB in {files:,} file(s)), median of {rounds} rounds")
    for name, times in spent.items():
        seconds = median(times)
        ratio = best / seconds
        rate = f"{total / 1e6 / seconds:8.1f} MB/s {files / seconds:9.0f} files/s"
        spread = f"{min(times):.2f}-{max(times):.2f} s"
        verdict = (
            "" if name == "sftp" else f"   ratio {ratio:.2f} {'ok' if ratio >= AIM else 'below the aim'}"
        )
        print(f"  {name:24} {seconds:7.2f} s ({spread}) {rate}{verdict}")


def main() -> None:
    if not SSHD.exists() or shutil.which("sftp") is None:
        sys.exit("OpenSSH is needed (Debian: openssh-server, openssh-client)")
    short = "--court" in sys.argv
    size, count = (100_000_000, 1_000) if short else (1_000_000_000, 10_000)
    with tempfile.TemporaryDirectory(prefix="navette-bench-") as folder:
        work = Path(folder)
        with sshd(work / "sshd") as server:
            one, many = server.folder("un"), server.folder("beaucoup")
            block = os.urandom(1_000_000)
            with (one / "gros.tar.gz").open("wb") as writer:
                for _ in range(size // len(block)):
                    writer.write(block)
            for rank in range(count):
                (many / f"f{rank:05d}.xml").write_bytes(block[rank : rank + SMALL])
            # two seconds each: a few more rounds, for what else the machine does weighs on them
            compare(server, work, "one large file", one, size, 1, 3 * ROUNDS)
            compare(server, work, "small files", many, count * SMALL, count)


if __name__ == "__main__":
    main()
