"""Two hundred random scenes, most of them degenerate: no harm is done, and away from thresholds all agrees.

Rounding decides what a pixel shows where alpha is about 1/255 or 0.999, the light that is left about 1e-4, or
two depths are equal but for rounding. Such pixels are found in float64 and get no weight in the loss; they must
still be bounded. All others must agree, and so must the gradients, because the loss holds no others.
"""

from typing import NamedTuple

import torch
from hypothesis import HealthCheck, given, settings
from render_degenerate import cases
from render_layers import doubtful, layers, shape_of
from render_outcomes import Case, Outcome, distances, outcome, random_weights
from torch import Tensor

from spatialmem.render.inputs import Inputs
from spatialmem.render.projection import project
from spatialmem.render.settings import Settings

SLACK = 4e-6
"""Relative error allowed to a round Gaussian's alpha; long thin ones get more, because their conics cancel."""


class Standard(NamedTuple):
    """What float64 says of a case."""

    clear: Tensor   # [C, H, W] bool: pixels far from thresholds
    scale: Tensor   # [D' + 1] size of the numbers in each channel
    slack: float    # relative error allowed to the alpha of the thinnest Gaussian


@given(cases())
@settings(max_examples=200, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))
def test_random_scenes(case: Case) -> None:
    standard = standard_of(case)
    weights = random_weights(standard.clear[..., None] / standard.scale) * standard.clear[..., None] / standard.scale
    fast, exact = outcome(case, "cpu", weights), outcome(case, "reference", weights)
    assert all(bool(torch.isfinite(x).all()) for x in (fast.image, *fast.gradients.values()))
    assert float(fast.image[..., -1].min()) >= 0
    assert float(fast.image[..., -1].max()) <= 1
    difference = (fast.image - exact.image).abs() / standard.scale
    # A pixel that ends one layer sooner or later loses the 0.1 that a saturated layer lets through.
    assert float(difference.max()) <= 0.11
    assert float((difference * standard.clear[..., None]).max()) <= 10 * standard.slack
    # A Gaussian whose centre is a pixel's has no slope there but what rounding its centre makes.
    nothing = 1e-8 * sum(float(gradient.norm()) for gradient in exact.gradients.values())
    for name in too_far(fast, exact):
        uncancelled = float(exact.gradients[name].norm()) + cancelled(case, exact, weights)[name]
        assert float((fast.gradients[name] - exact.gradients[name]).norm()) <= 1e-5 * uncancelled + nothing, name


def too_far(fast: Outcome, exact: Outcome) -> list[str]:
    """The gradients whose relative L2 distance is more than 1e-3.

    More than on plain scenes: here one small Gaussian behind opaque ones may be all that has a gradient, and that
    is what is left of a pixel's light after all in front has been subtracted.
    """
    return [name for name, apart in distances(fast, exact).items() if not apart <= 1e-3]


def cancelled(case: Case, exact: Outcome, weights: Tensor) -> dict[str, float]:
    """By gradient, what expected depth adds by its numerator and takes away again by its denominator.

    Where one Gaussian is all that a pixel shows, expected depth is its depth whatever the opacity: the two
    halves of the gradient cancel, and what rounding leaves of them has to be compared with the halves.
    """
    alphas, mode = exact.image[..., -1:].clamp(min=1e-10), case.options["render_mode"]
    if not mode.endswith("ED"):
        return dict.fromkeys(exact.gradients, 0.0)
    halves = torch.cat([torch.zeros_like(weights[..., :-2]), weights[..., -2:-1] / alphas, 0 * alphas], -1)
    gradients = outcome(case.having(render_mode=mode.replace("ED", "D")), "reference", halves).gradients
    return {name: float(gradients[name].norm()) for name in exact.gradients}


def standard_of(case: Case) -> Standard:
    """The pixels far from thresholds, from the projection in float64."""
    options, opacities = case.options, case.gaussians["opacities"].double()
    antialiased = options["rasterize_mode"] == "antialiased"
    inputs = Inputs(*(x.double() for x in (*case.gaussians.values(), case.viewmats, case.Ks)))
    seen = project(inputs, Settings(*case.size, radius_clip=options["radius_clip"], antialiased=antialiased,
                                    packed=False))
    clear, thinnest, deepest = [], 1.0, 1.0
    for c in range(len(case.viewmats)):
        kept, thinness = shape_of(seen.conics[c], Settings.eps2d)
        drawn = layers(seen.means2d[c], seen.conics[c], seen.depths[c], seen.radii[c],
                       opacities * kept if antialiased else opacities, size=case.size)
        depths, thinness = seen.depths[c][drawn.order], thinness[drawn.order]
        clear.append(~doubtful(drawn, depths, SLACK * thinness, exact_depths=c == 0))
        if len(drawn.order):
            thinnest, deepest = max(thinnest, float(thinness.max())), max(deepest, float(depths.max()))
    has_depth = options["render_mode"] != "RGB"
    channels = case.gaussians["colors"].shape[-1] * options["render_mode"].startswith("RGB")
    return Standard(torch.stack(clear), torch.tensor([1.0] * channels + [deepest] * has_depth + [1.0],
                                                     dtype=torch.float64), SLACK * thinnest)
