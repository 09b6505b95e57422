"""The subcommands of `shardproof`, one file each; every module here imports only click and its siblings when loaded."""
