"""The command ``edi``: one file a noun. What is printed is French; errors are one line and exit code 2."""

from __future__ import annotations

import logging
import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Annotated

import structlog
import typer
from sqlalchemy.exc import SQLAlchemyError

from edi import __version__
from edi.cli import (
    alertes,
    annuaire,
    attendus,
    audit,
    bench,
    cdar,
    check,
    console,
    corrige,
    demo,
    depots,
    doctor,
    dossier,
    entrepot,
    espace,
    facture,
    fiche,
    flux,
    jeton,
    journal,
    jugement,
    mandat,
    nightly,
    quarantaine,
    queue,
    rapport,
    rejoue,
    releve,
    reprise,
    retention,
    retenue,
    rules,
    run,
    sample,
    sauvegarde,
    serveur,
    suivi,
    usage,
    user,
    worker,
)
from edi.engine import EngineAway
from edi.espace import CONFIG
from edi.model.gestes import GesteRefuse
from edi.settings import SettingsRefused

INTERRUPTED = 130  # exit code of a command that Ctrl-C ended

app = typer.Typer(
    name="edi",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Navette : des lots de factures entrent, des flux de cycle de vie sortent.",
)

for command in (
    run.init,
    run.serve,
    run.run,
    run.pull,
    check.check,
    queue.queue,
    rejoue.rejoue,
    journal.journal,
    doctor.doctor,
    releve.releve,
    sauvegarde.sauvegarde,
    sauvegarde.restaure,
    dossier.export_incident,
    demo.demo,
    bench.bench,
    console.console,
    worker.worker,
    worker.scheduler,
):
    app.command()(command)
facture.app.command("show")(fiche.show_facture)
facture.app.command()(reprise.recycle)
facture.app.command()(reprise.complete)
facture.app.command()(reprise.acquitte)
audit.app.command("journal")(journal.audit_journal)
nightly.app.command()(rapport.report)
annuaire.app.command("corrige")(corrige.correct)
annuaire.app.command("corrections")(corrige.list_corrections)
annuaire.app.command("relache")(corrige.release)
mandat.app.command("show")(suivi.show_mandat)
mandat.app.command("export")(suivi.export_mandats)
for noun, sub in (
    ("audit", audit.app),
    ("flux", flux.app),
    ("facture", facture.app),
    ("annuaire", annuaire.app),
    ("mandat", mandat.app),
    ("cdar", cdar.app),
    ("depots", depots.app),
    ("serveur", serveur.app),
    ("nightly", nightly.app),
    ("alertes", alertes.app),
    ("attendus", attendus.app),
    ("quarantaine", quarantaine.app),
    ("jugement", jugement.app),
    ("retenue", retenue.app),
    ("retention", retention.app),
    ("entrepot", entrepot.app),
    ("user", user.app),
    ("jeton", jeton.app),
    ("rules", rules.app),
    ("sample", sample.app),
):
    app.add_typer(sub, name=noun)


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"navette-edi {__version__}")
        raise typer.Exit


@app.callback()
def root(
    ctx: typer.Context,
    dossier: Annotated[
        Path, typer.Option("--espace", "-e", envvar="EDI_DOSSIER", help="Dossier de l'espace de travail.")
    ] = Path("."),
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version, puis fin.")
    ] = False,
) -> None:
    """Navette : des lots de factures entrent, des flux de cycle de vie sortent."""
    ctx.obj = dossier
    # check and doctor write nothing anywhere; what root types would close the log to everybody else
    silent = ctx.invoked_subcommand in ("check", "cdar", "depots", "doctor", "restaure", "bench")
    _configure_logs(Path(os.devnull) if silent else _log_file(dossier))


def _log_file(dossier: Path) -> Path:
    if not (dossier / CONFIG).is_file() or not os.access(dossier, os.W_OK):
        return Path(os.devnull)
    (dossier / "logs").mkdir(exist_ok=True)
    return dossier / "logs" / "edi.jsonl"


def _configure_logs(target: Path) -> None:
    """Events go to ``logs/edi.jsonl`` of the workspace, one JSON object a line; never on the screen."""
    stream = target.open("a", encoding="utf-8")
    first = (
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    )
    render = structlog.processors.JSONRenderer(ensure_ascii=False)
    structlog.configure(
        processors=[*first, render],
        logger_factory=structlog.WriteLoggerFactory(file=stream),
    )
    # Packages of others warn through logging, which would write on the screen.
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(render, foreign_pre_chain=first))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    logging.getLogger("paramiko").setLevel(logging.CRITICAL)  # what fails on a server is told by us


def _tell(message: str) -> None:
    print(f"edi : {message}", file=sys.stderr)


def _tell_unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """The last resort: one line, never a traceback unless EDI_TRACE asks for it."""
    if os.environ.get("EDI_TRACE"):
        traceback.print_exception(kind, error, trace)
    _tell(f"incident interne ({kind.__name__} : {error}) ; EDI_TRACE=1 en montre le détail")
    sys.stdout.flush()
    os._exit(2)


def main() -> None:
    """Run the command line; exits with 0, or 2 when the command could not do its work."""
    sys.excepthook = _tell_unexpected
    try:
        # Not ``app()``: typer would put its own excepthook in place of ours.
        code = typer.main.get_command(app)(prog_name="edi", standalone_mode=False)
    except typer.Abort:
        code = INTERRUPTED
    except typer.TyperException as error:
        if message := usage.tell_usage(error.format_message()):
            _tell(message)
        sys.exit(2)
    except SettingsRefused as error:
        for line in str(error).splitlines():
            _tell(line)
        sys.exit(2)
    except GesteRefuse as error:  # a whole sentence, which pages show too
        text = str(error).removesuffix(".")
        _tell(text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}")
        sys.exit(2)
    except (espace.Erreur, EngineAway) as error:
        _tell(str(error))
        sys.exit(2)
    except BrokenPipeError:  # whoever read our output has seen enough: « edi flux list | head »
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except OSError as error:
        _tell(usage.tell_system(error))
        sys.exit(2)
    except SQLAlchemyError as error:
        _tell(f"la base de données ne répond pas comme attendu : {str(error).splitlines()[0]}")
        sys.exit(2)
    if code == INTERRUPTED:
        _tell("interrompu ; ce qui était commencé reprendra au prochain passage")
    sys.exit(code or 0)
