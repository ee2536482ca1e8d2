"""The command ``edi``: one file a noun. What is printed is French; errors are one line and exit code 2.

What is imported here is waited for by every command: little.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import Annotated

import typer

from edi import __version__
from edi.cli import usage
from edi.cli.commandes import Commandes

INTERRUPTED = 130  # exit code of a command that Ctrl-C ended

app = typer.Typer(
    name="edi",
    cls=Commandes,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Navette : des lots de factures entrent, des flux de cycle de vie sortent.",
)


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
    from edi.cli import logs

    logs.configure(Path(os.devnull) if silent else logs.find_file(dossier))


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
    except BrokenPipeError:  # whoever read our output has seen enough: « edi flux list | head »
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(2)
    except Exception as error:
        from edi.cli.pannes import tell  # what our errors are is imported when there is one

        lines = tell(error)
        if not lines:
            raise
        for line in lines:
            _tell(line)
        sys.exit(2)
    if code == INTERRUPTED:
        _tell("interrompu ; ce qui était commencé reprendra au prochain passage")
    sys.exit(code or 0)
