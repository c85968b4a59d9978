"""What grows and lies outdoors: trees, hedges and beds, rocks and ponds."""
