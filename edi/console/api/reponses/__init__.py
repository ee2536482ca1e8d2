"""What the API answers: one file a subject; names are those of the glossary, sentences are French."""
