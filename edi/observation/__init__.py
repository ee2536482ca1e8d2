"""How a server says that it lives, that it is ready, and what it measures: for probes and Prometheus."""
