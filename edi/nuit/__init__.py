"""The nights: which jobs are due when, and the runs that are made of them."""
