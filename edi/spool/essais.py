"""Files under trial: taken out of ``test``, kept aside until they are answered in ``statut/test``."""

from __future__ import annotations

import os
from pathlib import Path

from edi import acts
from edi.spool.depots import carry, put
from edi.spool.places import Entry, Places, names_in


class Essais(Places):
    """``essai/``: one folder a file. All of it is for the one process that is alone at trials."""

    def take_trial(self, appli: str, nom: str, ticket: str, temoin: str = "") -> Entry | None:
        """Take one file out of ``test``, and its done file away; None when its sender has taken it back."""
        source, folder = self.inbox(appli, "test"), self._essai / ticket
        if not os.path.isfile(source / nom) or os.path.islink(source / nom):
            return None  # a link, a folder, a device: left where it lies
        acts.make_folder(folder)
        try:
            carry(source / nom, folder / nom, self._aside / ticket)
        except FileNotFoundError:
            acts.remove_folder(folder)
            return None
        if temoin:
            acts.unlink(source / temoin, missing_ok=True)
        return Entry(ticket, nom, folder / nom)

    def trials(self) -> list[Entry]:
        """The files under trial, in order of arrival; a folder that an interruption left empty goes."""
        found = []
        for folder in sorted(self._essai.iterdir()):
            names = names_in(folder)
            if names:
                found.append(Entry(folder.name, names[0], folder / names[0]))
            else:
                acts.remove_folder(folder)
        return found

    def tell_trial(self, appli: str, nom: str, data: bytes) -> Path:
        """Write or replace an answer in ``statut/test``, whole or not at all."""
        return put(self.statut(appli) / "test", nom, data, "")

    def drop_trial(self, entry: Entry) -> None:
        """Let go of a file that was answered."""
        acts.unlink(entry.path, missing_ok=True)
        acts.remove_folder(entry.path.parent)
