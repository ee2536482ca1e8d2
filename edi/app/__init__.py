"""A workspace at work. The only threads; everything that lasts is begun here."""

from edi.app.service import App

__all__ = ["App"]
