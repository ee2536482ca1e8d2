"""The relevé of a day: what each déposant deposited, what became of it; and what it says against it."""
