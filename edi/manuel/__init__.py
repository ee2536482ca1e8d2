"""Deposits by hand: what a file handed in through a page is, and the flux that it becomes."""
