"""Run a recipe: resume where it stopped, checkpoint, validate, write weights and record."""

from __future__ import annotations

import json
import time
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras
import numpy as np

from akida_lite.conversion.events import MILLION
from akida_lite.errors import DatasetError, FileFormatError, InputError, Problem
from akida_lite.training.batches import Labels, Pixels, batch_at
from akida_lite.training.checkpoint import (
    load_checkpoint,
    load_latent_weights,
    read_state,
    save_checkpoint,
)
from akida_lite.training.loop import (
    Scaling,
    forward_of,
    optimizer_of,
    refresh_batch_norm,
    scaled,
    training_step,
    validated,
)
from akida_lite.training.recipes import Recipe
from akida_lite.training.record import facts_of_this_machine, read_record, write_record

Data = tuple[tuple[Pixels, Labels], tuple[Pixels, Labels]]
Report = Callable[[str], None]

CHECKPOINT_SECONDS = 180.0
# Convolutions see hundreds of thousands of positions in a tenth of these images; dense layers,
# which see one, need all of them for statistics that another set of images would not change.
_REFRESH_IMAGES = 10_000
# Before its last point the curve shows the trend only, for which few images suffice.
_VALIDATIONS = 10
_TREND_IMAGES = 500


def train(
    recipe: Recipe,
    folder: str | Path,
    *,
    build: Callable[[Recipe], keras.Model],
    data: Data,
    input_scaling: Scaling,
    resume: bool = True,
    start: str | Path | None = None,
    teacher: keras.Model | None = None,
    report: Report = print,
    stop_after: int | None = None,
) -> keras.Model | None:
    """Train a recipe, or go on with it; the outcome is the same as without a break.

    Parameters
    ----------
    recipe : Recipe
    folder : path
        Where checkpoint, latent weights and run record of each recipe go.
    build : callable
        From the recipe to its untrained model.
    data : ((x, y), (x, y))
        Images for training and for validation: uint8 of shape (n, h, w, c), labels int64.
    input_scaling : (float, float)
        ``(a, b)`` of ``x_keras = (pixel - b) / a``.
    resume : bool
        Whether to go on from a checkpoint of this recipe, if there is one.
    start : path, optional
        Latent weights to start from in place of the recipe's own start.
    teacher : keras.Model, optional
        The trained network that the recipe's `teacher` names.
    report : callable
        Receives a line of text every few minutes.
    stop_after : int, optional
        Stop, with a checkpoint, after so many steps of this call.

    Returns
    -------
    keras.Model or None
        The trained model; None if it was stopped before its end.

    Raises
    ------
    DatasetError
        If the rung that this one starts from has not been trained in `folder`.
    FileFormatError
        If the checkpoint was written by a recipe that differs in what is done already, or a
        finished run's latent weights and record are of different steps.
    InputError
        If the recipe names a teacher and none is given, or the other way round.
    """
    _check_teacher(recipe, teacher)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(recipe.seed)
    model = build(recipe)
    optimizer = None
    checkpoint = folder / f"{recipe.name}.checkpoint.npz"
    if resume and checkpoint.exists():
        state = read_state(checkpoint)
        _check_same_run(checkpoint, state, recipe)
        # A run that was cut off after its last step has only its files left to write.
        if state["step"] < recipe.steps:
            optimizer = optimizer_of(recipe.cycle_at(state["step"]), model)
        load_checkpoint(checkpoint, model, optimizer)
        report(f"{recipe.name}: goes on at step {state['step']} of {recipe.steps}")
    elif resume and (done := cycles_done(recipe, folder)):
        latent = folder / latent_name(recipe.name)
        state = read_state(latent)
        _check_whole_cycles(latent, state, recipe.cycle_ends[done - 1])
        load_checkpoint(latent, model)
        report(f"{recipe.name}: is lengthened from step {state['step']} to {recipe.steps}")
    else:
        state = {"step": 0, "seconds": 0.0, "curve": [], "machines": []}
        _begin(recipe, folder, start, model, data[0][0], input_scaling)
    state["machines"] = [*state["machines"], facts_of_this_machine()]
    run = _Run(
        recipe, model, teacher, optimizer, data, input_scaling, checkpoint, state, report
    )
    if not run.steps(stop_after):
        return None
    save_checkpoint(folder / latent_name(recipe.name), model, None, state)
    write_record(folder / f"{recipe.name}.json", recipe, state, str(start or "") or None)
    checkpoint.unlink(missing_ok=True)
    return model


def latent_name(recipe: str) -> str:
    """Return the file name of a recipe's trained latent weights."""
    return f"{recipe}.latent.npz"


def cycles_done(recipe: Recipe, folder: Path) -> int:
    """Return how many cycles of a recipe the finished run in `folder` has taken.

    It is 0 if there is none, or if its recipe differs in more than the cycles that are
    still to come.
    """
    path = folder / f"{recipe.name}.json"
    if not path.exists():
        return 0
    found = read_record(path)["recipe"]
    done = len(found.get("cycles", []))
    return done if _agree(recipe, found, done) else 0


def _agree(recipe: Recipe, found: dict[str, Any], cycles: int) -> bool:
    """Return whether a recipe and a stored one differ in nothing before so many cycles."""
    # The stored recipe comes from JSON, which turns tuples into lists.
    wanted = json.loads(json.dumps(asdict(recipe)))
    return bool(
        {**wanted, "cycles": wanted["cycles"][:cycles]}
        == {**found, "cycles": found.get("cycles", [])[:cycles]}
    )


def _check_teacher(recipe: Recipe, teacher: keras.Model | None) -> None:
    if (recipe.teacher is None) == (teacher is None):
        return
    given = "none is" if teacher is None else f"{teacher.name!r} is"
    raise InputError(
        Problem(
            f"recipe {recipe.name!r}",
            f"its teacher is {recipe.teacher!r}, {given} given",
            "pass the trained network of that recipe as teacher, or none where it names none",
        )
    )


def _check_same_run(checkpoint: Path, state: dict[str, Any], recipe: Recipe) -> None:
    # The cycle in progress counts as begun: the checkpoint holds its optimizer's state.
    begun = bisect_right(recipe.cycle_ends, state["step"]) + 1
    if state["step"] > recipe.steps or not _agree(recipe, state.get("recipe", {}), begun):
        raise FileFormatError(
            Problem(
                f"checkpoint '{checkpoint}'",
                f"it is at step {state['step']} of a recipe {recipe.name!r} that was another "
                "up to there",
                "remove it to train again, or restore that recipe to finish its run",
            )
        )


def _check_whole_cycles(latent: Path, state: dict[str, Any], end: int) -> None:
    # A longer recipe begins its next cycle where the record of the run says that it ended.
    if state["step"] != end:
        raise FileFormatError(
            Problem(
                f"latent weights '{latent}'",
                f"they are of step {state['step']}, their record is of step {end}",
                "put the two files of one run there, or remove both to train again",
            )
        )


def _begin(
    recipe: Recipe,
    folder: Path,
    start: str | Path | None,
    model: keras.Model,
    x: Pixels,
    scaling: Scaling,
) -> None:
    if start is None and recipe.start is None:
        return
    path = Path(start) if start is not None else folder / latent_name(str(recipe.start))
    if not path.exists():
        raise DatasetError(
            Problem(
                f"recipe {recipe.name!r}",
                f"it starts from {recipe.start!r}, whose latent weights are not in {folder}",
                f"run 'akida-lite train {recipe.start}' first, or name weights with --start",
            )
        )
    load_latent_weights(path, model)
    # Fewer bits shift every potential: begin with the statistics of the new staircase.
    refresh_batch_norm(model, x[: _REFRESH_IMAGES // 10], scaling)


class _Run:
    """The loop over steps, and what it keeps track of."""

    def __init__(
        self,
        recipe: Recipe,
        model: keras.Model,
        teacher: keras.Model | None,
        optimizer: keras.optimizers.Optimizer | None,
        data: Data,
        scaling: Scaling,
        checkpoint: Path,
        state: dict[str, Any],
        report: Report,
    ) -> None:
        self.recipe, self.model, self.teacher = recipe, model, teacher
        # Operations are caused by events, which quantized activations emit.
        self.counting = recipe.bits[1] > 0
        self.forward, self.scaling = forward_of(model, self.counting), scaling
        (self.x, self.y), self.held_out = data
        self.checkpoint, self.state, self.report = checkpoint, state, report
        self.losses: list[float] = state.pop("losses", [])
        self.begin_cycle(int(state["step"]), optimizer)
        self.since = self.saved = time.monotonic()

    def steps(self, limit: int | None) -> bool:
        """Take all steps that are left, at most `limit`; return whether the run is complete."""
        recipe, first = self.recipe, int(self.state["step"])
        last = recipe.steps if limit is None else min(recipe.steps, first + limit)
        for step in range(first, last):
            x, y = batch_at(self.x, self.y, recipe.batch_size, recipe.seed, step)
            self.optimizer.learning_rate = recipe.rate_at(step)
            images = scaled(x, recipe.stage_at(step).size, self.scaling)
            self.losses.append(float(self.step_of(images, y)))
            done = step + 1
            if done in recipe.cycle_ends:
                self.end_cycle(done)
                self.begin_cycle(done)
            elif self._is_point(done):
                self.validate(done)
            if time.monotonic() - self.saved > CHECKPOINT_SECONDS:
                self.save(done)
        if last < recipe.steps:
            self.save(last)
        return last == recipe.steps

    def begin_cycle(
        self, done: int, optimizer: keras.optimizers.Optimizer | None = None
    ) -> None:
        """Take `optimizer`, or a new one, for the steps after `done`."""
        if done == self.recipe.steps:
            return
        cycle, classes = self.recipe.cycle_at(done), int(self.y.max()) + 1
        self.optimizer = optimizer or optimizer_of(cycle, self.model)
        self.step_of = training_step(
            self.recipe, cycle, self.model, self.optimizer, classes, self.teacher
        )

    def end_cycle(self, done: int) -> None:
        """Leave the model as it can be used."""
        refresh_batch_norm(self.model, self.x[:_REFRESH_IMAGES], self.scaling)
        self.validate(done, final=True)

    def _is_point(self, done: int) -> bool:
        ends = self.recipe.cycle_ends
        index = bisect_right(ends, done)
        first = ends[index - 1] if index else 0
        return (done - first) % max(1, (ends[index] - first) // _VALIDATIONS) == 0

    def validate(self, done: int, final: bool = False) -> None:
        """Add a point to the curve."""
        looked_at = None if final else _TREND_IMAGES
        x, y = self.held_out[0][:looked_at], self.held_out[1][:looked_at]
        accuracy, millions = None, 0.0
        if len(x):
            accuracy, millions = validated(self.forward, x, y, self.scaling)
        point = {
            "step": done,
            "images": done * self.recipe.batch_size,
            "size": self.recipe.stage_at(done - 1).size,
            "train_loss": round(float(np.mean(self.losses)), 5) if self.losses else None,
            "validation_images": len(x),
            "validation_accuracy": accuracy,
        }
        counted = self.counting and len(x) > 0
        if counted:
            point["validation_operations"] = round(millions * MILLION)
        self.losses.clear()
        self._clock()
        self.state["curve"].append(point)
        self.state["step"] = done
        left = self.state["seconds"] * (1 / self.recipe.progress_at(done) - 1)
        self.report(
            f"{self.recipe.name}: step {done} of {self.recipe.steps}, loss "
            f"{point['train_loss']}, validation {accuracy}, "
            + (f"{millions:.1f} M operations, " if counted else "")
            + ("done" if left == 0 else f"about {left / 60:.0f} min left")
        )

    def save(self, done: int) -> None:
        """Write the checkpoint."""
        self._clock()
        self.state["step"] = done
        # A resumed run adds the losses since the last point to the next one.
        self.state["losses"] = self.losses
        self.state["recipe"] = asdict(self.recipe)
        save_checkpoint(self.checkpoint, self.model, self.optimizer, self.state)
        self.saved = time.monotonic()

    def _clock(self) -> None:
        now = time.monotonic()
        self.state["seconds"] += now - self.since
        self.since = now
