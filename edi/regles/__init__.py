"""The official rules that an operator installs: examined, compared with those in force, activated."""
