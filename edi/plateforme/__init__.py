"""How the platform stands, told in values of :mod:`edi.model`: nothing is changed here."""
