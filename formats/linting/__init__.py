"""The parts of the schema linter: its rules and decisions as data, and the walk that applies them."""
