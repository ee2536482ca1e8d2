"""Where the log of a command goes."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import structlog

from edi.espace import CONFIG


def find_file(dossier: Path) -> Path:
    """The log of a workspace that we may write to; otherwise nowhere."""
    if not (dossier / CONFIG).is_file() or not os.access(dossier, os.W_OK):
        return Path(os.devnull)
    (dossier / "logs").mkdir(exist_ok=True)
    return dossier / "logs" / "edi.jsonl"


def configure(target: Path) -> None:
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
