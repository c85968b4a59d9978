"""Every error that spatialmem raises on purpose.

All derive from `SpatialMemError` and from the builtin that a caller would expect, so both
`except SpatialMemError` and `except ValueError` work. Messages say which argument or file is
wrong, what was required, what arrived and what to do.
"""


class SpatialMemError(Exception):
    """Root of all errors raised by spatialmem."""


class ShapeError(SpatialMemError, ValueError):
    """A tensor has the wrong shape or dtype, or two that belong together do not match."""


class InvalidValueError(SpatialMemError, ValueError):
    """A value is not finite, out of its range, or not what it claims (a pose that is not rigid)."""


class UnsupportedOptionError(SpatialMemError, NotImplementedError):
    """An option that exists in the interface is not supported by this version or backend."""


class MissingBackendError(SpatialMemError, ImportError):
    """An optional package is needed; the message names the extra that installs it."""


class RecordingError(SpatialMemError, ValueError):
    """A recording or pose file is missing, damaged or contradicts itself."""


class MeshError(SpatialMemError, ValueError):
    """A mesh file is missing, damaged or has no surface."""


class LayoutError(SpatialMemError, ValueError):
    """A layout file is damaged, or what it draws cannot be a world: a closed room, a door into nothing."""


class TrajectoryError(SpatialMemError, ValueError):
    """A trajectory is unknown, or cannot be made from what was given."""


class GenerationError(SpatialMemError, RuntimeError):
    """A generator refused a request or returned frames that break its contract."""


class WorldFormatError(SpatialMemError, ValueError):
    """A folder is not a world, is damaged, or was written by a newer version."""


class WorldExistsError(SpatialMemError, FileExistsError):
    """A world is to be made where something already stands."""


class WorldLockedError(SpatialMemError, RuntimeError):
    """Another process is writing to this world."""


class WorldChangedError(SpatialMemError, RuntimeError):
    """Another process took back commits of a world that is open here; open it again."""


class StorageError(SpatialMemError, OSError):
    """The disk refused: no permission, no space, or an input/output error."""
