"""Steps that build the tables, run by `kirakat.store.schema`."""
