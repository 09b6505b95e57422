"""What becomes of a finding: it is made small, described for people, kept, repeated, and promoted to the corpus."""
