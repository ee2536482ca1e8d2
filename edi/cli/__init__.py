"""The command ``edi``: one file a noun. What is printed is French; errors are one line and exit code 2."""

from __future__ import annotations

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
from edi.cli import annuaire, check, demo, espace, facture, flux, mandat, rules, run, sample
from edi.settings import SettingsRefused
from edi.spool import SpoolBusy

app = typer.Typer(
    name="edi",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Navette : des lots de factures entrent, des flux de cycle de vie sortent.",
)

for command in (run.init, run.serve, run.run, check.check, demo.demo):
    app.command()(command)
for noun, sub in (
    ("flux", flux.app),
    ("facture", facture.app),
    ("annuaire", annuaire.app),
    ("mandat", mandat.app),
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
        Path, typer.Option("--espace", "-e", envvar="EDI_ESPACE", help="Dossier de l'espace de travail.")
    ] = Path("."),
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Version, puis fin.")
    ] = False,
) -> None:
    """Navette : des lots de factures entrent, des flux de cycle de vie sortent."""
    ctx.obj = dossier
    _configure_logs(dossier)


def _configure_logs(dossier: Path) -> None:
    """Events go to ``logs/edi.jsonl`` of the workspace, one JSON object a line; never on the screen."""
    target = Path(os.devnull)
    if (dossier / "config" / "edi.toml").is_file() and os.access(dossier, os.W_OK):
        (dossier / "logs").mkdir(exist_ok=True)
        target = dossier / "logs" / "edi.jsonl"
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=target.open("a", encoding="utf-8")),
        cache_logger_on_first_use=True,
    )


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
        code = app(standalone_mode=False)
    except typer.Abort:
        _tell("interrompu")
        sys.exit(130)
    except typer.TyperException as error:
        _tell(error.format_message())
        sys.exit(2)
    except SettingsRefused as error:
        for line in str(error).splitlines():
            _tell(line)
        sys.exit(2)
    except SpoolBusy as error:
        _tell(f"une autre exécution travaille déjà sur {error} ; rien n'a été fait")
        sys.exit(2)
    except espace.Erreur as error:
        _tell(str(error))
        sys.exit(2)
    except OSError as error:
        _tell(f"{error.filename or ''} : {error.strerror or error}")
        sys.exit(2)
    except SQLAlchemyError as error:
        _tell(f"la base de données ne répond pas comme attendu : {str(error).splitlines()[0]}")
        sys.exit(2)
    sys.exit(code or 0)
