"""Navette: lots of invoices for the French public sector in, *cycle de vie* flows out."""

__version__ = "0.1.0"
