"""The pages, one file a subject: each reads through the scope of who asks, and shows a template."""
