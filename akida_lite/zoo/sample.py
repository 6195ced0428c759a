"""What two models say of the images that ship, held against the published counts."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from akida_lite.errors import InputError, Problem
from akida_lite.published import claim
from akida_lite.tables import Column, Table
from akida_lite.zoo.networks import NETWORKS


def verify_sample(
    network: str, keras_labels: npt.ArrayLike, integer_labels: npt.ArrayLike
) -> Table:
    """Return the counts of a run over the shipped images beside the published ones.

    Parameters
    ----------
    network : str
        Name of a network of the zoo.
    keras_labels, integer_labels : int array of shape (n,)
        The class that each model gives to each image of the sample that ships, in order.

    Returns
    -------
    akida_lite.tables.Table
        How many images Keras and the integers get right, and on how many they agree.

    Raises
    ------
    InputError
        If there is no such network, or not one class an image.
    ClaimError
        If a count is not the published one, within what another machine may give.
    """
    samples = {name: known.dataset.sample for name, known in NETWORKS.items()}
    sample = samples.get(network)
    if sample is None:
        problem = f"{network!r} is no network of the zoo whose data set ships a sample"
        remedy = f"choose among {', '.join(repr(name) for name in samples if samples[name])}"
        raise InputError(Problem("option 'network'", problem, remedy))
    labels = sample()[1]
    keras, integers = (np.asarray(given) for given in (keras_labels, integer_labels))
    for name, given in (("keras_labels", keras), ("integer_labels", integers)):
        if given.shape != labels.shape:
            problem = f"its shape is {given.shape}, that of the sample's labels {labels.shape}"
            remedy = "run the model over all images of the sample, and give one class an image"
            raise InputError(Problem(f"option {name!r}", problem, remedy))
    equal = {
        "Keras, right": ("keras", keras == labels),
        "integers, right": ("akida", integers == labels),
        "the same class": ("agree", keras == integers),
    }
    rows = []
    for text, (what, right) in equal.items():
        published = claim(f"{network}.{what}.top1_n{len(labels)}")
        count = int(right.sum())
        published.verify(count, len(labels))
        within = f"{published.slack:,} images" if published.slack else "exact"
        rows.append([text, f"{count:,}", f"{published.amount.number:,}", within])
    heads = ["This run", "Published", "May differ by"]
    columns = [Column(""), *(Column(head, "right") for head in heads)]
    return Table(f"{network}: {len(labels):,} images", columns, rows)
