"""Image measures with pinned definitions."""

from spatialmem.metrics.flip import FLIP_DEFINITION as FLIP_DEFINITION
from spatialmem.metrics.flip import flip as flip
from spatialmem.metrics.light import brightness as brightness
from spatialmem.metrics.light import chromaticity as chromaticity
from spatialmem.metrics.light import sharpness as sharpness
from spatialmem.metrics.similarity import MS_SSIM_DEFINITION as MS_SSIM_DEFINITION
from spatialmem.metrics.similarity import SSIM_DEFINITION as SSIM_DEFINITION
from spatialmem.metrics.similarity import SSIM_SIDE as SSIM_SIDE
from spatialmem.metrics.similarity import ms_ssim as ms_ssim
from spatialmem.metrics.similarity import psnr as psnr
from spatialmem.metrics.similarity import ssim as ssim
