"""The transaction of the decision: what was judged is recorded, decided, told."""

from edi.settlement.decision import Settlement, findings_of, same_delivery

__all__ = ["Settlement", "findings_of", "same_delivery"]
