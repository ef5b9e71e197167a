"""Embedded PostgreSQL and Valkey, and the supervisor of our own processes. Imports nothing else of portal."""
