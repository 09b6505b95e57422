"""The codecs that the engine runs, generated from the schemas by `shardproof formats generate`; never edited."""
