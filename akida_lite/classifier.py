"""A model as engines for large data want it: a callable on batches that travels to workers."""

from __future__ import annotations

import os
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite.answers import answers_of, require_classes
from akida_lite.engine import run
from akida_lite.errors import FileFormatError, InputError, Problem
from akida_lite.files import sha256_of, user_path
from akida_lite.images.arrays import image_of
from akida_lite.images.decoding import Unreadable, require_fit
from akida_lite.layers import Shape
from akida_lite.model import Model
from akida_lite.report.per_image import counted_images
from akida_lite.zoo.cards import shipped_cards
from akida_lite.zoo.integers import pretrained
from akida_lite.zoo.networks import NETWORKS

# The process keeps its models by the SHA-256 of their files, the one used last at the end.
_MODELS: OrderedDict[str, Model] = OrderedDict()
_KEPT = 2
_LOADING = threading.Lock()

Batch = dict[str, npt.NDArray[Any]]


class Classifier:
    """Classifies batches: a mapping of arrays in, a dict of arrays out.

    It travels to other processes by pickle. Made of a path or a name, it sends these and a
    checksum, and each process reads the model once. Made of a `Model`, it sends the model.
    It is one model for ever: where the file has been replaced since, a process that has
    read the model goes on with it, and one that has not refuses. What the file holds is
    compared, not when it was written.

    Parameters
    ----------
    model : str, path or Model
        Name of a trained network, as for :func:`akida_lite.pretrained`, or a file of
        ``Model.save``, which every worker can open by this path.
    image : str
        Column with the images.
    fit : {"crop", "squeeze"}
        How images of another size become the model's: their middle, or all, distorted.
    potentials : bool
        Whether to return what the last layer emits for each class.
    statistics : bool
        Whether to return the events and operations of each image.
    keep : sequence of str
        Columns that are handed through, such as names.
    backend, batch_size, threads
        As in ``Model.predict``. Where an engine starts a process for each core,
        ``threads=1`` is right.

    Raises
    ------
    FileFormatError
        If the file cannot be read.
    InputError
        If `model` or `fit` is not what it may be, or the last map names no class.

    Examples
    --------
    >>> import akida_lite as al
    >>> images, labels = al.datasets.load_cifar10_sample()
    >>> classify = al.Classifier("vgg_cifar10")
    >>> classify({"image": images[:3]})["class"]
    array([3, 8, 8])
    """

    def __init__(
        self,
        model: str | os.PathLike[str] | Model,
        *,
        image: str = "image",
        fit: str = "crop",
        potentials: bool = False,
        statistics: bool = False,
        keep: Sequence[str] = (),
        backend: str = "fast",
        batch_size: int | None = None,
        threads: int | None = None,
    ) -> None:
        require_fit(fit)
        self.image, self.fit, self.keep = image, fit, tuple(keep)
        self.potentials, self.statistics = potentials, statistics
        self._options: dict[str, Any] = {
            "backend": backend,
            "batch_size": batch_size,
            "threads": threads,
        }
        self._content: bytes | None = None
        if isinstance(model, Model):
            self._source, self._content = "", _saved(model)
            self.sha256 = sha256_of(self._content)
            _keep_model(self.sha256, model)
        elif model in NETWORKS:
            self._source = str(model)
            self.sha256 = _published(self._source)
        else:
            # Workers may have another working folder.
            self._source = os.path.abspath(user_path(model))
            self.sha256 = _checksum(self._source)
        model = self.model
        require_classes(model.layers[-1], model.output_shape, model.head)

    @property
    def model(self) -> Model:
        """The model, read when this process first asks for it.

        Raises
        ------
        FileFormatError
            If the file is not the one that the classifier was made with.
        """
        with _LOADING:
            model = _MODELS.get(self.sha256)
            if model is None:
                model = self._load()
            _keep_model(self.sha256, model)
        return model

    @property
    def input_shape(self) -> Shape:
        """Height, width and channels of an image."""
        return self.model.input_shape

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Names of the classes, if known."""
        return self.model.labels

    def __repr__(self) -> str:
        return f"<Classifier {self._source or 'of a Model'!r}, SHA-256 {self.sha256[:12]}>"

    def __call__(self, batch: Mapping[str, Any]) -> Batch:
        """Classify the images of a batch.

        Parameters
        ----------
        batch : mapping of str to array
            Its column `image` is a uint8 array of shape (n, height, width, channels), or a
            sequence of n arrays, encoded pictures (bytes), pictures of Pillow, or paths.

        Returns
        -------
        dict of str to array
            ``class`` int64, ``score`` float32, ``runner_up`` int64 and ``runner_up_score``
            float32, of shape (n,), and what was asked for: ``potentials`` (n, classes),
            ``events`` and ``operations`` int64 (n,), and columns handed through.

        Raises
        ------
        InputError
            If there is no such column, or an image cannot be used; it is named by its row.
        FileFormatError
            If the model's file is missing, damaged or has been replaced.
        """
        for column in (self.image, *self.keep):
            if column not in batch:
                known = ", ".join(map(repr, batch)) or "none"
                problem = f"there is no column {column!r}, there are {known}"
                remedy = "name the column as the option 'image' or 'keep'"
                raise InputError(Problem("batch", problem, remedy))
        model = self.model
        x = self._images(batch[self.image], model.input_shape)
        answers: Batch = {column: np.asarray(batch[column]) for column in self.keep}
        if self.statistics:
            backend, threads = self._options["backend"], self._options["threads"]
            outputs, events, operations = counted_images(
                model.layers, x, backend=backend, threads=threads
            )
        else:
            outputs = run(model.layers, x, **self._options).output
        best = answers_of(model.layers[-1], outputs, model.head)
        answers |= {"class": best.classes, "score": best.scores}
        answers |= {"runner_up": best.runners_up, "runner_up_score": best.runner_up_scores}
        if self.potentials:
            answers["potentials"] = outputs.reshape(len(x), outputs.shape[-1])
        if self.statistics:
            answers |= {"events": events, "operations": operations}
        return answers

    def _images(self, images: Any, shape: Shape) -> npt.NDArray[Any]:
        """Return a column of images as the model reads it."""
        if isinstance(images, np.ndarray) and images.shape[1:] == shape:
            return images  # whatever is wrong with its values, the engine says
        stack = np.empty((len(images), *shape), np.uint8)
        for row, image in enumerate(images):
            try:
                stack[row], _ = image_of(image, shape, self.fit)
            except Unreadable as error:
                remedy = f"leave it out, or {error.remedy}"
                raise InputError(
                    Problem(f"batch, row {row} of {self.image!r}", str(error), remedy)
                ) from error
        return stack

    def _load(self) -> Model:
        if self._content is not None:
            with tempfile.TemporaryDirectory() as folder:
                file = Path(folder, "model.akl")
                file.write_bytes(self._content)
                return Model.load(file)
        if self._source in NETWORKS:
            self._require_same(_published(self._source))
            return pretrained(self._source)
        self._require_same(_checksum(self._source))
        model = Model.load(self._source)
        # The file may have been replaced between reading its checksum and loading it.
        self._require_same(_checksum(self._source))
        return model

    def _require_same(self, found: str) -> None:
        if found != self.sha256:
            problem = f"it has SHA-256 {found}; the classifier was made with {self.sha256}"
            subject = f"model {self._source!r}"
            remedy = "make a new Classifier of it, or of Model.load(path), which travels itself"
            if self._source in NETWORKS:
                remedy = "install the same release of akida_lite here and where it was made"
            raise FileFormatError(Problem(subject, problem, remedy))


def _keep_model(sha256: str, model: Model) -> None:
    _MODELS[sha256] = model
    _MODELS.move_to_end(sha256)
    while len(_MODELS) > _KEPT:
        _MODELS.popitem(last=False)


def _published(name: str) -> str:
    network = NETWORKS[name]
    return str(shipped_cards()[name, network.deployed].integers_sha256)


def _checksum(path: str) -> str:
    try:
        return sha256_of(path)
    except OSError as error:
        problem = f"it cannot be read ({error.strerror or error})"
        known = ", ".join(map(repr, NETWORKS))
        remedy = f"name a file of Model.save(), or one of {known}"
        raise FileFormatError(Problem(f"file '{path}'", problem, remedy)) from error


def _saved(model: Model) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "model.akl")
        model.save(file)
        return file.read_bytes()
