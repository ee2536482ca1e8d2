"""Being the SFTP server: what ``edi depots sync`` and the shipped fragment make of a real OpenSSH.

sshd runs for real, as root, on a loopback port, with accounts that exist only in a mount namespace of its
own: nothing of the machine is changed. Skipped where that cannot be had.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edi.annuaire.imports import import_csv
from edi.espace import open_espace
from edi.samples import LotSpec, make_lot, services_csv, structures_csv

SSHD = "/usr/sbin/sshd"
ACCOUNTS = {"navette": 61001, "aaa123": 61002, "bbb456": 61003}
ENTER = """
mount --make-rprivate / && for f in passwd group shadow; do mount --bind "$0/$f" "/etc/$f"; done &&
mount -t tmpfs tmpfs /run && mkdir /run/sshd && exec "$@"
"""
SPEC = LotSpec("ubl", 1, archive="xml")
LOT = make_lot(SPEC)


def reason_to_skip() -> str:
    if os.geteuid() != 0:
        return "sshd can lock accounts into their folders only when it runs as root"
    if not all(shutil.which(name) for name in (SSHD, "sftp", "ssh-keygen", "unshare", "setpriv")):
        return "openssh-server, openssh-client and util-linux are not all installed"
    if subprocess.run(["unshare", "-m", "true"], capture_output=True, check=False).returncode:
        return "this machine gives no mount namespace"
    return ""


pytestmark = pytest.mark.skipif(bool(reason_to_skip()), reason=reason_to_skip() or "it can run")


@dataclass(frozen=True)
class Serveur:
    """A machine with a spool, two déposants and an sshd that serves them."""

    base: Path
    port: int

    @property
    def depots(self) -> Path:
        return self.base / "spool" / "depots"

    def inside(self, *command: str | Path) -> list[str]:
        """A command that sees the accounts."""
        return ["unshare", "-m", "sh", "-ec", ENTER, str(self.base / "etc"), *map(str, command)]

    def edi(self, *arguments: str | Path, as_user: str = "") -> subprocess.CompletedProcess[str]:
        words: list[str | Path] = [sys.executable, "-m", "edi", "-e", self.base / "espace", *arguments]
        if as_user:
            number = str(ACCOUNTS[as_user])
            words = ["setpriv", "--reuid", number, "--regid", number, "--clear-groups", *words]
        return subprocess.run(
            self.inside(*words), cwd="/", capture_output=True, text=True, timeout=60, check=False
        )

    def sync(self, *options: str | Path, as_user: str = "") -> subprocess.CompletedProcess[str]:
        words = ("depots", "sync", "--proprietaire", "navette", "--cles", self.base / "cles", *options)
        return self.edi(*words, as_user=as_user)

    def sftp(self, account: str, *batch: str, key: str = "") -> subprocess.CompletedProcess[str]:
        """A session of the ordinary client; it fails at the first command that is refused."""
        options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"]
        options += ["BatchMode=yes", "LogLevel=ERROR"]
        words = [word for option in options for word in ("-o", option)]
        identity = self.base / "keys" / (key or account)
        return subprocess.run(
            [
                "sftp",
                "-F",
                "none",
                *words,
                "-i",
                identity,
                "-P",
                str(self.port),
                "-b",
                "-",
                f"{account}@127.0.0.1",
            ],
            input="\n".join(batch) + "\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def write_accounts(etc: Path) -> None:
    """The accounts of the machine, and ours."""
    etc.mkdir()
    homes = {name: f"/srv/{name}" for name in ACCOUNTS}
    added = {
        "passwd": [f"{name}:x:{n}:{n}::{homes[name]}:/usr/sbin/nologin" for name, n in ACCOUNTS.items()],
        "group": [f"{name}:x:{n}:" for name, n in ACCOUNTS.items()]
        + ["navette-depots:x:61010:aaa123,bbb456"],
        "shadow": [f"{name}:*:20000:0:99999:7:::" for name in ACCOUNTS],
    }
    for name, lines in added.items():
        text = Path("/etc", name).read_text(encoding="utf-8")
        (etc / name).write_text(text + "\n".join(lines) + "\n", encoding="utf-8")


def make_machine(base: Path, port: int) -> Serveur:
    base.chmod(0o755)
    write_accounts(base / "etc")
    (base / "keys").mkdir(mode=0o700)
    for name in ("host", *ACCOUNTS):
        target = base / "keys" / name
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", target], check=True)
    (base / "espace" / "config").mkdir(parents=True)
    lines = [
        "[espace]",
        f'spool = "{base}/spool"',
        "[moteur]",
        'mode = "in_process"',
        "[collecte]",
        "pas = 0.02",
    ]
    for code in ("AAA123", "BBB456"):
        key = (base / "keys" / f"{code.lower()}.pub").read_text(encoding="utf-8").strip()
        lines += ["[[deposant]]", f'code = "{code}"', 'readiness = "renommage"', f'cles = ["{key}"]']
    (base / "espace" / "config" / "edi.toml").write_text("\n".join(lines), encoding="utf-8")
    espace = open_espace(base / "espace")
    with espace.engine.begin() as conn:
        for name, data in (("structures.csv", structures_csv()), ("services.csv", services_csv())):
            (base / name).write_bytes(data)
            import_csv(conn, base / name, espace.now())
    espace.engine.dispose()
    for path in (base / "espace", *(base / "espace").rglob("*")):
        os.chown(path, ACCOUNTS["navette"], ACCOUNTS["navette"])
    passwd = base / "etc" / "passwd"
    text = passwd.read_text(encoding="utf-8")
    for code in ("AAA123", "BBB456"):
        text = text.replace(f"/srv/{code.lower()}:", f"{base}/spool/depots/{code}:")
    passwd.write_text(text, encoding="utf-8")
    return Serveur(base, port)


@pytest.fixture(scope="module")
def machine() -> Iterator[Serveur]:
    """Not under the folder of tests: everybody may write to /tmp, and sshd locks nobody in below it."""
    base = Path(tempfile.mkdtemp(prefix="navette-", dir="/srv" if os.path.isdir("/srv") else "/var/lib"))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        yield make_machine(base, port)
    finally:
        shutil.rmtree(base)


@pytest.fixture(scope="module")
def served(machine: Serveur) -> Iterator[Serveur]:
    """The machine after one ``edi depots sync``, with its sshd."""
    done = machine.sync()
    assert done.returncode == 0, done.stdout + done.stderr
    fragment = machine.edi("depots", "sshd", "--cles", machine.base / "cles").stdout
    config = machine.base / "sshd_config"
    head = [f"Port {machine.port}", "ListenAddress 127.0.0.1", f"HostKey {machine.base}/keys/host"]
    head += ["PidFile none", "UsePAM no", "Subsystem sftp internal-sftp"]
    config.write_text("\n".join(head) + "\n" + fragment, encoding="utf-8")
    log = (machine.base / "sshd.log").open("wb")
    sshd = subprocess.Popen(machine.inside(SSHD, "-D", "-e", "-f", config), stdout=log, stderr=log)
    try:
        wait_for_port(machine.port, sshd)
        yield machine
    finally:
        sshd.terminate()
        sshd.wait(10)
        log.close()


def wait_for_port(port: int, sshd: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        assert sshd.poll() is None, "sshd ended by itself"
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("sshd does not answer")


@pytest.fixture
def lot(tmp_path: Path) -> Path:
    path = tmp_path / LOT.nom
    path.write_bytes(LOT.data)
    return path


# -- edi depots sync --------------------------------------------------------------------------------------


def test_a_second_sync_finds_nothing_to_do(served: Serveur) -> None:
    again = served.sync()

    assert (again.returncode, again.stderr) == (0, "")
    assert "tout est en place" in again.stdout
    assert again.stdout.count("déjà en place (1 clé)") == 2


def test_a_dry_run_tells_and_changes_nothing(served: Serveur) -> None:
    out = served.depots / "AAA123" / "out"
    out.chmod(0o777)
    told = served.sync("--a-blanc")
    mode = out.stat().st_mode & 0o7777
    served.sync()

    assert told.returncode == 1
    assert "2750" in told.stdout
    assert mode == 0o777
    assert out.stat().st_mode & 0o7777 == 0o2750


def test_whoever_is_not_root_is_told_the_commands(served: Serveur) -> None:
    folder = served.depots / "AAA123" / "test"
    folder.chmod(0o755)
    told = served.sync(as_user="navette")
    served.sync()

    assert told.returncode == 1
    assert f"chown aaa123:navette {folder}\n" in told.stdout
    assert f"chmod 2770 {folder}\n" in told.stdout


def test_what_sync_did_is_in_the_journal_and_the_database_stays_the_service_s(served: Serveur) -> None:
    told = served.edi("journal", "--json", as_user="navette")
    told_acts = [row["contenu"] for row in json.loads(told.stdout) if row["genre"] == "ACTE"]
    acts = [one for one in told_acts if one["acte"] == "depots-synchronises"]
    owners = {path.stat().st_uid for path in (served.base / "espace").glob("edi.db*")}

    assert f"{served.depots}/AAA123/out : " in " ".join(acts[0]["faits"])
    assert f"{served.base}/cles/aaa123 : 1 clé" in acts[0]["faits"]
    assert owners == {ACCOUNTS["navette"]}


# -- what a supplier can do -------------------------------------------------------------------------------


def test_a_supplier_deposits_by_rename_and_fetches_its_answer(
    served: Serveur, lot: Path, tmp_path: Path
) -> None:
    put = served.sftp("aaa123", f"put {lot} in/.{lot.name}.part", f"rename in/.{lot.name}.part in/{lot.name}")
    run = served.edi("run", as_user="navette")
    assert (put.returncode, run.returncode) == (0, 0), put.stderr + run.stderr
    assert SPEC.id_flux in run.stdout, run.stdout
    (answer,) = (
        path.name for path in (served.depots / "AAA123" / "out").iterdir() if path.name.startswith("CSO")
    )
    got = served.sftp("aaa123", f"get out/{answer} {tmp_path}/")

    assert got.returncode == 0, got.stderr
    assert SPEC.id_flux in (tmp_path / answer).read_text(encoding="utf-8")
    assert list((served.depots / "AAA123" / "in").iterdir()) == []


def test_a_supplier_may_put_into_test_and_take_its_own_back(served: Serveur, lot: Path) -> None:
    done = served.sftp("aaa123", f"put {lot} test/a.xml", "rename test/a.xml test/b.xml", "rm test/b.xml")

    assert done.returncode == 0, done.stderr


def test_a_supplier_sees_its_four_folders_and_nothing_else(served: Serveur) -> None:
    seen = served.sftp("aaa123", "ls -1 /").stdout.split()

    assert {name.strip("/") for name in seen if not name.startswith(("sftp>", "ls", "-1"))} - {""} == {
        "in",
        "out",
        "statut",
        "test",
    }


@pytest.mark.parametrize(
    "command",
    [
        "put {lot} out/a.xml",
        "put {lot} statut/a.xml",
        "put {lot} a.xml",
        "rm out/present.xml",
        "rename out/present.xml out/other.xml",
        "rename out/present.xml in/present.xml",
        "mkdir in/folder",
        "mkdir folder",
        "rmdir test",
        "rename in entree",
        "chmod 777 in",
        "symlink /out in/lien",
        "ln out/present.xml in/lien",
        "cd ../../../etc",
        "ls ../BBB456",
        "get /etc/passwd /dev/null",
        "get ../../../../etc/passwd /dev/null",
        "cp out/present.xml in/copie.xml",
    ],
)
def test_a_supplier_can_do_nothing_else(served: Serveur, lot: Path, command: str) -> None:
    present = served.depots / "AAA123" / "out" / "present.xml"
    present.write_bytes(b"<x/>")
    present.chmod(0o640)
    before = sorted(str(path) for path in served.depots.rglob("*"))
    done = served.sftp("aaa123", command.format(lot=lot))

    assert done.returncode != 0
    assert sorted(str(path) for path in served.depots.rglob("*")) == before


def test_a_supplier_cannot_enter_with_the_key_of_another(served: Serveur) -> None:
    done = served.sftp("aaa123", "ls", key="bbb456")

    assert "Permission denied" in done.stderr


def test_a_supplier_gets_no_shell_and_no_forwarding(served: Serveur) -> None:
    identity = served.base / "keys" / "aaa123"
    words = ["ssh", "-F", "none", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]
    words += ["-o", "BatchMode=yes", "-i", str(identity), "-p", str(served.port)]
    shell = subprocess.run(
        [*words, "aaa123@127.0.0.1", "id"], input="", capture_output=True, text=True, timeout=30, check=False
    )
    forward = subprocess.run(
        [*words, "-W", f"127.0.0.1:{served.port}", "aaa123@127.0.0.1"],
        input="",
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert "uid=" not in shell.stdout
    assert "SSH-2.0" not in forward.stdout
    assert forward.returncode != 0
