"""Vocabulary of hardware rules: what a rule says, and the constraints it says it with.

A rule is one row of a device's table: which layers, which quantity of theirs, what it must
be, what to do otherwise, and who says so. Nothing here knows a device or a layer class;
layers are meant by the name of their type.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeAlias

STATUSES = ("documented", "observed", "assumed")
"""Who stands behind a rule: a text states it, printed output shows it, or we chose it."""


class Case(NamedTuple):
    """A value whose limit depends on a circumstance: strides of 2, with a 3x3 kernel."""

    circumstance: str
    value: Any


class Constraint(Protocol):
    """A condition on one value that can say itself and name values that break it."""

    def holds(self, value: Any) -> bool:
        """Return whether `value` meets the condition."""
        ...

    def counterexamples(self) -> tuple[Any, ...]:
        """Return values that break the condition, each in a way of its own."""
        ...


@dataclass(frozen=True)
class OneOf:
    """The value is in a list.

    Attributes
    ----------
    allowed : tuple
        Numbers, words, or sizes such as ``(3, 3)``.
    among : tuple
        Every value there is, where these can be listed; words need it.

    Examples
    --------
    >>> print(OneOf((1, 2, 4)), "/", OneOf(((1, 1), (3, 3))))
    1, 2 or 4 / 1x1 or 3x3
    """

    allowed: tuple[Any, ...]
    among: tuple[Any, ...] = ()

    def holds(self, value: Any) -> bool:
        """Return whether `value` is in the list."""
        return value in self.allowed

    def counterexamples(self) -> tuple[Any, ...]:
        """Return what is left of `among`, or gaps and neighbours of what is allowed."""
        low, high = min(self.allowed), max(self.allowed)
        values = self.among
        if not values and is_size(high):
            # One size is larger than all, the other takes its sides from two accepted sizes.
            values = ((high[0] + 1, high[1] + 1), (low[0], high[1]))
        elif not values:
            values = tuple(range(max(1, low - 1), high + 2))
        return tuple(value for value in values if value not in self.allowed)

    def __str__(self) -> str:
        return listed(self.allowed)


@dataclass(frozen=True)
class Between:
    """The value lies in a range from `low` to `high`, ends included.

    Examples
    --------
    >>> print(Between(5, 256))
    5 to 256
    """

    low: int
    high: int

    def holds(self, value: int) -> bool:
        """Return whether `value` lies in the range."""
        return self.low <= value <= self.high

    def counterexamples(self) -> tuple[int, ...]:
        """Return the neighbours of both ends; below 1 there is nothing to count."""
        return (*([self.low - 1] if self.low > 1 else []), self.high + 1)

    def __str__(self) -> str:
        return f"{self.low} to {self.high}"


@dataclass(frozen=True)
class AtMost:
    """The value does not exceed a limit."""

    limit: int

    def holds(self, value: int) -> bool:
        """Return whether `value` is the limit or less."""
        return value <= self.limit

    def counterexamples(self) -> tuple[int, ...]:
        """Return the value above the limit."""
        return (self.limit + 1,)

    def __str__(self) -> str:
        return f"at most {self.limit}"


@dataclass(frozen=True)
class AtLeast:
    """The value does not stay below a limit."""

    limit: int

    def holds(self, value: int) -> bool:
        """Return whether `value` is the limit or more."""
        return value >= self.limit

    def counterexamples(self) -> tuple[int, ...]:
        """Return the value below the limit."""
        return (self.limit - 1,)

    def __str__(self) -> str:
        return f"at least {self.limit}"


@dataclass(frozen=True)
class MultipleOf:
    """The value is a whole number of units."""

    unit: int

    def holds(self, value: int) -> bool:
        """Return whether the unit divides `value`."""
        return value % self.unit == 0

    def counterexamples(self) -> tuple[int, ...]:
        """Return the value above the unit."""
        return (self.unit + 1,)

    def __str__(self) -> str:
        return f"a multiple of {self.unit}"


@dataclass(frozen=True)
class Each:
    """Both sides of a size meet one condition, `side`, each for itself.

    Examples
    --------
    >>> print(Each(OneOf((1, 2))), "/", Each(OneOf((1, 2))).holds((1, 2)))
    1 or 2 on each side / True
    """

    side: Constraint

    def holds(self, value: tuple[int, ...]) -> bool:
        """Return whether every side meets the condition."""
        return all(self.side.holds(side) for side in value)

    def counterexamples(self) -> tuple[tuple[int, int], ...]:
        """Return squares of what breaks the condition."""
        return tuple((side, side) for side in self.side.counterexamples())

    def __str__(self) -> str:
        return f"{self.side} on each side"


@dataclass(frozen=True)
class PerCase:
    """The condition depends on a circumstance.

    A circumstance that is not listed breaks nothing here: that it may not occur is said by
    a rule of its own, and one fault is reported once.

    Attributes
    ----------
    cases : tuple of (str, Constraint)

    Examples
    --------
    >>> print(PerCase((("a 3x3 kernel", OneOf((1, 2))), ("a 5x5 kernel", OneOf((1,))))))
    1 or 2 with a 3x3 kernel; 1 with a 5x5 kernel
    """

    cases: tuple[tuple[str, Constraint], ...]

    def holds(self, value: Case) -> bool:
        """Return whether the value meets the condition of its circumstance."""
        condition = self.condition(value.circumstance)
        return condition is None or condition.holds(value.value)

    def condition(self, circumstance: str) -> Constraint | None:
        """Return the condition in a circumstance; None if it is not listed."""
        return dict(self.cases).get(circumstance)

    def counterexamples(self) -> tuple[Case, ...]:
        """Return what breaks the condition of each circumstance."""
        return tuple(
            Case(circumstance, value)
            for circumstance, condition in self.cases
            for value in condition.counterexamples()
        )

    def __str__(self) -> str:
        cases: dict[str, list[str]] = {}
        for circumstance, condition in self.cases:
            cases.setdefault(str(condition), []).append(circumstance)
        return "; ".join(
            f"{condition} with {listed(case)}" for condition, case in cases.items()
        )


Quantity: TypeAlias = Callable[[Any, tuple[int, int, int], Any], Any]
"""Function of a layer, its input map's shape and the next layer (or None); its name, with
spaces, is what messages call the value. None means that the layer has no such thing."""


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One row of a device's table.

    Attributes
    ----------
    id : str
        Stable name, used in messages and to compare devices.
    layers : tuple of str
        Names of the layer types it is about.
    quantity : str or function
        An attribute of the layer, or a `Quantity`.
    must_be : Constraint
    remedy : str
        What to change, as an imperative.
    source : str
        The text that states the rule, or what it was concluded from.
    status : {"documented", "observed", "assumed"}
    """

    id: str
    layers: tuple[str, ...]
    quantity: str | Quantity
    must_be: Constraint
    remedy: str
    source: str
    status: str = "documented"

    def __post_init__(self) -> None:
        if self.status not in STATUSES or not (self.remedy and self.source):
            raise ValueError(
                f"rule {self.id}: it needs a remedy, a source and a status that is one of "
                f"{listed(STATUSES)}"
            )

    @property
    def name(self) -> str:
        """The quantity in words."""
        named = self.quantity if isinstance(self.quantity, str) else self.quantity.__name__
        return named.replace("_", " ")

    def accepted(self, value: Any) -> str:
        """Return what is accepted, in words; of cases, only the one that `value` is."""
        if isinstance(self.must_be, PerCase):
            return shown(Case(value.circumstance, self.must_be.condition(value.circumstance)))
        return str(self.must_be)

    def value(self, layer: Any, input_shape: tuple[int, int, int], following: Any) -> Any:
        """Return the quantity of `layer`; None where the layer has none.

        Parameters
        ----------
        layer : Layer
        input_shape : (height, width, channels)
            Of the map that the layer reads.
        following : Layer or None
            The layer after it.
        """
        if type(layer).__name__ not in self.layers:
            return None
        if isinstance(self.quantity, str):
            return getattr(layer, self.quantity)
        return self.quantity(layer, input_shape, following)


def listed(values: Sequence[Any]) -> str:
    """Return values as English lists them: ``1, 2 or 4``."""
    *first, last = map(shown, values)
    return f"{', '.join(first)} or {last}" if first else last


def shown(value: Any) -> str:
    """Return a value as messages print it; a size is printed as ``3x3``.

    Examples
    --------
    >>> shown(Case("a 5x5 kernel", (2, 2)))
    '2x2 with a 5x5 kernel'
    """
    if isinstance(value, Case):
        return f"{shown(value.value)} with {value.circumstance}"
    return f"{value[0]}x{value[1]}" if is_size(value) else str(value)


def is_size(value: Any) -> bool:
    """Return whether a value has a height and a width."""
    return isinstance(value, tuple)
