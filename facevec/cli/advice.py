"""Why each error comes and what to do about it, in a sentence or two: docs/errors.md is written from it.

An error's own message is about the case in hand; this is for whoever meets its code in a log.
"""

from __future__ import annotations

BY_CODE = {
    "internal": (
        "Something went wrong that facevec does not know.",
        "Run the command again with `FACEVEC_LOGGING__LEVEL=debug`, or look in the service's log under the "
        "`request_id`; then report it.",
    ),
    "usage": ("A command, an option or an argument is not known.", "`--help` after any command lists them."),
    "interrupted": (
        "Ctrl-C, SIGTERM, a closed terminal, or a question that was not answered with yes.",
        "What was done by then was said and stays; run the command again to go on.",
    ),
    "input_invalid": (
        "A file, a folder or a parameter cannot be used as it is.",
        "The message names it; in an answer of the API `reasons` has an entry for each parameter.",
    ),
    "file_not_found": ("There is no such file, or a link leads nowhere.", "Look at the path."),
    "is_a_folder": (
        "A folder stands where a picture should, or a link to a folder.",
        "Name the picture in it; `facevec worker import` takes folders.",
    ),
    "folder_unreadable": ("This user may not look into a folder.", "Change its permissions or the user."),
    "file_empty": ("The picture has no bytes.", "Copy or send it again."),
    "file_too_large": (
        "The file has more bytes than `vision.max_file_bytes`.",
        "Save it smaller or with more compression, or raise the setting.",
    ),
    "not_an_image": (
        "It is no JPEG, PNG or WebP, whatever its name says.",
        "Convert it; HEIC and RAW are not read.",
    ),
    "image_truncated": ("The file ends before its picture does.", "Copy or send it again."),
    "image_too_large": (
        "The picture has more pixels than `vision.max_pixels`.",
        "Scale it down, or raise the setting where there is memory for it.",
    ),
    "image_too_small": ("The picture is smaller than any face that can be told.", "Use the original."),
    "output_unwritable": (
        "A file, a folder or stdout cannot be written: no such folder, no room, no permission.",
        "Name another place; what was done before stays done.",
    ),
    "enrolment_refused": (
        "None of the photos could be enrolled.",
        "Each photo has a reason with a code of its own; look those up here.",
    ),
    "no_face": (
        "No face was seen for sure.",
        "Use a photo that shows the face from the front, large and evenly lit.",
    ),
    "several_faces": (
        "A photo to enrol or to verify shows more than one person.",
        "Cut it to the one; `facevec crop` does so.",
    ),
    "low_quality": (
        "The face is too small, blurred, dark, or turned away.",
        "Take another photo; the message names the limit and its setting.",
    ),
    "not_the_same_person": (
        "The photo shows somebody else than the worker's other photos.",
        "Take it out; where the others are wrong, `facevec worker remove-photo` takes those.",
    ),
    "enrolled_as_another": (
        "The face is that of somebody who is enrolled already, or very like it.",
        "Add the photos to that worker; where they are two people, `--distinct-from WORKER` says so.",
    ),
    "identity_sealed": (
        "The change would make a worker somebody else than who was enrolled first.",
        "Where they have changed, `facevec worker add-photos --reseed`, or `reseed` with an admin's key.",
    ),
    "photo_already_enrolled": ("This very file is the worker's already.", "There is nothing to do."),
    "worker_invalid": (
        "A name or an id cannot be used.",
        "The message says which characters or lengths can.",
    ),
    "worker_not_found": (
        "Nobody of that id or name is enrolled, or nobody who may be recognised now.",
        "`facevec worker list` shows everybody.",
    ),
    "worker_exists": (
        "The name, the external id, or one that looks the same, is taken.",
        "Add photos to that worker, or give another name and an `external_id`.",
    ),
    "worker_ambiguous": (
        "A name is that of several workers, or a number may be an id or a name.",
        "Write `id:7`, `external:E-7` or `name:7`.",
    ),
    "consent_missing": (
        "Nobody is enrolled here who agreed to nothing (`consent.required`).",
        "Record to which text they agreed: `--consent TEXT_VERSION`, `consent` in the API.",
    ),
    "consent_refused": (
        "A consent lies too far back (`consent.backdating`) or ahead, is older than what the ledger says "
        "last, follows a withdrawal without an admin's word, names a text that is not kept, or comes by a "
        "clock that went back.",
        "The message says which; `facevec consent list WORKER` shows what was recorded.",
    ),
    "consent_text_not_found": (
        "There is no consent text of this version.",
        "`facevec consent text list` shows those there are.",
    ),
    "claims_exhausted": (
        "Too many pictures were said to be of a worker and were not.",
        "Wait as long as `Retry-After` says. If they were not yours, somebody tries to pass for that worker.",
    ),
    "registry_unavailable": (
        "The database cannot be reached, read or written.",
        "`facevec doctor` says which and why: address, password, disk, permissions.",
    ),
    "registry_busy": (
        "Another process held the database for too long.",
        "Try again; if it stays so, look for a long job, or use PostgreSQL.",
    ),
    "schema_mismatch": (
        "The database is of another version of facevec.",
        "After an upgrade run `facevec db upgrade`, with a backup at hand; an older facevec cannot go back.",
    ),
    "contract_mismatch": (
        "The registry was enrolled with another model than the settings ask for.",
        "Set `vision.embedding_model` back; embeddings of two models are never compared.",
    ),
    "disk_full": (
        "The database cannot grow: its disk is full. Nothing was written.",
        "Free some space. Removing workers works all the same: some room is kept for it.",
    ),
    "registry_replaced": (
        "The database became another one while it was read: an older copy was put over it, or it is another "
        "registry's.",
        "Try again; the service reads by itself what the database holds now. Where nobody restored it, look "
        "at what writes to its folder.",
    ),
    "not_authentic": (
        "What decides was written without the integrity key, or under another one.",
        "`facevec integrity check` names it. If the key was lost or exchanged, bring the right one back; "
        "`facevec integrity adopt` takes the registry at its word.",
    ),
    "integrity_key_unusable": (
        "The integrity key cannot be read or made.",
        "Look at `integrity.key_file` and its permissions; all machines of a registry share one key.",
    ),
    "master_key_unavailable": (
        "The master key cannot be had: its file, variable or credential is not there or others may read it, "
        "its command failed, or Vault does not answer, is sealed or refuses.",
        "The message says which. `facevec keys master status` tries it; a file that is lost comes back by "
        "`facevec keys master restore FILE`.",
    ),
    "master_key_wrong": (
        "What is wrapped was wrapped under another master key, or was changed.",
        "Bring the right key back (`keys.master`, `keys.before`); `facevec keys master status` names them.",
    ),
    "job_running": (
        "What only one may do at a time is done already, on this machine or another.",
        "The message says by whom. Wait for it; where it crashed, its lease ends by itself within minutes.",
    ),
    "index_invalid": (
        "An index on disk is broken, or cannot be written.",
        "Nothing is lost: `facevec index rebuild` makes it anew from the registry.",
    ),
    "gallery_unavailable": (
        "The engine that `gallery.engine` names is not there, too old, or may not be set up by this user.",
        "The message says which; docs/capacity.md says what each engine needs. `faiss` needs nothing.",
    ),
    "rebuild_running": ("Another process is rebuilding the index.", "Wait for it."),
    "model_invalid": ("A file is not the model that it should be.", "Fetch or import it anew."),
    "model_unknown": ("No model of the catalogue has that name.", "`facevec models list` shows all."),
    "model_missing": (
        "The model is not in the models folder.",
        "`facevec models fetch`, or without a network `facevec models import PATH`.",
    ),
    "model_corrupt": (
        "A model's file is not what was recorded when it came.",
        "Delete it and fetch it anew; if it happens again, ask who writes to that folder.",
    ),
    "model_refused": (
        "A network that was brought with `facevec models add` is not taken: for what stands in it, its "
        "shapes, how it does on drawn faces, its description or its name; or one in use was to be removed.",
        "The message says what. Look at the description first; docs/adding-a-model.md has examples.",
    ),
    "download_failed": (
        "A model could not be fetched: no network, a proxy, a server that is down, another file than known.",
        "Bring the file yourself and run `facevec models import PATH`.",
    ),
    "engine_unavailable": (
        "The inference engine or its device is not here.",
        "Set `vision.engine` and `vision.device` to what is; `facevec doctor` tries them.",
    ),
    "settings_invalid": (
        "A setting is unknown, out of range, or in a file that cannot be read.",
        "`facevec config show` names each with its origin, `facevec config template` explains all.",
    ),
    "extra_missing": (
        "A package that this command needs is not installed.",
        "The message names the extra: `pip install 'facevec[report]'` and the like.",
    ),
    "backup_unusable": (
        "A file is no backup or archive of facevec, was cut off or changed, or comes of a damaged registry.",
        "Use another copy of it. Where a backup was to be made, run `facevec db check` first.",
    ),
    "backup_locked": (
        "A backup or archive is encrypted and its key is missing or wrong; or it is not, and one was named.",
        "Name the file of the key it was made under with `--key-file`.",
    ),
    "restore_refused": (
        "A backup must not go there: the place is in use, holds a registry, or has another integrity key.",
        "Do what the message says: stop the services, add `--replace`, put the integrity key back.",
    ),
    "receipt_unusable": (
        "A receipt of an erasure was changed, or is of another installation.",
        "Use the copy that was handed out, where the integrity key is that it was made under.",
    ),
    "receipt_not_found": (
        "No receipt of an erasure has that number on this machine; each keeps those of its own removals.",
        "`facevec erasure list` shows those that are kept here; ask where the removal was made.",
    ),
    "key_not_found": ("No key of that id was ever made.", "`facevec key list` shows all."),
    "audit_unavailable": (
        "What was asked cannot be recorded (a full disk, a folder that cannot be written), and "
        '`audit.when_full` is "refuse"; or the anchor could not be told.',
        "Make room, look at `audit.folder` and `audit.anchor_command`; "
        '`audit.when_full = "continue"` goes on without.',
    ),
    "memory_exhausted": (
        "Memory ran out: of the process, its machine or its container.",
        "Send smaller pictures, fewer at a time; or lower `server.concurrency`, `vision.max_pixels`, or give "
        "it more.",
    ),
    "service_error": (
        "A service that `--server` names refused, with a code that only services have.",
        "The message names that code; look it up here.",
    ),
    "service_unreachable": (
        "No service answered at the address that `--server` names, or something else did.",
        "Look at the address and at `/healthz` there; of a certificate of your own, name the authority in "
        "`SSL_CERT_FILE`.",
    ),
    "service_denied": (
        "The service takes no such key, or the key lacks the scope.",
        "Name the file of another with `--key-file` or `FACEVEC_API_KEY_FILE`; the message names the code.",
    ),
    "service_busy": (
        "The service had too much to do each time it was asked, or not yet a model.",
        "Try again later; the message names the code.",
    ),
    "unauthorised": (
        "No key came, or one that is unknown, revoked or at its end.",
        "`Authorization: Bearer KEY`; `facevec key create` makes one, `facevec key list` says which ended.",
    ),
    "forbidden": (
        "The key lacks the scope.",
        "`detail` names the scope that it takes; use a key that has it.",
    ),
    "approval_needed": (
        "It takes two people (`approvals.required`), and you are the first.",
        "Within a day somebody else approves it (`facevec approvals`), and you do it again; or they do "
        "the same.",
    ),
    "approval_refused": (
        "Somebody else said no to what you asked for.",
        "Ask them; the message says when it can be asked for again.",
    ),
    "review_not_found": (
        "The identification that waited has ended, or went with its worker; or it is another key's.",
        "`facevec review list` shows what waits.",
    ),
    "review_invalid": (
        "It was decided already, you are not somebody else, or the worker may not be recognised any more.",
        "The message says which.",
    ),
    "approval_not_found": (
        "What is to be approved was done, withdrawn, or has ended with its day or with the key that asked.",
        "`facevec approvals list` shows what waits.",
    ),
    "approval_invalid": (
        "You are not somebody else, or what was asked for was decided already.",
        "The message says which; name each key for who holds it.",
    ),
    "locked_out": (
        "Too many wrong keys came from this address.",
        "Wait as long as `Retry-After` says; behind a proxy, name it in `server.trusted_proxies`.",
    ),
    "rate_limited": (
        "The key made more requests a second than `server.rate`, or more at once than `server.burst`.",
        "Come back after `Retry-After` seconds, or raise the setting.",
    ),
    "overloaded": (
        "As many pictures wait as `server.queue` lets.",
        "Come back after `Retry-After` seconds; if it stays so, add processes or machines.",
    ),
    "starting": (
        "The service loads its models.",
        "Come back after `Retry-After` seconds; `/readyz` tells when.",
    ),
    "stopping": (
        "`/readyz` only. The instance is about to stop and takes requests until it does (`drain_seconds`).",
        "Nothing: a load balancer sends no more there.",
    ),
    "looking_ahead": (
        "A browser fetched the link to the page before anybody followed it; the link works once.",
        "Follow it.",
    ),
    "not_found": ("There is no such path, or no such thing.", "`/docs` lists all paths."),
    "host_not_allowed": (
        "The request's host name is not one that is answered.",
        "Set `server.public_url`, or add it to `server.allowed_hosts`.",
    ),
    "too_many_files": (
        "More pictures than `server.max_files`.",
        "Send fewer at a time, or raise the setting.",
    ),
    "body_too_large": ("The request is larger than is read.", "`detail` names the limit and its setting."),
    "body_too_slow": (
        "The request did not arrive within `server.body_seconds`.",
        "Send smaller pictures, or raise the setting where lines are slow.",
    ),
    "body_broken": ("The connection broke in the middle of the request.", "Send it again."),
    "form_invalid": ("The body is not the form that its Content-Type says.", "Let your library write both."),
    "json_invalid": ("The body is no JSON, or names a field twice.", "`detail` says where."),
    "unsupported_media_type": (
        "The body is neither a form nor JSON, or is compressed.",
        "Send `multipart/form-data` or `application/json`.",
    ),
    "worker_changed": (
        "Somebody changed the worker after you read the `ETag` that you sent.",
        "Read them again, then decide.",
    ),
}
"""(cause, what to do) of every code: of the error tree, of the command line, and of the service alone."""
