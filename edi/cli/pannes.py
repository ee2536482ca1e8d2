"""What a user is told of an error that he or the system can mend."""

from __future__ import annotations

from sqlalchemy.exc import SQLAlchemyError

from edi.cli.espace import Erreur
from edi.cli.usage import tell_system
from edi.engine import EngineAway
from edi.model.gestes import GesteRefuse
from edi.settings import SettingsRefused


def tell(error: Exception) -> list[str]:
    """One line or several; none for an error that is a fault of ours."""
    if isinstance(error, SettingsRefused):
        return str(error).splitlines()
    if isinstance(error, GesteRefuse):  # a whole sentence, which pages show too
        text = str(error).removesuffix(".")
        return [text if text[1:2].isupper() else f"{text[:1].lower()}{text[1:]}"]
    if isinstance(error, (Erreur, EngineAway)):
        return [str(error)]
    if isinstance(error, OSError):
        return [tell_system(error)]
    if isinstance(error, SQLAlchemyError):
        return [f"la base de données ne répond pas comme attendu : {str(error).splitlines()[0]}"]
    return []
