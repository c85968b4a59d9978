"""Generators: what makes posed frames for the loop; one file or folder each."""
