"""Who is in a picture, and whether two pictures show one person."""

from __future__ import annotations

from flask import Response, request

from facevec.errors import InputError, MemoryExhausted
from facevec.presentation.answers.recognition import (
    ImageFailed,
    ImageRecognized,
    RecognitionAnswer,
    VerificationAnswer,
)
from facevec.types import PhotoSource
from facevec.usecases.accounts import of_verification
from facevec.usecases.recognize import RecognizedImage, Wanted
from facevec.usecases.scores import image_in_bands, verification_in_bands, without_scores
from facevec.usecases.see import Scene
from facevec.web import call, claims
from facevec.web.limits import ending, require_few
from facevec.web.problems import forbidden
from facevec.web.routes import JPEG, Table, answer
from facevec.web.schemas import (
    RecognitionOptions,
    RecognizeBatchForm,
    RecognizeBatchJson,
    RecognizeForm,
    RecognizeJson,
    VerifyForm,
    VerifyJson,
)
from facevec.web.service import Service

table = Table("Recognition")


@table.add(
    "POST",
    "/recognize",
    scope="recognize",
    json=RecognizeJson,
    form=RecognizeForm,
    answers={200: RecognitionAnswer},
    jpeg=True,
    heavy=True,
)
def recognize(service: Service, parameters: RecognizeForm | RecognizeJson) -> Response:
    """Name everyone in a picture; with `Accept: image/jpeg`, draw it."""
    if request.accept_mimetypes.best_match(["application/json", JPEG], "application/json") == JPEG:
        return recognize_annotated(service, parameters)
    _require_candidates_allowed(parameters)
    with service.gate.place():
        _, image = _recognized(service, parameters.file, parameters)
    return answer(RecognitionAnswer.of(image, images=[_answered(parameters.file, image)]))


@table.add(
    "POST",
    "/recognize/annotated",
    scope="recognize",
    json=RecognizeJson,
    form=RecognizeForm,
    answers={200: None},
    jpeg=True,
    heavy=True,
)
def recognize_annotated(service: Service, parameters: RecognizeForm | RecognizeJson) -> Response:
    """The picture with everyone framed and named, as JPEG."""
    _require_candidates_allowed(parameters)
    with service.gate.place():
        drawn = _drawn(*_recognized(service, parameters.file, parameters))
    return Response(drawn, content_type=JPEG)


@table.add(
    "POST",
    "/recognize/batch",
    scope="recognize",
    json=RecognizeBatchJson,
    form=RecognizeBatchForm,
    answers={200: RecognitionAnswer},
    heavy=True,
)
def recognize_batch(service: Service, parameters: RecognizeBatchForm | RecognizeBatchJson) -> Response:
    """Name everyone in several pictures; one that cannot be used does not spoil the others."""
    require_few(parameters.files, service.server.max_files)
    _require_candidates_allowed(parameters)
    entries: list[ImageRecognized | ImageFailed] = []
    latest: RecognizedImage | None = None
    for file in parameters.files:
        with service.gate.place():
            try:
                _, latest = _recognized(service, file, parameters)
            except (InputError, MemoryExhausted) as error:
                entries.append(ImageFailed.of_error(_name(file), error))
            else:
                entries.append(_answered(file, latest))
    return answer(RecognitionAnswer.of(latest or service.app.circumstances(), images=entries))


@table.add(
    "POST",
    "/verify",
    scope="recognize",
    json=VerifyJson,
    form=VerifyForm,
    answers={200: VerificationAnswer},
    heavy=True,
    problems=(404, 422),
)
def verify(service: Service, parameters: VerifyForm | VerifyJson) -> Response:
    """Whether two pictures show one person, or a picture shows a worker."""
    if parameters.worker_id is not None:
        call.current().worker_ids.add(parameters.worker_id)  # asked about, whatever comes of it
    with service.gate.place():
        verification = (
            service.app.verify_pictures(parameters.file.data, parameters.other.data)
            if parameters.other is not None
            else claims.verified(service, parameters.file.data, parameters.worker_id or 0)
        )
    files = [one for one in (parameters.file, parameters.other) if one is not None]
    pictures = [service.app.audit.picture(file.data) for file in files]
    call.current().note(of_verification(verification, pictures, parameters.worker_id))
    said = verification if _may_know_scores() else verification_in_bands(verification)
    return answer(VerificationAnswer.of_verification(said))


def _recognized(
    service: Service, file: PhotoSource, options: RecognitionOptions
) -> tuple[Scene, RecognizedImage]:
    most = service.server.max_faces
    wanted = Wanted(
        emotion=options.emotion,
        max_faces=min(options.max_faces or most, most),
        candidates=options.candidates,
        is_over=ending(service.server.picture_seconds),
    )
    app, notes = service.app, call.current()
    scene = app.see(file.data)
    picture, contract = app.audit.picture(file.data), app.vision.embedder.contract
    if app.settings.visits.keep and options.visit and notes.key is not None:
        notes.place = options.place or notes.key.name
    image = app.review_desk.hold_back(
        app.recognize(scene, wanted),
        picture,
        contract,
        call.by(),
        request_id=notes.request_id,
        place=notes.place,
    )
    notes.note_recognition(image, picture, contract)
    return scene, image


def _answered(file: PhotoSource, image: RecognizedImage) -> ImageRecognized:
    return ImageRecognized.of_image(_name(file), image if _may_know_scores() else image_in_bands(image))


def _may_know_scores() -> bool:
    """Whether the client is told distances and margins as they are."""
    return call.current().may("scores")


def _require_candidates_allowed(options: RecognitionOptions) -> None:
    """Whoever may list candidates can learn the name of everybody: that is for those who know them anyway."""
    if options.candidates and not call.current().may("scores", "enrol"):
        raise forbidden(
            "candidates: Listing the nearest workers needs a key with the scope scores or enrol; use one "
            "that has it, or leave `candidates` out."
        )


def _name(file: PhotoSource) -> str | None:
    """What a client called the picture, if anything."""
    return file.name or None


def _drawn(scene: Scene, image: RecognizedImage) -> bytes:
    from facevec.presentation.annotate import annotate
    from facevec.presentation.encode import encode

    with call.stage("annotate"):
        shown = image if _may_know_scores() else without_scores(image)
        return encode(annotate(scene.sent().pixels, shown))
