"""Classes of failure: who must act, and whether trying again can help. The list is closed."""

from __future__ import annotations

from enum import Enum


class ErrorClass(Enum):
    """Who must act on a failure, and whether trying again can help; the list is closed."""

    BUSINESS = "métier"  # the invoice or its rules: decided, never tried again
    SENDER = "déposant"  # the sender must mend it; trying again shows the same
    TRANSIENT = "passager"  # the network, the disk, the registry's silence: tried again
    CLUSTER = "grappe"  # no other machine judges for us now: tried again at a steady pace
    ENGINE = "moteur"  # our own machine or program: tried again, and looked at
    OPERATOR = "exploitant"  # somebody must change a configuration, a key, a right

    @property
    def retried(self) -> bool:
        """True when trying again, with nothing changed, may come to something else."""
        return self in (ErrorClass.TRANSIENT, ErrorClass.CLUSTER, ErrorClass.ENGINE)
