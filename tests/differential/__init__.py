"""The differential rig: what a way of running the official rules finds, held against the sheets as published."""
