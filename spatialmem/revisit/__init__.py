"""Is what the camera saw still there when it comes back? Frozen paths, gated measures, controls, one report."""
