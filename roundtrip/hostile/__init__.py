"""Malicious and careless schemas, by level: the evidence for every rule of the schema linter."""
