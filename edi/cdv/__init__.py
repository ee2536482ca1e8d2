"""The cycle de vie of the reform: tables, what a message must hold, how one is made. Values, no XML."""
