"""The fuzzer: mutated frames by the million, through every lane, with the checksums made again where that is wanted."""
