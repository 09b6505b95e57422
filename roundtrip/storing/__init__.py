"""What the `store` commands do with a store and with files: trees in and out, persistence, interrupts, keys as text."""
