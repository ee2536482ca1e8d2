"""The JSON API: the same reads and acts as the pages, for programs that show a token."""
