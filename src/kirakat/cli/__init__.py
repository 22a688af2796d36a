"""The `kirakat` command: one module a subcommand."""
