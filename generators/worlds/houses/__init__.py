"""Houses as one sees them from the street: walls with windows and doors, and roofs."""
