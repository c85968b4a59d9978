"""`Faults`: what goes wrong on purpose, by name, in eight published severities."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np

from spatialmem.errors import InvalidValueError

MAX_SEVERITY = 8

SEVERITIES: dict[str, tuple[float, ...]] = {
    # stops per 100 frames by which all light grows or shrinks; held at 4 stops
    "exposure_drift": (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2),
    # stops per 100 frames by which red drifts from blue, green staying; held at 4 stops
    "colour_drift": (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2),
    # standard deviation of a Gaussian, pixels of an image 240 rows high
    "blur": (0.3, 0.45, 0.65, 0.95, 1.4, 2.1, 3.2, 5.0),
    # standard deviation of the depth of a pixel, share of its depth
    "depth_noise": (0.001, 0.002, 0.004, 0.008, 0.016, 0.03, 0.06, 0.12),
    # constant error of all depth, share of it
    "depth_scale": (0.002, 0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32),
    # standard deviation of each frame's rotation about each axis, degrees; with 20 mm a degree
    "pose_jitter": (0.02, 0.05, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2),
    # metres of horizontal drift per 100 frames; with 5 degrees of yaw a metre
    "odometry_drift": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0),
    # probability that a clip ignores memory and imagines known places in other colours
    "amnesia": (0.02, 0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0),
    # metres, side of four boxes per clip that appear where memory knows nothing
    "invented": (0.05, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.1),
    # share of frames in which a person walks in front of the camera
    "moving_person": (0.02, 0.06, 0.12, 0.2, 0.34, 0.5, 0.76, 1.0),
    # metres, side of a box that stands in the view during one clip and never again
    "one_time_object": (0.05, 0.1, 0.15, 0.25, 0.4, 0.6, 0.9, 1.3),
}
"""Amount of each fault at severities 1 to 8. Frozen: published measurements stand on these numbers."""


@dataclass(frozen=True)
class Faults:
    """Severity of every fault, 0 (off) to 8 (destructive); see `SEVERITIES` for what they mean.

    All are functions of the seed and of the frame's number since the generator was made (clip's
    number for what happens to whole clips), never of the order in which anything is built.

    Raises:
        InvalidValueError: a severity is no whole number 0..8, or the seed is negative.
    """

    exposure_drift: int = 0
    colour_drift: int = 0
    blur: int = 0
    depth_noise: int = 0
    depth_scale: int = 0
    pose_jitter: int = 0
    odometry_drift: int = 0
    amnesia: int = 0
    invented: int = 0
    moving_person: int = 0
    one_time_object: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for name in SEVERITIES:
            severity = getattr(self, name)
            if type(severity) is not int or not 0 <= severity <= MAX_SEVERITY:
                raise InvalidValueError(f"fault {name}: severity must be a whole number 0..{MAX_SEVERITY}, "
                                        f"got {severity!r}")
        if type(self.seed) is not int or self.seed < 0:
            raise InvalidValueError(f"fault seed must be a whole number >= 0, got {self.seed!r}")

    def amount(self, name: str) -> float:
        """What a fault's severity amounts to, in the unit of `SEVERITIES`; 0 where it is off."""
        severity: int = getattr(self, name)
        return SEVERITIES[name][severity - 1] if severity else 0.0

    def rng(self, name: str, index: int = 0) -> np.random.Generator:
        """Random numbers of one fault at one frame or clip, whatever was drawn before."""
        return np.random.default_rng([self.seed, list(SEVERITIES).index(name), index])

    def sign(self, name: str) -> float:
        """-1 or 1, fixed for the whole run."""
        return 1.0 if self.rng(name).random() < 0.5 else -1.0

    @staticmethod
    def parse(text: str) -> Faults:
        """Faults written as `exposure_drift=3,blur=2,seed=7`; an empty text means none.

        Raises:
            InvalidValueError: a name is unknown or given twice, or a value is no whole number.
        """
        names = [field.name for field in fields(Faults)]
        given: dict[str, int] = {}
        for part in filter(None, (part.strip() for part in text.split(","))):
            name, equals, value = (word.strip() for word in part.partition("="))
            if name not in names:
                raise InvalidValueError(f"unknown fault {name!r}; known are {', '.join(names)}")
            if name in given:
                raise InvalidValueError(f"fault {name!r} is given twice; give it once")
            if not equals or not value.isdecimal():
                raise InvalidValueError(f"fault {part!r}: write {name}=N with a whole number N")
            given[name] = int(value)
        return Faults(**given)
