"""The differential rig: a way of running the official rules, held against the sheets as published."""
