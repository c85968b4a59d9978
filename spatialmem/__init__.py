"""spatialmem: an explicit-3D memory for generated worlds."""

from spatialmem.camera import Cameras as Cameras
from spatialmem.errors import SpatialMemError as SpatialMemError
from spatialmem.frames import Frames as Frames
from spatialmem.frames import Recall as Recall
from spatialmem.protocols import Fusion as Fusion
from spatialmem.protocols import Generator as Generator
from spatialmem.protocols import Reconstructor as Reconstructor
from spatialmem.protocols import Request as Request
from spatialmem.splats import Splats as Splats
from spatialmem.world import World as World

__version__ = "0.1.0"
