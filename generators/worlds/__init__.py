"""Endless procedural worlds with ground truth: grown block by block, painted and drawn as blockout."""
