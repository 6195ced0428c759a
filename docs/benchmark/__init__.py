"""How fast a model runs here, beside what else can run it: ``python docs/benchmark``.

Every peer is measured in a process of its own, so that memory and start-up time are its
own as well. Nothing here is asserted anywhere: a time is a fact about one machine.
"""
