"""How fast a model runs here, beside what else can run it on this machine.

Every peer is measured in a process of its own, so that memory and start-up time are its
own as well. Nothing here is asserted anywhere: a time is a fact about one machine.
"""

from akida_lite.benchmark.counting import StatisticsCost, statistics_cost
from akida_lite.benchmark.growing import GrowthPoint, growth
from akida_lite.benchmark.headlines import headline
from akida_lite.benchmark.machine import Machine, this_machine
from akida_lite.benchmark.measuring import Measurement, benchmark, require_known
from akida_lite.benchmark.peers import PEERS, Peer
from akida_lite.benchmark.preparations import PREPARATIONS
from akida_lite.benchmark.results import as_line, lines_of
from akida_lite.benchmark.subjects import Subject

__all__ = [
    "PEERS",
    "PREPARATIONS",
    "GrowthPoint",
    "Machine",
    "Measurement",
    "Peer",
    "StatisticsCost",
    "Subject",
    "as_line",
    "benchmark",
    "growth",
    "headline",
    "lines_of",
    "require_known",
    "statistics_cost",
    "this_machine",
]
