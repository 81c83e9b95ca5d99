"""facevec: who is in a picture, and what their face expresses.

Importing this package loads neither torch nor faiss; `facevec.bootstrap` builds
the application from settings.
"""

import os

__version__ = "0.1.0"

# Products of matrices are small here, and several pictures are looked at side by side: threads that OpenBLAS
# shares a product among wait for each other longer than it takes. NumPy asks once, when it is first imported.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
