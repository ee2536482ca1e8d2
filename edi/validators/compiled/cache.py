"""The modules of compiled sheets on disk, made again whenever the sheet or the compiler is another one."""

from __future__ import annotations

import hashlib
import os
import py_compile
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from importlib.util import cache_from_source, module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

_COMPILERS_KEPT = 3
_PLACES = ("EDI_CACHE", "CACHE_DIRECTORY")  # of the operator; of systemd


@cache
def compiler_version() -> str:
    """The sha256 of all that makes and runs the modules: another compiler trusts no module of this one."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def cache_folder() -> Path | None:
    """Where modules are kept: $EDI_CACHE, the service's own, or the user's; None where there is no home."""
    for name in _PLACES:
        if place := os.environ.get(name):
            return Path(place.split(":")[0]) / "regles"
    try:
        root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    except RuntimeError:
        return None
    return Path(root) / "navette-edi" / "regles"


def load(name: str, write: Callable[[], str], given: dict[str, Any]) -> ModuleType:
    """The module of that name, written first where it is not kept yet; ``given`` are names that it finds set.

    A folder that cannot be written, or that others could write, is not used: the module is then made in
    memory, which takes longer and says the same.
    """
    folder = cache_folder()
    if folder is None:
        return _from_text(name, write(), given)
    path = folder / f"{name}.py"
    if not path.is_file() and not _keep(path, write):
        return _from_text(name, write(), given)
    return _from_file(path, given) if _is_ours(path) else _from_text(name, write(), given)


def _keep(path: Path, write: Callable[[], str]) -> bool:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        return False
    if not _is_ours(path.parent):
        return False
    text = write()
    try:
        handle, aside = tempfile.mkstemp(dir=path.parent, prefix=path.stem, suffix=".tmp")
    except OSError:
        return False
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(aside, path)
    with suppress(OSError, py_compile.PyCompileError):  # a host that writes no bytecode of itself reads it
        py_compile.compile(str(path), doraise=True)
    _forget_others(path)
    return True


def _forget_others(path: Path) -> None:
    """Remove the modules that older compilers made of the same sheet, but for the newest ones: another
    version may still run."""
    sheet = path.stem.rpartition("-")[0]
    with suppress(OSError):
        others = sorted(path.parent.glob(f"{sheet}-*.py"), key=lambda one: -one.stat().st_mtime)
        for one in others[_COMPILERS_KEPT:]:
            Path(cache_from_source(str(one))).unlink(missing_ok=True)
            one.unlink(missing_ok=True)


def _is_ours(path: Path) -> bool:
    """Whether only this user can have written it: what lies there will be executed."""
    with suppress(OSError):
        found = path.stat()
        return found.st_uid == os.geteuid() and not found.st_mode & 0o022
    return False


def _from_file(path: Path, given: dict[str, Any]) -> ModuleType:
    spec = spec_from_file_location(f"edi_regles_{path.stem.replace('-', '_')}", path)
    if spec is None or spec.loader is None:
        raise ImportError(str(path))
    module = module_from_spec(spec)
    vars(module).update(given)
    spec.loader.exec_module(module)
    return module


def _from_text(name: str, text: str, given: dict[str, Any]) -> ModuleType:
    module = ModuleType(f"edi_regles_{name.replace('-', '_')}")
    vars(module).update(given)
    exec(compile(text, f"<{name}>", "exec"), vars(module))  # noqa: S102
    return module
