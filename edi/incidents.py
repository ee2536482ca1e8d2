"""What a failure of ours means: its class, and how operators are told."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from edi.engine import EngineAway, EngineFailed
from edi.lifecycle.advance import LostRace
from edi.model import ErrorClass
from edi.validators.schema import SchemaUnavailable
from edi.validators.schematron.packs import PackUnavailable


def classify(error: BaseException) -> ErrorClass:
    """Who must act on an exception that stopped a stage; what is not known is a fault of our program."""
    if isinstance(error, (SchemaUnavailable, PackUnavailable)):
        return ErrorClass.OPERATOR  # the installation lacks a file, or has another one
    if isinstance(error, LostRace):
        return ErrorClass.TRANSIENT  # an invoice moved while we judged: judged again, it finds it as it is
    if isinstance(error, DBAPIError):
        return ErrorClass.TRANSIENT if error.connection_invalidated or _is_busy(error) else ErrorClass.ENGINE
    if isinstance(error, OSError):
        return ErrorClass.TRANSIENT  # disk full, folder away: it comes back, and nothing else can be done
    if isinstance(error, EngineAway):
        return ErrorClass.CLUSTER
    if isinstance(error, EngineFailed):
        return ErrorClass.ENGINE
    return ErrorClass.ENGINE


def _is_busy(error: DBAPIError) -> bool:
    """A database that another process keeps to itself, or a disk that it cannot write to."""
    told = str(error.orig).lower()
    return any(word in told for word in ("locked", "busy", "disk i/o", "full", "unable to open"))
