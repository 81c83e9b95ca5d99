"""`facevec evaluate-emotion`: how good an emotion model is on labelled faces."""

from __future__ import annotations

from pathlib import Path

import click

from facevec.cli.clutter import show_unused
from facevec.cli.common import app, exit_with, json_option, print_json, progress, show
from facevec.cli.files import make_folder, named
from facevec.cli.reports import write_report


@click.command("evaluate-emotion")
@click.argument("data", type=click.Path(path_type=Path), metavar="DATA")
@click.option("--model", metavar="NAME", help="An emotion model of the catalogue, instead of emotion.model.")
@click.option(
    "--report",
    "out",
    type=click.Path(path_type=Path),
    metavar="OUT_DIR",
    help="Write plots (PNG), all figures (JSON) and one HTML page into this folder.",
)
@json_option
def evaluate_emotion(data: Path, model: str | None, out: Path | None, as_json: bool) -> None:
    """Measure an emotion model on labelled faces.

    DATA is a folder or an NPZ file. The folder holds one folder an emotion (neutral,
    happiness, surprise, sadness, anger, disgust, fear) with pictures that each show one face
    from edge to edge. The NPZ holds images (N, height, width) in grey, labels, and names of
    the labels, as FER2013 is often kept. The faces are read as they are: no detector looks
    for them and no margin is added.
    """
    from facevec.cli.emotion_samples import samples
    from facevec.presentation import emotion_figures
    from facevec.presentation.answers.emotion import EmotionEvaluationAnswer
    from facevec.presentation.plots import require_plots
    from facevec.usecases import evaluate_emotion as usecase

    facevec = app({"emotion.model": model})
    classifier = facevec.networks.emotion_classifier()
    if out is not None:
        require_plots()
        make_folder(out)
    dataset = samples(data, facevec.networks.decoder(), facevec.settings.vision.max_file_bytes)
    with progress(unit="faces") as bar:
        task = bar.add_task("Reading", total=dataset.count)
        evaluation = usecase.evaluate_emotion(
            classifier,
            dataset.faces,
            confidence_floor=facevec.settings.emotion.confidence_floor,
            on_batch=lambda count: bar.advance(task, count),
        )
    if as_json:
        print_json(
            EmotionEvaluationAnswer.of_evaluation(
                evaluation, refused=dataset.refused, passed_over=dataset.passed_over
            )
        )
    else:
        show(emotion_figures.evaluation_tables(evaluation))
        show_unused(dataset.refused, dataset.passed_over)
    if out is not None:
        from facevec.presentation.emotion_report import report_files

        files = {out / name: content for name, content in report_files(evaluation, named(data.name)).items()}
        write_report(files, out / "report.html")
    exit_with([refusal.code for refusal in dataset.refused], successes=evaluation.faces)
