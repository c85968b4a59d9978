"""How near generated pictures are to true ones: distributions, classifiers, and simpler ways to beat."""
