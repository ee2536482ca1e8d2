"""The folders, owners and keys of the déposants were changed: told in the journal by whoever may write there.

It takes root to give folders to others, and root must never own a file of the database: the service could
write there no more. So the row is written by a child process under the account that the database belongs to.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from pathlib import Path

from edi.espace import Espace
from edi.model.gestes import GesteRefuse
from edi.store import journal


def record_sync(espace: Espace, done: Sequence[str], par: str) -> None:
    """Tell what was changed, one sentence each, and by whom. Raises GesteRefuse when it cannot be written."""

    def write() -> None:
        with espace.engine.begin() as conn:
            detail = {"faits": list(done)}
            sujet = str(espace.spool.root)
            journal.note_act(conn, "depots-synchronises", sujet, espace.now(), par=par, detail=detail)
        espace.engine.dispose()

    url = espace.engine.url
    try:
        if url.get_backend_name() == "sqlite":
            _do_as_owner(Path(url.database or ""), write)
        else:
            write()
    except OSError as error:
        raise GesteRefuse(
            f"ce qui vient d'être fait n'a pas pu être dit au journal ({error}) : relancez la commande par "
            "root, ou par le compte à qui est la base"
        ) from error


def _do_as_owner(path: Path, act: Callable[[], None]) -> None:
    """Do an act under the account that a file belongs to; root alone can become another. Raises OSError."""
    owner = path.stat()
    if os.geteuid() == owner.st_uid:
        act()
        return
    if os.geteuid() != 0:
        raise PermissionError(f"« {path} » n'est pas à vous")

    def become_and_act() -> None:
        os.setgroups([])
        os.setgid(owner.st_gid)
        os.setuid(owner.st_uid)
        act()

    child = multiprocessing.get_context("fork").Process(target=become_and_act)
    child.start()
    child.join()
    if child.exitcode:
        raise ChildProcessError(f"l'écriture sous le compte n° {owner.st_uid} a échoué")
