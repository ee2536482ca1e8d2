"""The configuration in a backup: all that a workspace is made with, and no secret unless it is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from edi import acts
from edi.espace import CONFIG, REGLES, Espace
from edi.sauvegarde.copie import copy_into, digest_of
from edi.sauvegarde.manifeste import Fichier

_PASSWORD = re.compile(r"(://[^:/@\s\"']*:)[^@\s\"']+@")  # in the address of a database


def secret_files(espace: Espace) -> list[str]:
    """The files that the configuration names and that hold a secret, as it names them."""
    settings = espace.settings
    named = [settings.releve.cle, *(serveur.cle for serveur in settings.serveurs)]
    sources = [settings.alertes.courriel.mot_de_passe, *(w.secret for w in settings.alertes.webhook)]
    sources += [source for s in settings.serveurs for source in (s.phrase, s.mot_de_passe)]
    named += [source.removeprefix("fichier:") for source in sources if source.startswith("fichier:")]
    return sorted(set(filter(None, map(str, named))))


def files(espace: Espace, *, secrets: bool) -> Iterator[tuple[str, Path]]:
    """Every file, by its path from the workspace. The list of rules comes before the rules that it names."""
    root = espace.root
    hidden = {(root / nom).resolve() for nom in secret_files(espace)}
    named = [root / ancre for ancre in espace.settings.signature.ancres]
    named += [root / nom for nom in secret_files(espace)] if secrets else []
    found = [*_tree(root / CONFIG.parent), *_tree(root / REGLES), *named]
    for path in dict.fromkeys(found):
        inside = path.resolve().is_relative_to(root.resolve())
        if path.is_file() and inside and (secrets or path.resolve() not in hidden):
            yield str(path.relative_to(root)), path


def _tree(folder: Path) -> list[Path]:
    found = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: (len(path.parts), path))


def hide_password(text: str) -> str:
    """The configuration without the password that the address of a database may hold."""
    return _PASSWORD.sub(r"\1***@", text)


def copy_file(snapshot: Path, chemin: str, source: Path, *, secrets: bool) -> Fichier:
    """Copy one of them into a backup."""
    if Path(chemin) != CONFIG or secrets:
        return copy_into(snapshot, chemin, source)
    data = hide_password(source.read_text(encoding="utf-8")).encode("utf-8")
    (snapshot / chemin).parent.mkdir(parents=True, exist_ok=True)
    acts.write_whole(snapshot / chemin, data)
    return Fichier(chemin, digest_of(snapshot / chemin), len(data))
