"""Camera paths: named ones, a recording's own, or a file; the entry is `named.trajectory`."""
