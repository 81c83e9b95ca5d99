"""facevec beside the other ways to do it on the same processor: `python -m benchmarks.pipeline`.

Bytes in to names and emotions out. Each way runs in a process of its own, which is asked in turns: a round is
every picture through every way, so that what else the machine does slows all alike, and idle ways sleep.
"""

import facevec  # noqa: F401  # before NumPy, which every process here loads: it asks for one thread of OpenBLAS, as always
