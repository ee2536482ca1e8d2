"""What people do, and how it is refused."""

from __future__ import annotations


class GesteRefuse(Exception):
    """An act that cannot be done; its text is a French sentence that says why, and what to do."""
