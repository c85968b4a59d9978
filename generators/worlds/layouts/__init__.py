"""Worlds that users draw: boxes in JSON, a floor plan as PNG, or a mesh."""
