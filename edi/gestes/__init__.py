"""What people do: one file an act, checked, done in one transaction, told in the journal with its author.

Whoever asks (the command line, the pages, the API) goes through the same function.
"""
