"""Finding faults: rules as data, schemas, and the scenario that says which of them a document meets."""
