"""Graded faults of a generator that knows the truth: of poses, colour, depth and content; see `faults.Faults`."""
