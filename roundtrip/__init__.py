"""The proofs: laws, reference decoders, damage, benchmarks and the command line."""
