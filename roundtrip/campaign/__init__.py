"""Campaigns: volume in blocks of seeds, which child processes run and a ledger remembers."""
