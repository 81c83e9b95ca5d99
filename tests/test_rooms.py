"""What import-linter's contracts (setup.cfg) do not see."""

from graphlib import TopologicalSorter

import grimp

from docs import rooms


def test_no_module_imports_itself_by_way_of_others() -> None:
    """The linter holds it between the modules of a package; here the package's own file counts too."""
    graph = grimp.build_graph("facevec", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the modules


def test_the_page_on_the_rooms_is_in_step() -> None:
    floors = rooms.rooms()
    written = rooms.PAGE.read_text(encoding="utf-8")
    assert written == rooms.page(written, floors), "run `python -m docs.rooms`"
    assert rooms.PICTURE.read_text(encoding="utf-8") == rooms.picture(floors), "run `python -m docs.rooms`"
