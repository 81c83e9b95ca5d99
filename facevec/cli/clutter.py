"""What systems, cameras and programs leave in folders of photos, and nobody means to be one."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from facevec.cli.common import show
from facevec.cli.files import named
from facevec.types import Refusal

# Hidden folders, and what storage devices (Synology's @eaDir and #recycle, QNAP's @Recycle, NetApp's
# ~snapshot) and Windows ($RECYCLE.BIN) put into each share. No person's name begins like that.
_MARKS = (".", "@", "#", "$", "~")

_FOLDERS = re.compile(
    r"""lost\+found | found\.\d{3}                                  # what a check of the disk saved
    | recycler | recycled | system\ volume\ information | dfsrprivate  # Windows
    | network\ trash\ folder | temporary\ items | __macosx            # macOS
    | recycle\ bin | trashbox | nas_prog | lost\.dir                  # ReadyNAS, Buffalo, D-Link, Android
    | windowsimagebackup | config\.msi | msocache                    # Windows again
    | desktop\ folder | the(volumesettings|findbycontent)folder | ipod\ photo\ cache  # macOS again
    | nksc_param | captureone | avf_info | canonmsc | \[originals\]   # cameras and what develops
    | .*\.(photoslibrary|aplibrary|migratedphotolibrary|imovielibrary|lrdata|cosessiondb)
    | _?thumb(nail)?s | _vti_\w+ | _gsdata_                           # galleries, FrontPage, GoodSync
    """,
    re.VERBOSE,
)

_BEGINNINGS = (".", "~$", "~syncthing~")

# Any other file is looked at, and refused by name if it is no picture.
_ENDINGS = re.compile(
    r""".*(?:
    ~ | icon\r
    | [@:](?: synoeastream | synoresource | zone\.identifier | encryptable | smartscreen | afp_\w+ ) # streams
    | \.(?: xmp | aae | json | thm | pp3 | dop | cos | vrd | ctg | jbf | lrcat          # beside a photo
        | on1 | dxo | arp | comask | ion | dat | out
        | ini | db | db-\w+ | info | nfo | ffs_\w+ | icloud | directory | desktop       # beside a folder
        | txt | md | csv | tsv | xml | ya?ml | toml | log | html? | css | js | vcf | ics | eml | msg
        | pdf | rtf | docx? | odt | xlsx? | ods | pptx? | odp | zip | rar | 7z | tar | t?gz | xz
        | mov | mp4 | m4v | avi | mkv | mpe?g | mts | m2ts | 3gp | wmv | webm | lrv | wav | mp3 | m4a | ogg
        | lnk | url | webloc | exe | dll | bat | cmd | sh | py | md5 | sha1 | sha256 | sfv
        | te?mp | part | partial | filepart | \w*download | aria2 | !ut                 # not all there yet
        | bak | old | orig | \w+_original | sw[po] | lock | lck
        )
    )""",
    re.VERBOSE | re.DOTALL,
)

_FEW = 2
"""So many names of a kind are said one by one."""

_MOST_KINDS = 12


def is_clutter_folder(name: str) -> bool:
    """Whether a folder of this name is a system's, and holds nobody's photos."""
    return name.startswith(_MARKS) or _FOLDERS.fullmatch(name.lower()) is not None


def is_clutter_file(name: str) -> bool:
    """Whether nobody means a file of this name to be a photo."""
    return name.startswith(_BEGINNINGS) or _ENDINGS.fullmatch(name.lower()) is not None


def passed_over(paths: Sequence[str]) -> str:
    """A sentence that says each name or kind of name once: "Passed over: @eaDir (12), *.xmp (3)."."""
    return f"Passed over, as no photos of anybody: {_counted(paths)}."


def show_unused(refused: Sequence[Refusal], aside: Sequence[str]) -> None:
    """Show which files will not do, and say what was passed over; nothing where all was used."""
    from facevec.presentation.tables import refusals_table

    if refused:
        show(refusals_table(refused))
    if aside:
        show(passed_over(aside))


def _counted(paths: Iterable[str]) -> str:
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for path in paths:
        name = named(PurePath(path).name)
        kinds[_kind(name)][name] += 1
    counts: Counter[str] = Counter()
    for kind, names in kinds.items():
        counts.update(names if len(names) <= _FEW else {kind: names.total()})
    said = [name if count == 1 else f"{name} ({count})" for name, count in counts.most_common(_MOST_KINDS)]
    more = len(counts) - len(said)
    return ", ".join(said) + (f" and {more} other kinds" if more else "")


def _kind(name: str) -> str:
    for mark in ("._", "~$"):
        if name.startswith(mark):
            return f"{mark}*"
    return f"*{PurePath(name).suffix}" if PurePath(name).suffix else name
