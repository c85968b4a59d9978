"""Ground truth by ray casting a textured mesh, with graded faults: see `generator.Scene`."""
