"""The folders of the déposants as an SFTP server needs them: who owns what, and who may do what.

sshd locks each déposant into ``depots/<APPLI>``. It refuses to, unless that folder and every one above it
belong to root and nobody else may write there. Inside::

    in/, test/      <account>:<service group>  2770   the déposant puts, Navette takes
    out/, statut/   <service>:<account group>  2750   Navette puts, the déposant gets

Nobody but the two has anything to do in any of them. Only root can give folders to others; what is left to do
is told as commands.
"""

from __future__ import annotations

import grp
import os
import pwd
import shlex
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from edi.model import Deposant
from edi.spool import QUEUES

GROUPE = "navette-depots"  # the group whose members sshd locks into their home
_WRITTEN_BY_DEPOSANT = ("in", "test")
_READ_BY_DEPOSANT = ("out", "statut", "statut/test")
_OURS = ("store", "store/aside", "presence", "pull", "essai", "versements")
_SHELL = "/usr/sbin/nologin"


@dataclass(frozen=True, slots=True)
class Acces:
    """What a folder of the spool must be."""

    path: Path
    proprietaire: str
    groupe: str
    mode: int

    @property
    def forme(self) -> str:
        return f"{self.proprietaire}:{self.groupe} {self.mode:04o}"


@dataclass(frozen=True, slots=True)
class Ecart:
    """One difference between what is and what must be, and how it is mended."""

    objet: str
    trouve: str
    attendu: str
    commandes: tuple[str, ...]
    acces: Acces | None = None  # what to apply; None: only the operator can


def account_of(deposant: Deposant) -> str:
    """The Unix account of a déposant."""
    return deposant.utilisateur or deposant.code.lower()


def plan(root: Path, deposants: Mapping[str, Deposant], service: str) -> Iterator[Acces]:
    """What the spool under ``root`` must be when ``service`` is the account that Navette runs under.

    Accounts that do not exist are left out: :func:`compare_accounts` tells them.
    """
    maison = group_of(service)
    yield Acces(root, "root", "root", 0o755)
    yield Acces(root / "depots", "root", "root", 0o755)
    ours = [Path("queue"), *(Path("queue", queue) for queue in QUEUES), *map(Path, _OURS)]
    for inner in ours:
        yield Acces(root / inner, service, maison, 0o750)
    remises = root / "destinataires"  # no account of the machine comes here but the service itself
    for place in (remises, *sorted(remises.glob("*/"), key=str), *sorted(remises.glob("*/*/"), key=str)):
        if place.is_dir():
            yield Acces(place, service, maison, 0o750)
    for code, deposant in sorted(deposants.items()):
        account = account_of(deposant)
        yield Acces(root / "depots" / code, "root", "root", 0o755)
        if not account_exists(account):
            continue
        for folder in _WRITTEN_BY_DEPOSANT:
            yield Acces(root / "depots" / code / folder, account, maison, 0o2770)
        for folder in _READ_BY_DEPOSANT:
            yield Acces(root / "depots" / code / folder, service, group_of(account), 0o2750)


def compare_accounts(root: Path, deposants: Mapping[str, Deposant]) -> Iterator[Ecart]:
    """What the accounts of the déposants lack: to exist, to live in their depot, to be of the group."""
    try:
        members = set(grp.getgrnam(GROUPE).gr_mem)
    except KeyError:
        members = set()
        yield Ecart(f"groupe {GROUPE}", "absent", "présent", (f"groupadd --system {GROUPE}",))
    for code, deposant in sorted(deposants.items()):
        account, home = account_of(deposant), str(root.resolve() / "depots" / code)
        if not account_exists(account):
            words = ("--no-create-home", "--home-dir", home, "--shell", _SHELL, "--user-group")
            command = shlex.join(("useradd", *words, "--groups", GROUPE, "--password", "*", account))
            yield Ecart(f"compte {account}", "absent", f"domicile {home}", (command,))
        elif pwd.getpwnam(account).pw_dir != home or account not in members:
            command = shlex.join(("usermod", "--home", home, "--append", "--groups", GROUPE, account))
            found = f"domicile {pwd.getpwnam(account).pw_dir}"
            found += "" if account in members else f", hors de {GROUPE}"
            yield Ecart(f"compte {account}", found, f"domicile {home}, dans {GROUPE}", (command,))


def compare_parents(root: Path) -> Iterator[Ecart]:
    """The folders above the spool that would make sshd refuse to lock anybody in. Never changed by us."""
    for folder in root.resolve().parents:
        found = folder.stat()
        if found.st_uid != 0 or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            quoted = shlex.quote(str(folder))
            yield Ecart(
                str(folder),
                _show(found),
                "à root, sans écriture pour les autres",
                (f"chown root: {quoted} && chmod go-w {quoted}   # ou mettez le spool ailleurs",),
            )


def compare(wanted: Acces) -> Ecart | None:
    """How a folder differs from what it must be; None when it does not. A link is never followed."""
    try:
        found = wanted.path.lstat()
    except FileNotFoundError:
        return Ecart(str(wanted.path), "absent", wanted.forme, _commands(wanted, missing=True), wanted)
    if not stat.S_ISDIR(found.st_mode):
        return Ecart(str(wanted.path), "autre chose", "un dossier", ())
    if _show(found) == wanted.forme:
        return None
    return Ecart(str(wanted.path), _show(found), wanted.forme, _commands(wanted, missing=False), wanted)


def apply(wanted: Acces) -> None:
    """Make it so. Raises PermissionError for whoever is not root; KeyError for an unknown account."""
    wanted.path.mkdir(parents=True, exist_ok=True)
    owner, group = pwd.getpwnam(wanted.proprietaire).pw_uid, grp.getgrnam(wanted.groupe).gr_gid
    os.chown(wanted.path, owner, group, follow_symlinks=False)
    os.chmod(wanted.path, wanted.mode)  # after the owner: a change of owner clears the setgid bit


def keys_file(deposant: Deposant) -> str:
    """The authorized_keys of a déposant; without a key it lets nobody in."""
    head = (
        f"# Écrit par « edi depots sync » : déposant {deposant.code}. Les clés sont dans config/edi.toml.\n"
    )
    return head + "".join(f"restrict {cle}\n" for cle in deposant.cles)


def write_keys(folder: Path, deposant: Deposant) -> bool:
    """Write the keys file of a déposant, whole or not at all; False when it was right. Raises OSError."""
    target, text = folder / account_of(deposant), keys_file(deposant)
    if target.is_file() and target.read_text(encoding="utf-8") == text:
        return False
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f".{target.name}.part"
    aside.write_text(text, encoding="utf-8")
    aside.chmod(0o644)
    aside.replace(target)
    return True


def account_exists(account: str) -> bool:
    """Is there such a Unix account on this machine?"""
    try:
        pwd.getpwnam(account)
    except KeyError:
        return False
    return True


def group_of(account: str) -> str:
    """The name of the primary group of an account. Raises KeyError."""
    return grp.getgrgid(pwd.getpwnam(account).pw_gid).gr_name


def owner_of(path: Path) -> str:
    """The account that a folder belongs to, its number when it has no name."""
    uid = path.stat().st_uid
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _show(found: os.stat_result) -> str:
    try:
        owner = pwd.getpwuid(found.st_uid).pw_name
    except KeyError:
        owner = str(found.st_uid)
    try:
        group = grp.getgrgid(found.st_gid).gr_name
    except KeyError:
        group = str(found.st_gid)
    return f"{owner}:{group} {stat.S_IMODE(found.st_mode):04o}"


def _commands(wanted: Acces, *, missing: bool) -> tuple[str, ...]:
    path = shlex.quote(str(wanted.path))
    make = (f"mkdir -p {path}",) if missing else ()
    owner = shlex.quote(f"{wanted.proprietaire}:{wanted.groupe}")
    return (*make, f"chown {owner} {path}", f"chmod {wanted.mode:04o} {path}")
