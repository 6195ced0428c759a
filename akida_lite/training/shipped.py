"""Train a network of the zoo on its data set, and put what came out among the shipped files."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import keras
import numpy as np

from akida_lite import zoo
from akida_lite.conversion import convert
from akida_lite.conversion.binary_scales import make_scales_binary
from akida_lite.conversion.margins import widen_margins
from akida_lite.datasets.lookup import load
from akida_lite.errors import DatasetError, InputError, Problem
from akida_lite.files import atomic_write
from akida_lite.training.batches import Labels, Pixels
from akida_lite.training.checkpoint import load_latent_weights, save_checkpoint
from akida_lite.training.latents import restore_latents
from akida_lite.training.recipes import RECIPES, Recipe
from akida_lite.training.record import read_record
from akida_lite.training.train import Data, cycles_done, latent_name, train
from akida_lite.zoo.cards import FOLDER, shipped_cards, write_index
from akida_lite.zoo.networks import NETWORKS
from akida_lite.zoo.store import load_weights, save_weights


def recipe_called(name: str) -> Recipe:
    """Return the recipe of that name.

    Raises
    ------
    InputError
        If there is none; the message lists all.
    """
    if name not in RECIPES:
        raise InputError(
            Problem(f"recipe {name!r}", f"it is none of {', '.join(RECIPES)}", "choose one")
        )
    return RECIPES[name]


def build(recipe: Recipe) -> keras.Model:
    """Return the untrained network of a recipe."""
    model: keras.Model = zoo.keras_model(NETWORKS[recipe.model], recipe.bits, trained=False)
    return model


def training_data(recipe: Recipe, path: str | os.PathLike[str] | None = None) -> Data:
    """Return the training images of a recipe's network, the last ones of them apart.

    The test images are not even loaded into the loop: nothing can be chosen by them.

    Parameters
    ----------
    recipe : Recipe
    path : path, optional
        Folder or archive with the data set; left out, it is found as always.
    """
    dataset = NETWORKS[recipe.model].dataset
    (x, y), _ = dataset.split(load(dataset, path))
    pixels: Pixels = np.asarray(x)
    labels: Labels = np.asarray(y)
    kept = len(pixels) - recipe.holdout
    return (pixels[:kept], labels[:kept]), (pixels[kept:], labels[kept:])


def train_shipped(
    name: str,
    folder: str | os.PathLike[str],
    *,
    resume: bool = True,
    start: str | os.PathLike[str] | None = None,
    data: str | os.PathLike[str] | None = None,
    report: Callable[[str], None] = print,
) -> None:
    """Run the recipe called `name` to its end, as ``akida-lite train`` does.

    What `folder` lacks of an earlier rung, or of the recipe's own earlier cycles when
    resuming, is taken from the shipped weights.

    Parameters
    ----------
    name : str
        Key of `akida_lite.training.RECIPES`.
    folder, resume, start, report
        See :func:`akida_lite.training.train`.
    data : path, optional
        Folder or archive with the data set; left out, it is found as always.

    Raises
    ------
    InputError
        If there is no such recipe.
    DatasetError, FileFormatError
        See :func:`akida_lite.training.train`.
    """
    recipe, folder = recipe_called(name), Path(folder)
    if start is None and recipe.start is not None:
        _unpack_missing(recipe.start, folder, report)
    if resume and 0 < cycles_done(recipe, FOLDER) < len(recipe.cycles):
        _unpack_missing(name, folder, report)
    train(
        recipe,
        folder,
        build=build,
        data=training_data(recipe, data),
        input_scaling=NETWORKS[recipe.model].input_scaling,
        resume=resume,
        start=None if start is None else Path(start),
        teacher=None if recipe.teacher is None else _trained(recipe.teacher, folder, report),
        report=report,
    )


def _trained(name: str, folder: Path, report: Callable[[str], None]) -> keras.Model:
    """Return the network of a recipe as `folder` has it, or as it ships."""
    _unpack_missing(name, folder, report)
    path = folder / latent_name(name)
    if not path.exists():
        raise DatasetError(
            Problem(
                f"recipe {name!r}",
                f"another learns from it, and its latent weights are not in {folder}",
                f"run 'akida-lite train {name}' first",
            )
        )
    model = build(recipe_called(name))
    load_latent_weights(path, model)
    return model


def unpack(name: str, folder: str | os.PathLike[str]) -> None:
    """Lay the shipped weights of a recipe into `folder` as if it had been run there.

    They are the latent weights as far as the file keeps them: kernels in half precision, or
    the integers of a quantized kernel over their scale. Integers have lost where between two
    levels each latent weight stood; the record of a run that goes on from them says so.

    Parameters
    ----------
    name : str
        A recipe whose weights ship.
    folder : path
    """
    recipe, folder = recipe_called(name), Path(folder)
    model, published = build(recipe), build(recipe)
    load_weights(FOLDER / f"{name}.akw", published)
    model.set_weights(published.get_weights())
    restore_latents(model, published)
    record = read_record(FOLDER / f"{name}.json")
    state = {key: record[key] for key in ("seconds", "curve", "machines", "note", "trials")}
    state["step"] = state["curve"][-1]["step"]
    if any(recipe.bits):
        lost = f"From step {state['step']} on it was lengthened from its published integers."
        state["note"] = f"{state['note']} {lost}".strip()
    folder.mkdir(parents=True, exist_ok=True)
    save_checkpoint(folder / latent_name(name), model, None, state)
    with atomic_write(folder / f"{name}.json") as file:
        file.write((FOLDER / f"{name}.json").read_bytes())


def _unpack_missing(name: str, folder: Path, report: Callable[[str], None]) -> None:
    begun = (latent_name(name), f"{name}.checkpoint.npz", f"{name}.json")
    if any((folder / file).exists() for file in begun):
        return
    if (FOLDER / f"{name}.akw").exists():
        report(f"{name}: the shipped weights are taken, as {folder} has none")
        unpack(name, folder)


def publish(name: str, folder: str | os.PathLike[str]) -> Path:
    """Write the trained weights of a recipe, packed, among the shipped files.

    Parameters
    ----------
    name : str
        A recipe that :func:`train_shipped` has finished in `folder`.
    folder : path

    Returns
    -------
    path
        The weights file; its run record lies beside it and the index names it. Where these
        widths are deployed, the integer model lies there as well, with all kernels in it.
    """
    recipe = recipe_called(name)
    model = build(recipe)
    load_latent_weights(Path(folder) / latent_name(name), model)
    if any(recipe.bits):
        make_scales_binary(model)
        widen_margins(model, NETWORKS[recipe.model].input_scaling)
    FOLDER.mkdir(exist_ok=True)
    path, integers = FOLDER / f"{name}.akw", None
    network = NETWORKS[recipe.model]
    if recipe.bits == network.deployed:
        integers = path.with_suffix(".akl")
        scaling, labels = network.input_scaling, network.labels
        convert(model, input_scaling=scaling, labels=labels).save(integers)
    metadata = {"recipe": name, "model": recipe.model, "bits": list(recipe.bits)}
    save_weights(path, model, metadata, integers=integers)
    record = (Path(folder) / f"{name}.json").read_bytes()
    with atomic_write(FOLDER / f"{name}.json") as file:
        file.write(record)
    shipped = {card.name: (card.model, card.bits) for card in shipped_cards().values()}
    write_index(shipped | {name: (recipe.model, recipe.bits)})
    return path
