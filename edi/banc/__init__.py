"""The test bench: what a machine gives, measured on the real stages in a workspace that is thrown away."""
