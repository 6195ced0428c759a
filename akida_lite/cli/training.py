"""``akida-lite train``: run a recipe, resume it, put its weights among the shipped ones."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from akida_lite.datasets.cache import cache_folder
from akida_lite.errors import FileFormatError, InputError, Problem, shown


def add_commands(commands: Any) -> None:
    """Add the command to the parser's subcommands."""
    parser = commands.add_parser(
        "train",
        help="train a network of the zoo",
        description="Run a recipe of akida_lite.training.RECIPES, with a checkpoint every few "
        "minutes. Checkpoint, trained weights and run record go to the folder.",
    )
    parser.add_argument("recipe", metavar="RECIPE", help="such as vgg_cifar10_w2a2i2")
    parser.add_argument(
        "--resume",
        action="store_true",
        help="go on with a run that was interrupted, or that its recipe has lengthened",
    )
    parser.add_argument(
        "--folder", type=Path, help="(default: 'training' in the user's cache folder)"
    )
    parser.add_argument(
        "--start",
        type=Path,
        metavar="FILE",
        help="latent weights to start from (default: those that the recipe names)",
    )
    parser.add_argument(
        "--publish",
        action="store_true",
        help="write the weights, packed, into the package; for an editable installation",
    )
    parser.add_argument(
        "--data-dir", metavar="DIR", help="folder with an archive of the data set"
    )
    parser.set_defaults(run=run)


def run(given: argparse.Namespace) -> int:
    """Train; a run that `--resume` finds complete is left as it is.

    Raises
    ------
    InputError
        If there is no such recipe, or a checkpoint would be overwritten.
    FileFormatError
        If the folder holds a finished run of the recipe as it was once.
    """
    # TensorFlow reads this when it is imported. Unless asked, it leaves oneDNN off on
    # processors without AVX-512.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
    from akida_lite.training import shipped

    recipe = shipped.recipe_called(given.recipe)
    folder = given.folder or cache_folder() / "training"
    if not given.resume:
        _keep_checkpoint(recipe.name, folder)
    if given.resume and _is_complete(recipe, folder):
        print(shown(f"{recipe.name}: is trained already, in {folder}"))
    else:
        print(shown(f"{recipe.name}: checkpoints and weights go to {folder}"), flush=True)
        shipped.train_shipped(
            recipe.name,
            folder,
            resume=given.resume,
            start=given.start,
            data=given.data_dir,
            report=lambda line: print(line, flush=True),
        )
    if given.publish:
        print(f"{recipe.name}: published as {shipped.publish(recipe.name, folder)}")
    return 0


def _keep_checkpoint(name: str, folder: Path) -> None:
    checkpoint = folder / f"{name}.checkpoint.npz"
    if checkpoint.exists():
        problem = f"'{checkpoint}' is the checkpoint of a run that was interrupted"
        remedy = "add --resume to go on with it, or remove it to begin anew"
        raise InputError(Problem(f"recipe {name!r}", problem, remedy))


def _is_complete(recipe: Any, folder: Path) -> bool:
    from akida_lite.training.train import cycles_done

    record = folder / f"{recipe.name}.json"
    left = folder / f"{recipe.name}.checkpoint.npz"
    if left.exists() or not record.exists():
        return False
    done = cycles_done(recipe, folder)
    if not done:
        problem = f"'{record}' is of a recipe of that name with other numbers"
        remedy = "leave --resume out to train again, or name another --folder"
        raise FileFormatError(Problem(f"recipe {recipe.name!r}", problem, remedy))
    return done == len(recipe.cycles)
