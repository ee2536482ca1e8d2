"""The capacity plan: a model of what invoices cost, fitted to measures, and what a volume needs. Pure."""
