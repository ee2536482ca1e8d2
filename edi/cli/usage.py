"""What is wrong with a command line, or with a file of it, in French: typer and the system speak English."""

from __future__ import annotations

import errno
import re

_INVALID, _REFUSED = r"Invalid value for '?(.*?)'?:", "valeur refusée pour {} :"

# What typer says -> what we say; a message that no row knows is shown as it is.
_PHRASES = (
    (r"No such command '(.*?)'\.?(?: .*)?", "la commande « {} » n'existe pas"),
    (r"No such option: (\S+)(?: .*)?", "l'option « {} » n'existe pas"),
    (r"Missing (?:argument|option) '(.*?)'\.?(?: .*)?", "il manque {}"),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.*)\)", "« {} » est de trop"),
    (r"Option '?(.*?)'? requires an argument\.?", "l'option « {} » attend une valeur"),
    (rf"{_INVALID} Input should be less than or equal to (\S+)", f"{_REFUSED} au plus {{}}"),
    (rf"{_INVALID} Input should be greater than or equal to (\S+)", f"{_REFUSED} au moins {{}}"),
    (rf"{_INVALID} Input should be a valid integer.*", f"{_REFUSED} un nombre entier est attendu"),
    (rf"{_INVALID} (.*)", f"{_REFUSED} {{}}"),
)

_SYSTEM = {
    errno.ENOENT: "ce fichier ou ce dossier n'existe pas",
    errno.EACCES: "accès refusé",
    errno.EPERM: "opération interdite",
    errno.EEXIST: "existe déjà, et n'est pas un dossier",
    errno.EISDIR: "c'est un dossier ; un fichier est attendu",
    errno.ENOTDIR: "c'est un fichier ; un dossier est attendu",
    errno.ENOSPC: "il n'y a plus de place sur le disque",
    errno.EROFS: "ce disque n'admet que la lecture",
    errno.EIO: "la lecture ou l'écriture échoue",
}


def tell_usage(message: str) -> str:
    """One line for a command that was not typed as it should be; '' when the help was shown instead."""
    line = " ".join(message.split())
    for pattern, phrase in _PHRASES:
        if found := re.fullmatch(pattern, line):
            return phrase.format(*found.groups())
    return line


def tell_system(error: OSError) -> str:
    """One line for what the system refused: which file, and why."""
    why = _SYSTEM.get(error.errno or 0, error.strerror or str(error))
    return f"« {error.filename} » : {why}" if error.filename else why
