"""The integer model: layers, where they came from, and everything one does with them."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from akida_lite import storage, web
from akida_lite.answers import classes_of, require_classes, require_scores, scores_of
from akida_lite.engine.onnx import exporting
from akida_lite.errors import (
    FileFormatError,
    InputError,
    LayerError,
    Problem,
    layer_problem,
)
from akida_lite.hardware import AKD1000, Device, Placement, place
from akida_lite.layers import Layer, Shape, layer_shapes
from akida_lite.metadata import checked_head, checked_labels, checked_name, checked_scaling
from akida_lite.report.display import show
from akida_lite.report.last_run import LastRun
from akida_lite.report.statistics import LayerStatistics, ModelStatistics
from akida_lite.report.summary import Summary, summary_of

FilePath = str | os.PathLike[str]
Pixels = npt.NDArray[np.integer[Any]]
Progress = Callable[[int, int], None] | None


class Model:
    """A chain of integer layers that runs images.

    Parameters
    ----------
    layers : sequence of Layer
        The first is an `InputConvolutional` or an `InputData`; names are distinct.
    name : str
        Name of the model, for captions and files.
    input_scaling : (float, float)
        ``(a, b)`` of ``x_keras = (pixel - b) / a``. Already part of the layers; kept so
        that the Keras model can be fed the same images.
    labels : sequence of str, optional
        Names of the classes, one a channel of the last layer; of a `head`, both of them.
    head : {None, "sigmoid", "tanh"}
        What stood behind a last layer of one channel: its middle, 0 for the score before it,
        parts two classes.
    origin : mapping or str, optional
        Where the model came from: anything JSON can hold.

    Raises
    ------
    LayerError
        If the layers do not form a chain, or two share a name.
    InputError
        If `name` is no text, `input_scaling` not two numbers, the first above 0, or `labels`
        not one text a channel.

    Examples
    --------
    >>> import numpy as np
    >>> from akida_lite.layers import FullyConnected, InputData, Potentials
    >>> events = InputData(name="events", input_shape=(1, 1, 2), input_bits=1)
    >>> scores = FullyConnected(
    ...     name="scores",
    ...     weights=np.array([[1, -1], [-1, 1]], np.int8),
    ...     weight_bits=2,
    ...     input_bits=1,
    ...     output=Potentials(np.ones(2), np.zeros(2)),
    ... )
    >>> model = Model([events, scores], labels=["left", "right"])
    >>> model.predict(np.array([[[[0, 1]]]], np.uint8))
    array([1])
    """

    def __init__(
        self,
        layers: Sequence[Layer],
        *,
        name: str = "",
        input_scaling: tuple[float, float] = (1.0, 0),
        labels: Sequence[str] | None = None,
        head: str | None = None,
        origin: Any = None,
    ) -> None:
        self._layers = tuple(layers)
        self._shapes = layer_shapes(self._layers)
        _require_distinct_names(self._layers)
        self._name = checked_name(name)
        self._input_scaling = checked_scaling(input_scaling)
        self._head = checked_head(head) if self.output_shape[2] == 1 else None
        self._labels = checked_labels(labels, 2 if self._head else self.output_shape[2])
        self._origin = origin
        self._last_run: LastRun | None = None
        # The reference is weak: once the statistics are gone, runs stop counting events.
        self._statistics_asked_for: Callable[[], ModelStatistics | None] = _nobody

    @property
    def layers(self) -> tuple[Layer, ...]:
        """The layers, in order."""
        return self._layers

    @property
    def name(self) -> str:
        """Name of the model; may be empty."""
        return self._name

    @property
    def input_scaling(self) -> tuple[float, float]:
        """``(a, b)`` of ``x_keras = (pixel - b) / a``."""
        return self._input_scaling

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Names of the classes, if known."""
        return self._labels

    @property
    def head(self) -> str | None:
        """What parts the two classes of a one-channel output, if it has two."""
        return self._head

    @property
    def input_shape(self) -> Shape:
        """Height, width and channels of an image."""
        return self._shapes[0][0]

    @property
    def output_shape(self) -> Shape:
        """Height, width and channels of the last map."""
        return self._shapes[-1][1]

    @property
    def metadata(self) -> dict[str, Any]:
        """What is saved beside the layers: name, input_scaling, labels, head, origin."""
        return {
            "name": self._name,
            "input_scaling": list(self._input_scaling),
            "labels": None if self._labels is None else list(self._labels),
            "origin": self._origin,
            **({} if self._head is None else {"head": self._head}),
        }

    def __getstate__(self) -> dict[str, Any]:
        # A copy starts without runs, and without statistics that would follow it.
        return {**self.__dict__, "_last_run": None, "_statistics_asked_for": _nobody}

    def __len__(self) -> int:
        return len(self._layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self._layers)

    def __repr__(self) -> str:
        name = f" {self._name!r}" if self._name else ""
        count = f"{len(self)} layer{'' if len(self) == 1 else 's'}"
        return f"<Model{name}: {count}, {self.input_shape} to {self.output_shape}>"

    def get_layer(self, which: str | int) -> Layer:
        """Return one layer.

        Parameters
        ----------
        which : str or int
            Its name or its index; a negative one counts from the end.

        Returns
        -------
        Layer

        Raises
        ------
        InputError
            If there is none.
        """
        names = [layer.name for layer in self._layers]
        if isinstance(which, str) and which in names:
            return self._layers[names.index(which)]
        if not isinstance(which, str) and -len(names) <= which < len(names):
            return self._layers[which]
        remedy = f"choose one of {', '.join(map(repr, names))}, or an index below {len(names)}"
        raise InputError(Problem(f"layer {which!r}", "the model has no such layer", remedy))

    def forward(
        self,
        x: Pixels,
        *,
        backend: str = "fast",
        batch_size: int | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> npt.NDArray[Any]:
        """Return what the last layer emits, as integers.

        Parameters
        ----------
        x : uint8 array of shape (n, height, width, channels)
            Pixels, or the events that an `InputData` reads. n may be 0.
        backend : {"fast", "numpy", "reference"}
            All give the same integers. ``"fast"`` is the quickest that is installed: ONNX
            Runtime, else numpy.
        batch_size : int, optional
            Images at a time; left out, the backend chooses.
        threads : int, optional
            Left out, all cores.
        progress : callable, optional
            Called with (images done, images in all) after each batch.

        Returns
        -------
        array of shape (n, h, w, c)
            uint8 events, or int32 potentials where the last layer has no activation.

        Raises
        ------
        InputError
            If `x` is not what the first layer reads, or an option is not what it may be.
        """
        return self._run(x, backend, batch_size, threads, progress)

    def predict(
        self,
        x: Pixels,
        *,
        backend: str = "fast",
        batch_size: int | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> npt.NDArray[np.int64]:
        """Return the class of each image: the channel of the last layer that is highest.

        Channels compare as what they are worth in the Keras model's output. Where one unit
        of potential is worth the same in all of them, integers decide, and nothing is
        rounded; where filters have scales of their own, float64 decides. Of equals, the
        lowest index wins. `evaluate` rounds to float32 afterwards and may show as equal
        what `predict` tells apart.

        One channel before a sigmoid or tanh stands for two classes: 1 where the score is above
        0, which is the middle of these functions, else 0. Any other single channel has no
        classes.

        Parameters
        ----------
        x, backend, batch_size, threads, progress
            As in `forward`.

        Returns
        -------
        int64 array of shape (n,)

        Raises
        ------
        InputError
            As `forward`; also if the last map has several positions, or one channel that
            stands for no classes.
        """
        last = self._layers[-1]
        require_classes(last, self.output_shape, self._head)
        outputs = self._run(x, backend, batch_size, threads, progress)
        return classes_of(last, outputs, self._head)

    def evaluate(
        self,
        x: Pixels,
        *,
        backend: str = "fast",
        batch_size: int | None = None,
        threads: int | None = None,
        progress: Progress = None,
    ) -> npt.NDArray[np.float32]:
        """Return the scores of each image, in the units of the Keras model's output.

        Parameters
        ----------
        x, backend, batch_size, threads, progress
            As in `forward`.

        Returns
        -------
        float32 array of shape (n, c), or (n, h, w, c) if the last map has several positions

        Raises
        ------
        InputError
            As `forward`; also if the last layer has an activation.
        """
        last = self._layers[-1]
        require_scores(last)
        potentials = self._run(x, backend, batch_size, threads, progress)
        scores = scores_of(last, potentials)
        one_position = prod(self.output_shape[:2]) == 1
        return scores.reshape(-1, self.output_shape[2]) if one_position else scores

    def get_statistics(self) -> ModelStatistics:
        """Return sparsity and operations of every layer in the last run.

        The object follows the model: it describes the run that was the last when it is
        looked at, and is empty before the first. As long as it lives, runs count their
        events, which takes little of their time. Runs before it was asked for count
        nothing: the last of them is then run once more when the object is looked at, and
        until the next run the model refers to its images. A pickle or a deep copy of the
        object keeps the numbers of that moment.

        Returns
        -------
        ModelStatistics
            Looking at it raises InputError if the images of a run that did not count were
            changed in place since, so that they now give another output.
        """
        statistics = self._statistics_asked_for()
        if statistics is None:
            statistics = ModelStatistics(self._statistics)
            self._statistics_asked_for = weakref.ref(statistics)
        return statistics

    def _statistics(self) -> Mapping[str, LayerStatistics]:
        return {} if self._last_run is None else self._last_run.statistics()

    def _run(
        self,
        x: Pixels,
        backend: str,
        batch_size: int | None,
        threads: int | None,
        progress: Progress,
    ) -> npt.NDArray[Any]:
        this = LastRun(self._layers, x, backend, batch_size, threads)
        asked_for = self._statistics_asked_for() is not None
        output = this.output(progress, count_events=asked_for)
        self._last_run = this
        return output

    def summary(self, device: Device = AKD1000) -> Summary:
        """Print a table of the layers, with whether a device takes each; return it.

        Where results show themselves, as in a notebook or at an interactive prompt,
        nothing is printed: the table would stand there twice.

        Parameters
        ----------
        device : Device

        Returns
        -------
        Summary
        """
        return show(summary_of(self._layers, name=self._name, device=device))

    def _repr_html_(self) -> str:
        return summary_of(self._layers, name=self._name, device=AKD1000)._repr_html_()

    def map(self, device: Device = AKD1000) -> Placement:
        """Place the layers on the processors of a device.

        Parameters
        ----------
        device : Device

        Returns
        -------
        Placement

        Raises
        ------
        HardwareError
            Lists every layer that the device does not take, the rule and the fix.
        """
        return place(self._layers, device)

    def save(self, path: FilePath) -> None:
        """Write the model to one file that holds no code.

        Parameters
        ----------
        path : path
            Overwritten when it exists.

        Raises
        ------
        FileFormatError
            If the file cannot be written.
        InputError
            If `origin` is not what JSON can hold.
        """
        storage.save(path, self._layers, self.metadata)

    @classmethod
    def load(cls, path: FilePath) -> Model:
        """Read a model that `save` wrote, with its name, scaling, labels and origin.

        Parameters
        ----------
        path : path

        Returns
        -------
        Model

        Raises
        ------
        FileFormatError
            If the file cannot be read, is foreign, damaged or from a later version.
        """
        layers, metadata = storage.load(path)
        known = ("name", "input_scaling", "labels", "head", "origin")
        try:
            return cls(layers, **{key: metadata[key] for key in known if key in metadata})
        except (InputError, LayerError) as error:
            problem = f"it describes no model: {error.problems[0].subject}"
            problem += f" {error.problems[0].problem}"
            remedy = "save the model again with Model.save()"
            raise FileFormatError(
                Problem(f"file '{os.fspath(path)}'", problem, remedy)
            ) from error

    def to_onnx(self, path: FilePath) -> None:
        """Write the model as an ONNX file of standard operators, bit for bit the same.

        It reads uint8 images of shape (n, h, w, c) and gives what `forward` gives. The
        file also holds name, input_scaling, labels and origin, where they are known.

        Parameters
        ----------
        path : path
            Overwritten when it exists.

        Raises
        ------
        InputError
            If the package onnx is not installed, or `origin` is not what JSON can hold.
        OSError
            If the file cannot be written.
        """
        known = {
            key: value
            for key, value in self.metadata.items()
            if value is not None and not (isinstance(value, str) and not value)
        }
        exporting.export(self._layers, path, known)

    def to_web(self, folder: FilePath, samples: Pixels | None = None) -> None:
        """Write a folder whose page runs the model in a browser, with the same integers.

        ``index.html`` works from any static server and when it is opened from a disk; it
        loads nothing from elsewhere. Whoever opens it chooses a picture, or takes one with
        a camera, and sees which neurons fire in each layer and which class wins. The page
        repeats what the reference backend computes, and says if a bit differs.

        Parameters
        ----------
        folder : path
            A new or an empty folder, or an earlier export, which is replaced. It appears
            when it is complete.
        samples : uint8 array of shape (n, height, width, channels), optional
            Pictures that the page offers; some of them are among those it tests itself
            with.

        Raises
        ------
        InputError
            If `folder` holds anything else or cannot be written, or `samples` are not what
            the first layer reads.
        """
        web.write_folder(folder, self._layers, self.metadata, samples)


def _nobody() -> None:
    """Stand for a reference to an object that is gone."""


def _require_distinct_names(layers: tuple[Layer, ...]) -> None:
    first: dict[str, int] = {}
    problems = [
        layer_problem(
            layer.name,
            type(layer).__name__,
            f"layer {index} has the name of layer {first[layer.name]}",
            "give every layer a name of its own",
        )
        for index, layer in enumerate(layers)
        if first.setdefault(layer.name, index) != index
    ]
    if problems:
        raise LayerError(problems)
