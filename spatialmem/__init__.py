"""spatialmem: an explicit-3D memory world generator."""
