"""Judging without depositing: ``edi check``, and the ``test/`` folders of the déposants."""
