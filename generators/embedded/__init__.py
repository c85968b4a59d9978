"""Generates worlds from words by a small video diffusion model that is guided by their coarse structure."""
