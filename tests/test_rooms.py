"""What import-linter's contracts (setup.cfg) do not see."""

from graphlib import TopologicalSorter

import grimp


def test_no_module_imports_itself_by_way_of_others() -> None:
    """The linter holds it between the modules of a package; here the package's own file counts too."""
    graph = grimp.build_graph("facevec", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    TopologicalSorter(imports).prepare()  # raises CycleError, which names the modules
