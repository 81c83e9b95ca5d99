"""The models that facevec knows, one file a model or family of models.

To add one: a file here with its entry, and its name in `weights.catalogue`. The entry says where its
weights come from, how a file of them is known, what its layers are, and what reads a face with them.
Where the layers are facevec's own they stand in `networks`, since whoever lists models imports no torch.
"""
