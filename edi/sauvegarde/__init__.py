"""A whole copy of a workspace, made while it works; proving it; and a workspace made again from it.

A folder of backups holds one ``stock`` of received bytes, to which each backup adds what is new, and one
folder a backup, named by its instant. Its manifest is written last: a folder without one was cut short.
"""
