"""Telling what was decided: writers (values to bytes, pure) and the one place that emits."""
