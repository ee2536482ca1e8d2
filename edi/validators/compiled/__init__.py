"""The official rule packs compiled to Python."""
