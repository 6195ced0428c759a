"""Train the networks of the zoo: recipes as data, one loop, runs that can be resumed.

``train_shipped("vgg_cifar10_w2a2i2", folder)`` does what ``akida-lite train`` does; `train`
takes a recipe, a network and images of your own.
"""

from akida_lite import keras_start  # noqa: F401 (before anything imports Keras)
from akida_lite.training.recipes import RECIPES, Cycle, Recipe, Stage
from akida_lite.training.shipped import train_shipped
from akida_lite.training.train import train

__all__ = ["RECIPES", "Cycle", "Recipe", "Stage", "train", "train_shipped"]
