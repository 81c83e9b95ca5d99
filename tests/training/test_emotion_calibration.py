from __future__ import annotations

import torch

from training.emotion.calibrate import fit, held_out
from training.emotion.metrics import figures


def too_bold(faces: int = 4000) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits and labels; the labels are drawn from calmer logits, one class from shifted ones."""
    random = torch.Generator().manual_seed(0)
    calm = torch.randn(faces, 7, generator=random)
    labels = torch.multinomial(torch.softmax(calm, 1), 1, generator=random)[:, 0]
    bold = 2.5 * calm
    bold[:, 3] -= 1.5
    return bold, labels


def test_scaling_makes_bold_readings_come_true():
    logits, labels = too_bold()
    before = figures(logits, labels).calibration_error
    _, after = held_out(logits, labels)
    assert before > 0.2
    assert after < 0.03


def test_a_scaling_disappears_into_the_last_layer():
    logits, labels = too_bold(500)
    scaling = fit(logits, labels)
    layer = torch.nn.Linear(7, 7)
    features = torch.randn(5, 7)
    wanted = scaling(layer(features)).detach()
    scaling.fold_into(layer)
    torch.testing.assert_close(layer(features), wanted)
