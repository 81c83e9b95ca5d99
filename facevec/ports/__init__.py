"""What the use cases need from the outside, and nothing of how it is done."""

from facevec.ports.gallery import Gallery, GenerationStore, LiveGallery
from facevec.ports.registry import Registry
from facevec.ports.stores import ApiKeys, Calibrations
from facevec.ports.vision import EmotionClassifier, EmotionReader, FaceDetector, FaceEmbedder, ImageDecoder
