"""Train the emotion network on FER2013: `python -m training.emotion.train --data DIR`.

Writes `NAME.pt` (averaged weights and settings) to the output folder after each epoch, and one
JSON line an epoch to `training/emotion/runs/NAME.jsonl`.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional

from facevec.types import EMOTIONS
from facevec.vision.networks.emotion import EmotionNet
from training.emotion.augment import Augment
from training.emotion.data import PUBLIC_SPLIT, TRAIN_SPLIT, Batches, Faces, read_faces
from training.emotion.metrics import figures
from training.emotion.settings import Settings, read_settings

HERE = Path(__file__).parent
EVALUATION_SIZE = 48


class Average:
    """Exponential moving average of all weights and batch statistics."""

    def __init__(self, network: EmotionNet, decay: float) -> None:
        self.network = EmotionNet()
        self.network.load_state_dict(network.state_dict())
        self._decay = decay
        self._updates = 0

    def update(self, network: EmotionNet) -> None:
        """Move towards the network, faster during the first steps."""
        self._updates += 1
        decay = min(self._decay, self._updates / (self._updates + 10))
        for mine, theirs in zip(
            self.network.state_dict().values(), network.state_dict().values(), strict=True
        ):
            if mine.is_floating_point():
                mine.lerp_(theirs, 1 - decay)


def normalize(faces: torch.Tensor, mean: float, std: float) -> torch.Tensor:
    """Grey levels of 0 to 1 as the network takes them."""
    return ((faces - mean) / std).contiguous(memory_format=torch.channels_last)


def grey_statistics(pictures: torch.Tensor) -> tuple[float, float]:
    """Mean and deviation of all pixels, in grey levels of 0 to 1, four decimals."""
    levels = pictures.float() / 255
    return round(float(levels.mean()), 4), round(float(levels.std()), 4)


@torch.no_grad()
def predict(network: EmotionNet, pictures: torch.Tensor, mean: float, std: float) -> torch.Tensor:
    """Logits float32 (N, 7) of uint8 (N, 48, 48)."""
    network.eval()
    chunks = (pictures[start : start + 256] for start in range(0, len(pictures), 256))
    return torch.cat([network(normalize(chunk.unsqueeze(1).float() / 255, mean, std)) for chunk in chunks])


def soft_targets(faces: Faces, settings: Settings, teacher: Path | None) -> torch.Tensor:
    """Smoothed one-hot targets (N, 7), blended with a teacher's logits where there is one."""
    classes = len(EMOTIONS)
    hard = functional.one_hot(faces.labels, classes).float()
    smooth = hard * (1 - settings.label_smoothing) + settings.label_smoothing / classes
    if teacher is None:
        return smooth
    logits = torch.load(teacher, weights_only=True)
    opinion = torch.softmax(logits / settings.teacher_temperature, 1)
    return torch.lerp(smooth, opinion, settings.teacher_share)


def learning_rate(settings: Settings, epoch: float) -> float:
    """Linear warm-up, then half a cosine down to zero."""
    if epoch < settings.warm_up_epochs:
        return settings.learning_rate * epoch / settings.warm_up_epochs
    progress = (epoch - settings.warm_up_epochs) / (settings.epochs - settings.warm_up_epochs)
    return settings.learning_rate * (1 + math.cos(math.pi * progress)) / 2


def make_optimizer(network: EmotionNet, settings: Settings) -> torch.optim.SGD:
    """SGD with Nesterov momentum; only weights of two dimensions and more decay."""
    decayed = [p for p in network.parameters() if p.ndim > 1]
    free = [p for p in network.parameters() if p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    return torch.optim.SGD(groups, lr=0.0, momentum=settings.momentum, nesterov=True)


def train(
    settings: Settings,
    train_faces: Faces,
    public_faces: Faces,
    out: Path,
    teacher: Path | None = None,
    start: Path | None = None,
) -> None:
    """One run from its settings; the public split is only looked at, never learnt from."""
    torch.manual_seed(settings.seed)
    mean, std = grey_statistics(train_faces.pictures)
    network = EmotionNet(settings.dropout)
    if start is not None:
        network.load_state_dict(torch.load(start, weights_only=True)["state_dict"])
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # the stub lacks it
    average = Average(network, settings.average_decay)
    optimizer = make_optimizer(network, settings)
    augment = Augment(settings.augmentation, settings.seed)
    batches = Batches(train_faces.labels, settings.batch, settings.balance, settings.seed)
    targets = soft_targets(train_faces, settings, teacher)
    log = HERE / "runs" / f"{settings.name}.jsonl"
    log.unlink(missing_ok=True)
    began = time.monotonic()
    write_line(log, {"settings": settings.as_dict(), "teacher": teacher is not None})
    for epoch in range(settings.stop_after or settings.epochs):
        size, loss_sum = settings.size_at(epoch), 0.0
        network.train()
        for step, indices in enumerate(batches):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(settings, epoch + (step + 1) / (len(batches) + 1))
            faces = augment(train_faces.pictures[indices], size)
            faces, wanted = augment.mix(faces, targets[indices])
            with torch.autocast("cpu", torch.bfloat16):
                logits = network(normalize(faces, mean, std))
            loss = functional.cross_entropy(logits.float(), wanted)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            average.update(network)
            loss_sum += float(loss.detach())
        logits = predict(average.network, public_faces.pictures, mean, std)
        measured = figures(logits, public_faces.labels)
        line = {
            "epoch": epoch + 1,
            "size": size,
            "loss": round(loss_sum / len(batches), 4),
            "public_accuracy": round(measured.accuracy, 4),
            "public_macro_f1": round(measured.macro_f1, 4),
            "seconds": round(time.monotonic() - began),
        }
        write_line(log, line)
        save_whole(
            {
                "state_dict": average.network.state_dict(),
                "settings": settings.as_dict(),
                "mean": mean,
                "std": std,
                "epoch": epoch + 1,
            },
            out / f"{settings.name}.pt",
        )


def save_whole(values: dict[str, Any], path: Path) -> None:
    """Write a checkpoint that is the old or the new one, whenever the training is stopped."""
    beside = path.with_suffix(".part")
    torch.save(values, beside)
    beside.replace(path)


def write_line(path: Path, values: dict[str, Any]) -> None:
    """Append one JSON line and show it."""
    line = json.dumps(values)
    print(line, flush=True)
    with path.open("a", encoding="utf-8") as stream:
        stream.write(line + "\n")


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="training.emotion.train", description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with fer2013-*.npz")
    parser.add_argument("--config", type=Path, default=HERE / "first.toml")
    parser.add_argument("--out", type=Path, default=Path("build/emotion"))
    parser.add_argument("--teacher", type=Path, help="logits of the training split (teach.py)")
    parser.add_argument("--start", type=Path, help="weights of an earlier run to go on from")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    settings = read_settings(options.config)
    options.out.mkdir(parents=True, exist_ok=True)
    train(
        settings,
        read_faces(options.data / TRAIN_SPLIT),
        read_faces(options.data / PUBLIC_SPLIT),
        options.out,
        options.teacher,
        options.start,
    )


if __name__ == "__main__":
    main()
