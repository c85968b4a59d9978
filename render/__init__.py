"""Rasterisation of Gaussians: gsplat's call, on CPU tensors by own kernels and on CUDA tensors by gsplat.

And of points, plainly.
"""

from spatialmem.render.labels import render_labels as render_labels
from spatialmem.render.points import render_points as render_points
from spatialmem.render.select import rasterization as rasterization
from spatialmem.render.splats import render_splats as render_splats
