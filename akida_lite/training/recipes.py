"""How each shipped network is trained: numbers only; `training.train` does the work.

The quantized networks form a ladder: each starts from the latent weights of the rung
before, because a few bits less at a time cost less than one jump.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import accumulate

from akida_lite.zoo.networks import NETWORKS


@dataclass(frozen=True)
class Stage:
    """A stretch of training at one image size.

    Attributes
    ----------
    size : int
        Height and width that the images are resized to, in pixels. The arithmetic of a
        step falls with its square.
    images : int
        Images to train on, in steps of the batch size.
    """

    size: int
    images: int


@dataclass(frozen=True)
class Cycle:
    """A rise and a fall of the learning rate.

    Cycles are independent: each starts from the weights of the one before, with a new
    optimizer. A run that is finished can therefore be lengthened by a cycle, and ends as if
    it had been planned so.

    Attributes
    ----------
    peak_rate : float
        Learning rate at the end of the warm-up; from there it falls linearly to 0 over
        the arithmetic that is left in the cycle.
    stages : tuple of Stage
    optimizer : {"sgd", "muon"}
        SGD has Nesterov momentum 0.9. Where Muon has no matrix (depthwise kernels, batch
        normalization, the last layer), Adam steps at a fifth of the rate.
    weight_decay : float
        Decoupled, on kernels only.
    precision : {"float32", "bfloat16"}
        Of the numbers that convolutions, dense layers and Muon multiply in a step.
        Everything else is float32, as is the network that comes out.
    event_cost : float
        Added to the loss for a million operations an image that events cause; of networks
        whose activations are quantized.
    kernels : bool
        Whether kernels are trained. Without, batch normalization is all that moves: it
        decides which potentials are events, and a step costs less.
    """

    peak_rate: float
    stages: tuple[Stage, ...]
    optimizer: str = "sgd"
    weight_decay: float = 0.0
    precision: str = "float32"
    event_cost: float = 0.0
    kernels: bool = True


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides the outcome of a training run.

    Attributes
    ----------
    name : str
        Also the name of the weights file.
    model : str
        Name of its network.
    bits : (int, int, int)
        Of weights, activations and input weights; 0 for float.
    cycles : tuple of Cycle
    start : str or None
        Recipe whose latent weights this one starts from.
    teacher : str or None
        Recipe of the network whose outputs, as probabilities, are learnt in place of
        labels.
    batch_size : int
    warmup : float
        Share of a cycle's arithmetic in which the rate rises from 0.
    label_smoothing : float
    holdout : int
        Training images, the last ones, that are kept for validation.
    seed : int
    """

    name: str
    model: str
    bits: tuple[int, int, int]
    cycles: tuple[Cycle, ...]
    start: str | None = None
    teacher: str | None = None
    batch_size: int = 125
    warmup: float = 0.15
    label_smoothing: float = 0.0
    holdout: int = 2500
    seed: int = 0

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The stages of all cycles."""
        return tuple(stage for cycle in self.cycles for stage in cycle.stages)

    @property
    def cycle_ends(self) -> tuple[int, ...]:
        """Steps done at the end of each cycle."""
        lengths = (sum(self._steps(stage) for stage in cycle.stages) for cycle in self.cycles)
        return tuple(accumulate(lengths))

    @property
    def steps(self) -> int:
        """Steps of the whole run."""
        return self.cycle_ends[-1]

    def stage_at(self, step: int) -> Stage:
        """Return the stage that a step belongs to."""
        for stage in self.stages:
            step -= self._steps(stage)
            if step < 0:
                return stage
        raise IndexError(f"recipe {self.name!r} has {self.steps} steps")

    def cycle_at(self, step: int) -> Cycle:
        """Return the cycle that a step belongs to."""
        return self.cycles[bisect_right(self.cycle_ends, step)]

    def progress_at(self, step: int) -> float:
        """Return the share of the run's arithmetic that is done before a step."""
        return self._arithmetic(0, step) / self._arithmetic(0, self.steps)

    def rate_at(self, step: int) -> float:
        """Return the learning rate of a step: in each cycle a linear rise and fall to 0."""
        index = bisect_right(self.cycle_ends, step)
        first = self.cycle_ends[index - 1] if index else 0
        whole = self._arithmetic(first, self.cycle_ends[index])
        # The rate is taken in the middle of a step: at its ends, one would be 0.
        twice = self._arithmetic(first, step) + self._arithmetic(first, step + 1)
        progress = twice / 2 / whole
        rise = progress / self.warmup if self.warmup else 1.0
        return self.cycles[index].peak_rate * min(rise, (1 - progress) / (1 - self.warmup))

    def _steps(self, stage: Stage) -> int:
        return stage.images // self.batch_size

    def _arithmetic(self, first: int, last: int) -> int:
        """Return an image's pixels, summed over the steps from `first` to before `last`."""
        total = at = 0
        for stage in self.stages:
            end = at + self._steps(stage)
            total += stage.size**2 * max(0, min(end, last) - max(at, first))
            at = end
        return total


def _table(*recipes: Recipe) -> dict[str, Recipe]:
    return {recipe.name: recipe for recipe in recipes}


def _growing(peak_rate: float, *images: int) -> Cycle:
    """Return a cycle of a float network: `images` at 16, at 24 and at 32 pixels."""
    stages = tuple(Stage(size, n) for size, n in zip((16, 24, 32), images, strict=True))
    return Cycle(peak_rate, stages, weight_decay=5e-4)


def _by_muon(peak_rate: float, *images: int, precision: str = "float32") -> Cycle:
    """Return the same of Muon, which wants stronger decay."""
    return replace(
        _growing(peak_rate, *images), optimizer="muon", weight_decay=0.05, precision=precision
    )


def _by_muon_quantized(peak_rate: float, images: int) -> Cycle:
    """Return a cycle of a quantized network."""
    return Cycle(peak_rate, (Stage(32, images),), "muon", precision="bfloat16")


def _charging(event_cost: float, peak_rate: float, images: int, *, kernels: bool) -> Cycle:
    """Return a cycle that charges for events.

    Without kernels, few images at a high rate move thresholds to where events are rarer.
    """
    cycle = _by_muon_quantized(peak_rate, images)
    return replace(cycle, event_cost=event_cost, kernels=kernels)


def _vgg_rung(
    bits: tuple[int, int, int],
    start: str,
    *cycles: tuple[float, int],
    seed: int,
    charging: tuple[Cycle, ...] = (),
) -> Recipe:
    """Return a rung of the VGG's ladder; a cycle is its peak rate and so many images.

    Rungs with another seed see other images first.
    """
    return Recipe(
        name=NETWORKS["vgg_cifar10"].recipe(bits),
        model="vgg_cifar10",
        bits=bits,
        cycles=(*(_by_muon_quantized(rate, images) for rate, images in cycles), *charging),
        start=f"vgg_cifar10_{start}",
        teacher="vgg_cifar10_float",
        seed=seed,
    )


RECIPES: dict[str, Recipe] = _table(
    Recipe(
        name="vgg_cifar10_float",
        model="vgg_cifar10",
        bits=(0, 0, 0),
        cycles=(
            _growing(0.15, 150_000, 200_000, 100_000),
            _growing(0.1, 50_000, 75_000, 50_000),
            _by_muon(0.008, 50_000, 75_000, 50_000),
            _by_muon(0.005, 20_000, 80_000, 80_000),
            _by_muon(0.005, 20_000, 80_000, 80_000, precision="bfloat16"),
            _by_muon(0.005, 20_000, 80_000, 80_000, precision="bfloat16"),
        ),
        batch_size=250,
        label_smoothing=0.1,
        holdout=0,
    ),
    _vgg_rung((4, 4, 4), "float", (2e-3, 60_000), seed=0),
    _vgg_rung((3, 4, 3), "w4a4i4", (2e-3, 40_000), seed=1),
    _vgg_rung((3, 3, 3), "w3a4i3", (2e-3, 60_000), seed=2),
    _vgg_rung((2, 3, 2), "w3a3i3", (3e-3, 100_000), seed=3),
    _vgg_rung(
        (2, 2, 2),
        "w2a3i2",
        (4e-3, 120_000),
        (4e-3, 200_000),
        seed=4,
        charging=(
            _charging(1e-2, 0.1, 5_000, kernels=False),
            _charging(2e-3, 4e-3, 54_000, kernels=True),
            _charging(4e-3, 2e-3, 20_000, kernels=True),
            _charging(5e-3, 2.5e-3, 40_000, kernels=True),
        ),
    ),
    Recipe(
        name="mobilenet_cifar10_float",
        model="mobilenet_cifar10",
        bits=(0, 0, 0),
        cycles=(
            _growing(0.1, 90_000, 45_000, 15_000),
            _growing(0.1, 80_000, 60_000, 20_000),
            _growing(0.1, 120_000, 120_000, 40_000),
            _by_muon(0.008, 30_000, 90_000, 60_000),
            _by_muon(0.006, 20_000, 80_000, 80_000),
            _by_muon(0.006, 30_000, 150_000, 150_000, precision="bfloat16"),
            _by_muon(0.006, 30_000, 180_000, 200_000, precision="bfloat16"),
            _by_muon(0.005, 10_000, 70_000, 80_000, precision="bfloat16"),
            _by_muon(0.006, 30_000, 180_000, 240_000, precision="bfloat16"),
        ),
        label_smoothing=0.1,
    ),
    Recipe(
        name="mobilenet_cifar10_w4a4i8",
        model="mobilenet_cifar10",
        bits=(4, 4, 8),
        cycles=(
            _by_muon_quantized(4e-3, 280_000),
            _charging(5e-4, 0.06, 4_000, kernels=False),
            _charging(3e-4, 4e-3, 60_000, kernels=True),
            _charging(1e-4, 4e-3, 40_000, kernels=True),
            _charging(2e-5, 2e-3, 30_000, kernels=True),
        ),
        start="mobilenet_cifar10_float",
        teacher="vgg_cifar10_float",
        seed=1,
    ),
)
"""Name of a recipe to the recipe; the name of a shipped weights file is its recipe's."""
