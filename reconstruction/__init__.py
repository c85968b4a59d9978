"""Reconstruction: posed frames become Gaussians (seed, optimise, prune)."""
