"""Deciding what findings come to, and moving statuts: the only room that changes one."""
