"""The configuration: ``config/edi.toml`` and ``EDI_*`` in the environment, read once, handed down as values.

pydantic stands here because foreign text enters here; what leaves are the frozen values of ``edi.model``.
A wrong key or value is told with its place, what was found and what is legal (:class:`SettingsRefused`).
"""

from edi.settings.reading import SettingsRefused, build_settings, read_settings
from edi.settings.sections import CODE_APPLI, read_size
from edi.settings.tout import Settings

__all__ = ["CODE_APPLI", "Settings", "SettingsRefused", "build_settings", "read_settings", "read_size"]
