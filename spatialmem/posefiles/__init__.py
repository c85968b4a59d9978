"""Recordings and camera files on disk: one module a convention, chosen in `select`."""
