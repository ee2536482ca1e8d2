"""How a workspace stands: one look at everything it needs, then pure checks over what was seen."""
