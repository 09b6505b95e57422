"""The storage engine; not built yet: this package is empty, and nothing here stores anything."""
