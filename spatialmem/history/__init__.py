"""What became of a world: what changed between two of its moments, and whether it can be made again."""
