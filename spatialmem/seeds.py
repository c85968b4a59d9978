"""Seeds that belong to others and are unrelated to each other."""

import numpy as np


def clip_seed(seed: int, start: int) -> int:
    """The seed of the clip that begins at frame `start`: 32 bits, unrelated between clips."""
    return int(np.random.SeedSequence([abs(seed), start]).generate_state(1)[0])


def hypothesis_seed(seed: int, hypothesis: int) -> int:
    """The seed under which the unseen is something else, 32 bits; of hypothesis 0 `seed` itself."""
    return int(np.random.SeedSequence([abs(seed), 0, hypothesis]).generate_state(1)[0]) if hypothesis else seed
