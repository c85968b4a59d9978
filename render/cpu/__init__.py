"""The CPU backend: explicit-SIMD Numba kernels behind one autograd function."""
