"""Which module each command lies in. It is imported when the command is asked for, and no other is."""

from __future__ import annotations

import gc
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

# Name of the command -> module and attribute: a function, or an app with commands of its own.
COMMANDES: dict[str, tuple[str, str]] = {
    "init": ("run", "init"),
    "serve": ("run", "serve"),
    "run": ("run", "run"),
    "pull": ("run", "pull"),
    "check": ("check", "check"),
    "queue": ("queue", "queue"),
    "rejoue": ("rejoue", "rejoue"),
    "journal": ("journal", "journal"),
    "doctor": ("doctor", "doctor"),
    "releve": ("releve", "releve"),
    "sauvegarde": ("sauvegarde", "sauvegarde"),
    "restaure": ("sauvegarde", "restaure"),
    "export-incident": ("dossier", "export_incident"),
    "demo": ("demo", "demo"),
    "bench": ("bench", "bench"),
    "console": ("console", "console"),
    "worker": ("worker", "worker"),
    "scheduler": ("worker", "scheduler"),
    "audit": ("audit", "app"),
    "flux": ("flux", "app"),
    "facture": ("facture", "app"),
    "annuaire": ("annuaire", "app"),
    "mandat": ("mandat", "app"),
    "cdar": ("cdar", "app"),
    "depots": ("depots", "app"),
    "serveur": ("serveur", "app"),
    "nightly": ("nightly", "app"),
    "alertes": ("alertes", "app"),
    "attendus": ("attendus", "app"),
    "quarantaine": ("quarantaine", "app"),
    "jugement": ("jugement", "app"),
    "retenue": ("retenue", "app"),
    "retention": ("retention", "app"),
    "base": ("base", "app"),
    "entrepot": ("entrepot", "app"),
    "user": ("user", "app"),
    "jeton": ("jeton", "app"),
    "rules": ("rules", "app"),
    "sample": ("sample", "app"),
}
# Commands that lie in another module than the app they are shown in: app -> name, module, function.
AJOUTEES: dict[str, tuple[tuple[str, str, str], ...]] = {
    "facture": (
        ("show", "fiche", "show_facture"),
        ("recycle", "reprise", "recycle"),
        ("complete", "reprise", "complete"),
        ("acquitte", "reprise", "acquitte"),
    ),
    "audit": (("journal", "journal", "audit_journal"),),
    "nightly": (("report", "rapport", "report"),),
    "annuaire": (
        ("corrige", "corrige", "correct"),
        ("corrections", "corrige", "list_corrections"),
        ("relache", "corrige", "release"),
    ),
    "mandat": (
        ("show", "suivi", "show_mandat"),
        ("export", "suivi", "export_mandats"),
    ),
}
_NEW_OBJECTS = 20_000  # a few MB, after which Python looks for garbage among them


class Commandes(TyperGroup):
    """The commands of ``edi``, each made when it is asked for; the help asks for all of them."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDES)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDES:
            return None
        if cmd_name not in self.commands:
            gc.disable()  # a fifth of the time that importing takes, and nothing of it is garbage
            try:
                self.commands[cmd_name] = _make(cmd_name)
                settle_collector()
            finally:
                gc.enable()
        return self.commands[cmd_name]


def settle_collector() -> None:
    """Have Python look for garbage rarely, and never in what was imported.

    What a lot keeps of its invoices is no garbage, and hardly anything here lies in a cycle: looking
    at all of it again every few hundred objects took a twentieth of the time of a lot.
    """
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 10, 10)


def _make(name: str) -> Any:
    found = _find(*COMMANDES[name])
    if isinstance(found, typer.Typer):
        for added, module, function in AJOUTEES.get(name, ()):
            found.command(added)(_find(module, function))
        made: Any = typer.main.get_group(found)
        made.name = name
        return made
    alone = typer.Typer(add_completion=False)
    alone.command(name)(found)
    return typer.main.get_command(alone)


def _find(module: str, attribute: str) -> Any:
    return getattr(import_module(f"edi.cli.{module}"), attribute)
