"""Tables that déposants write by hand or by machine: CSV, whatever their delimiter and encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

_MOST = 20 * 1024**2  # bytes


class TableauRefused(Exception):
    """The file is no table that we can read; the message says why, in French."""


def read_tableau(path: Path, colonnes: Sequence[str]) -> list[dict[str, str]]:
    """The rows, with every one of ``colonnes``, '' where the file has none. Raises TableauRefused.

    The first of ``colonnes`` must be there; they may stand in any order.
    """
    if path.stat().st_size > _MOST:
        raise TableauRefused("le fichier dépasse 20 Mo")
    data = path.read_bytes()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp1252", "replace")
    head = text.partition("\n")[0]
    delimiter = ";" if ";" in head else "," if "," in head else "\t"
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise TableauRefused(f"ce n'est pas un CSV lisible ({error})") from error
    names = [name.strip().lower() for name in lines[0]] if lines else []
    if colonnes[0] not in names:
        raise TableauRefused(
            f"sa première ligne doit nommer les colonnes, dont « {colonnes[0]} » ; "
            f"trouvé : {', '.join(names) or 'rien'}"
        )
    places = {name: names.index(name) for name in colonnes if name in names}
    rows = []
    for line in lines[1:]:
        if any(cell.strip() for cell in line):
            found = {name: line[place].strip() for name, place in places.items() if place < len(line)}
            rows.append({name: found.get(name, "") for name in colonnes})
    return rows
