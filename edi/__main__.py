"""``python -m edi`` is the command ``edi``."""

from edi.cli import main

main()
