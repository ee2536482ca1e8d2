"""Judging again what was rejected at deposit, under the registry of today."""
