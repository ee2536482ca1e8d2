"""A workspace with the sample world, as an operator would make it, for tests that need a whole one."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from bases import MORNING, copy_base, lay_base
from lxml import etree

from edi.annuaire.imports import import_csv
from edi.cli import main
from edi.espace import Espace, open_espace
from edi.resources import locate
from edi.samples import LotSpec, deposants, make_lot, mandats, services_csv, structures_csv
from edi.store.mandats import add_mandat


def make_espace(
    root: Path, *, readiness: str = "renommage", annuaire: bool = True, base: str = "", **collecte: Any
) -> Espace:
    """A new workspace in ``root``; ``collecte`` overrides the section of that name.

    ``base``: the address of its database, in the place of what ``--base`` asks for.
    """
    (root / "config").mkdir(parents=True)
    lines = ["[espace]", f'base = "{base or lay_base(root)}"', "[moteur]", 'mode = "in_process"']
    lines += ["[essais]", f'horloge = "{MORNING}"', "[collecte]"]
    lines += [f"{key} = {value}" for key, value in {"pas": 0.02, **collecte}.items()]
    for d in deposants():
        lines += ["[[deposant]]", f'code = "{d.code}"', f'siret = "{d.siret}"', f'readiness = "{readiness}"']
    (root / "config" / "edi.toml").write_text("\n".join(lines), encoding="utf-8")
    write_annuaire(root)
    espace = open_espace(root)
    with espace.engine.begin() as conn:
        for m in mandats():
            add_mandat(conn, m.mandant, m.mandataire, m.cree_le, espace.now(), m.signe_le)
    if annuaire:
        import_annuaire(espace)
    return espace


def copy_espace(template: Path, target: Path) -> Path:
    """A workspace as another one is now, with a database of its own: its folder."""
    shutil.copytree(template, target)
    copy_base(target / "config" / "edi.toml")
    return target


def later(espace: Espace, hours: int) -> Espace:
    """The same workspace with its clock put forward."""
    horloge = espace.now() + timedelta(hours=hours)
    essais = espace.settings.essais.model_copy(update={"horloge": horloge})
    return replace(espace, settings=espace.settings.model_copy(update={"essais": essais}))


def write_annuaire(folder: Path) -> tuple[Path, Path]:
    """The two files of the sample annuaire."""
    paths = folder / "structures.csv", folder / "services.csv"
    for path, data in zip(paths, (structures_csv(), services_csv()), strict=True):
        path.write_bytes(data)
    return paths


def import_annuaire(espace: Espace) -> None:
    with espace.engine.begin() as conn:
        for path in write_annuaire(espace.root):
            import_csv(conn, path, espace.now())


def deposit(espace: Espace, spec: LotSpec, nom: str = "") -> str:
    """Put a sample lot into the ``in`` of its déposant, aside then renamed; its name."""
    lot = make_lot(spec)
    inbox = espace.spool.inbox(spec.appli)
    (inbox / ".depot.part").write_bytes(lot.data)
    (inbox / ".depot.part").rename(inbox / (nom or lot.nom))
    return nom or lot.nom


def answers(espace: Espace, appli: str = "AAA123") -> dict[str, bytes]:
    """The return flows of a déposant, by name."""
    return {path.name: path.read_bytes() for path in sorted(espace.spool.outbox(appli).iterdir())}


def assert_valid_return_flow(data: bytes) -> None:
    etree.XMLSchema(file=str(locate("schemas", "cpp", "CPPStatut.xsd"))).assertValid(etree.fromstring(data))


def run_edi(*arguments: str | Path, cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    """The real command in a process of its own; whatever it does, it never shows a traceback."""
    done = subprocess.run(
        [sys.executable, "-m", "edi", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr
    return done


class Typed(NamedTuple):
    """What a command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def type_edi(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> Typed:
    """The whole command, its errors and exit code included, in this process: a second sooner than another."""
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["edi", *map(str, arguments)])
        patch.setattr(sys, "excepthook", sys.__excepthook__)  # put back what main() sets
        with pytest.raises(SystemExit) as ended:
            main()
    out, err = capsys.readouterr()
    assert "Traceback" not in err
    code = ended.value.code
    return Typed(code if isinstance(code, int) else int(bool(code)), out, err)
