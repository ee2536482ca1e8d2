"""The archives that may be received, and what comes out of them.

A reader yields each file as a :class:`Membre`, with what was found against it, and at most one bare
:class:`~edi.model.Finding`, last, which refuses the whole flux whatever came before. Memory holds one file.
"""

from __future__ import annotations

from edi.inbound.membre import Membre
from edi.inbound.tar import read_tar_gz
from edi.inbound.zip import open_single_member, read_zip

__all__ = ["Membre", "open_single_member", "read_tar_gz", "read_zip"]
