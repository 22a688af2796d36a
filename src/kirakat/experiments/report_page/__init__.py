"""The report's page: its template and its style."""
