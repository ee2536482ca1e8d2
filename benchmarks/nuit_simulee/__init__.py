"""A night of deposits as discrete events: who deposits when, what fails, what comes of it."""
