"""Place layers on the neural processors (NPs) of a device.

What fits is decided by the device's rules, which have sources. How many NPs a layer takes
follows from the device's `Capacity`, which for AKD1000 is assumed; a `Placement` says so
wherever it is printed. Nothing here is measured energy or time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from akida_lite.errors import HardwareError, InputError, Problem
from akida_lite.hardware.broken_rules import check
from akida_lite.hardware.device import Capacity, Device
from akida_lite.hardware.devices.akd1000 import AKD1000
from akida_lite.hardware.memory import LayerMemory, memory_of, operations_per_event
from akida_lite.hardware.placement import LayerPlacement, Placement, Processor
from akida_lite.layers import Layer, layer_shapes


def place(
    layers: Sequence[Layer],
    device: Device = AKD1000,
    *,
    input_events: Mapping[str, float] | None = None,
) -> Placement:
    """Give every layer its NPs.

    A layer takes as many NPs as its weights, thresholds and input map fill; none is shared
    between layers. Layers follow each other over the mesh, row by row; one that does not
    fit into the rest of a pass opens the next, and the device is loaded again for it. No
    map is counted twice, so the numbers are what memory demands at least.

    Parameters
    ----------
    layers : sequence of Layer
        A chain that `layer_shapes` accepts; a model's ``layers``.
    device : Device
    input_events : mapping of str to float, optional
        Name of a layer to the events that reach it, a mean per image. With it, operations
        and relative costs are filled in. Layers may be left out.

    Returns
    -------
    Placement

    Raises
    ------
    HardwareError
        If the device does not take the model; lists every layer and rule.
    LayerError
        If the layers do not form a chain.
    InputError
        If `input_events` names a layer that the model lacks, or what is no count.
    """
    problems = check(layers, device)
    if problems:
        raise HardwareError(problems)
    chain = tuple(layers)
    capacity = device.capacity
    memories = [
        memory_of(layer, shape, capacity.threshold_bits)
        for layer, (shape, _) in zip(chain, layer_shapes(chain), strict=True)
    ]
    counts = [_nps(*each, capacity) for each in zip(chain, memories, strict=True)]
    costs = _costs(chain, _checked_events(chain, input_events or {}))
    rows = zip(chain, memories, _processors(counts, capacity), costs, strict=True)
    return Placement(
        device,
        tuple(
            LayerPlacement(layer.name, type(layer).__name__, memory, processors, *cost)
            for layer, memory, processors, cost in rows
        ),
    )


def _nps(layer: Layer, memory: LayerMemory, capacity: Capacity) -> int:
    if type(layer).__name__ in capacity.layers_off_mesh:
        return 0
    return -(-memory.total // capacity.np_memory_bits)


def _processors(counts: list[int], capacity: Capacity) -> list[tuple[Processor, ...]]:
    placed: list[tuple[Processor, ...]] = []
    first = 0
    for count in counts:
        # A layer that fits into one pass is not torn over two: its filters read one map.
        if first % capacity.n_nps + count > capacity.n_nps:
            first = -(-first // capacity.n_nps) * capacity.n_nps
        positions = range(first, first + count)
        placed.append(tuple(_processor(position, capacity) for position in positions))
        first += count
    return placed


def _processor(position: int, capacity: Capacity) -> Processor:
    index, within = divmod(position, capacity.n_nps)
    return Processor(index, *divmod(within, capacity.mesh[1]))


def _costs(
    layers: tuple[Layer, ...], events: Mapping[str, float]
) -> list[tuple[float | None, float | None, float | None]]:
    """Return events, operations and share of all operations of every layer."""
    operations = [_operations(layer, events.get(layer.name)) for layer in layers]
    total = sum(count for count in operations if count is not None)
    return [
        (events.get(layer.name), count, None if count is None or not total else count / total)
        for layer, count in zip(layers, operations, strict=True)
    ]


def _operations(layer: Layer, events: float | None) -> float | None:
    each = operations_per_event(layer)
    return None if events is None or each is None else events * each


def _checked_events(layers: tuple[Layer, ...], events: Mapping[str, float]) -> dict[str, float]:
    names = [layer.name for layer in layers]
    problems = [
        Problem(
            f"input_events[{name!r}]",
            f"the model has no such layer, it has {', '.join(names)}",
            "name one of its layers",
        )
        for name in events
        if name not in names
    ]
    problems += [
        Problem(
            f"input_events[{name!r}]",
            f"{count} is no count",
            "give a mean per image, 0 or more",
        )
        for name, count in events.items()
        if not 0 <= count < math.inf
    ]
    if problems:
        raise InputError(problems)
    return dict(events)
