"""Everything between a file in a deposit folder and the bytes of its members.

Readiness, the flux name, archives and lots, and the readers of each format. What comes in is hostile until
proven otherwise: names are data and never paths, sizes are counted and never believed, nothing is unpacked
to disk. Faults of the sender are findings; an exception leaving this room means that we are broken.
"""
