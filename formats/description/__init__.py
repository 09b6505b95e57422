"""What a layout looks like to people: byte maps, constraints in words, tables, pictures, limits."""
