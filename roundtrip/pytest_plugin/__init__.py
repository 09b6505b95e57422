"""The pytest plugin: a catalog and its kept files as tests in the user's own run. `roundtrip.pytest_entry` loads it."""
