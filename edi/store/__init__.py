"""What is remembered: tables, one module of queries per aggregate, migrations. No rule, no transition."""
