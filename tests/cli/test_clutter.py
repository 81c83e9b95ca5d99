"""What nobody means to be a photo, by its name."""

from __future__ import annotations

import pytest

from facevec.cli.clutter import is_clutter_file, is_clutter_folder, passed_over

SYSTEM_FOLDERS = [
    "#recycle", "#snapshot", "@eaDir", "@Recycle", "@Recently-Snapshot", ".@__thumb", "@tmp", "~snapshot",
    ".snapshot", "$RECYCLE.BIN", "$WINDOWS.~BT", "RECYCLER", "System Volume Information", "lost+found",
    "found.000", "__MACOSX", ".Trash-1000", ".Trashes", ".thumbnails", ".stfolder", ".stversions", ".git",
    ".fseventsd", "Network Trash Folder", "Temporary Items", ".AppleDouble", "Recycle Bin", "TRASHBOX",
    "Nas_Prog", "LOST.DIR", "WindowsImageBackup", "TheVolumeSettingsFolder", "NKSC_PARAM", "CaptureOne",
    "Photos Library.photoslibrary", "Catalog Previews.lrdata", "_thumbs", "Thumbnails", "_vti_cnf",
]  # fmt: skip

CLUTTER_FILES = [
    "Thumbs.db", "ehthumbs.db", "ehthumbs_vista.db", "desktop.ini", ".DS_Store", "._1.jpg", "Icon\r",
    "1.xmp", "1.jpg.xmp", "IMG_1.AAE", "IMG_1.jpg.supplemental-metadata.json", "Picasa.ini", ".picasa.ini",
    "notes.txt", "IMG_1.MOV", "~$list.docx", ".~lock.list.ods#", "1.jpg.part", "1.jpg.crdownload",
    "1.jpg.tmp", "1.jpg~", ".1.jpg.swp", ".nfs0000000001", "1.jpg:Zone.Identifier", "1.jpg@SynoEAStream",
    "1.jpg_original", ".1.jpg.icloud", "~syncthing~1.jpg.tmp", "sync.ffs_db", "Thumbs.db:encryptable",
    "descript.ion", "1.dxo", "1.on1", "index.dat", "nohup.out",
]  # fmt: skip

PEOPLE = [
    "Ada Lovelace",
    "kit_harington",
    "O'Brien",
    "José",
    "J. R.",
    "10",
    "李小龙",
    "recycle",
    "_x",
    "Bin",
    "Art Nouveau",
    "Thumb",
    "Folder",
    "Original Ann",
]

PHOTOS = [
    "1.jpg",
    "1.JPEG",
    "a.png",
    "b.webp",
    "c.heic",
    "d.tiff",
    "photo",
    "IMG 12:30:45.jpg",
    "#1.jpg",
    "@a.jpg",
]


@pytest.mark.parametrize("name", SYSTEM_FOLDERS)
def test_a_systems_folder_is_nobodys(name: str) -> None:
    assert is_clutter_folder(name)


@pytest.mark.parametrize("name", CLUTTER_FILES)
def test_what_lies_beside_photos_is_none(name: str) -> None:
    assert is_clutter_file(name)


@pytest.mark.parametrize("name", PEOPLE)
def test_a_person_is_no_system(name: str) -> None:
    assert not is_clutter_folder(name)


@pytest.mark.parametrize("name", PHOTOS)
def test_what_may_be_a_photo_is_looked_at(name: str) -> None:
    assert not is_clutter_file(name)


def test_it_is_said_once_however_much_there_is() -> None:
    eadirs = [f"x/{person}/@eaDir" for person in range(12)]
    beside = [f"x/{number}.xmp" for number in range(40)]
    doubles = [f"x/._{number}.jpg" for number in range(3)]
    said = passed_over([*eadirs, "x/#recycle", *beside, *doubles, "x/a/Thumbs.db", "x/b/Thumbs.db"])
    assert said == (
        "Passed over, as no photos of anybody: *.xmp (40), @eaDir (12), ._* (3), Thumbs.db (2), #recycle."
    )
    many = passed_over([f"x/.hidden{number}" for number in range(30)])
    assert many.endswith(".hidden11 and 18 other kinds.")
