"""facevec: who is in a picture, and what their face expresses.

Importing this package loads neither torch nor faiss; `facevec.bootstrap` builds
the application from settings.
"""

__version__ = "0.1.0"
