"""Settings of the audit trail."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from facevec.config.kinds import AbsentIfEmpty, Names, OptionalText, Section


class AuditSettings(Section):
    """The record of who did what (docs/audit.md). It holds ids, and no name, picture or vector."""

    enabled: bool = Field(default=True, description="false records nothing.")
    folder: OptionalText = Field(
        default=None,
        examples=["/var/log/facevec-audit"],
        description="Folder of the records; a relative path begins in FACEVEC_HOME. Not set, it is the "
        "folder audit there.",
    )
    flush: Literal["second", "each"] = Field(
        default="second",
        description='When records are on the disk: "each" before it is answered, which takes a flush of the '
        'disk; with "second" a power cut loses the last second, and a crash of the process nothing.',
    )
    when_full: Literal["continue", "refuse"] = Field(
        default="continue",
        description='What wins where nothing can be recorded, as on a full disk: "continue" does what is '
        'asked, tells the log and counts it in the next record; "refuse" does nothing that is not recorded.',
    )
    purposes: Names = Field(
        default=(),
        examples=[["door", "attendance"]],
        description="What X-Purpose may say, in so many words; anything else is recorded as other. Empty, "
        "what callers write is recorded as it is, and may be a name.",
    )
    segment_megabytes: int = Field(
        default=64, ge=1, le=4096, description="A file of records is closed at this size, MB."
    )
    days: Annotated[int | None, Field(ge=1, le=36_500), AbsentIfEmpty] = Field(
        default=None,
        examples=[400],
        description="The nightly job deletes files of records that were closed so many days ago. Not set, "
        "none is deleted; some laws ask for six months at least.",
    )
    anchor_file: OptionalText = Field(
        default=None,
        examples=["/mnt/another-machine/facevec-anchors"],
        description="File, best on another machine, to which the nightly job adds how far the records go: "
        "what is cut off or put back as a whole shows in it alone.",
    )
    anchor_command: OptionalText = Field(
        default=None,
        examples=["logger -t facevec-audit"],
        description="Command of the shell that is handed the same lines on its standard input.",
    )
