"""The kernels of the two renderings. They have a folder of their own because Numba's cached machine code is
thrown away whenever a file beside them changes: see `spatialmem.render.cpu.jit`."""
