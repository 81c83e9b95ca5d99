"""The nightly job, `python -m facevec.jobs.nightly`: writes the index anew from the registry.

Where nobody measured the distances of the model, they are measured on the workers, as after an import.

For cron, a systemd timer or the Windows task scheduler. It takes its settings as the
command line does, logs one event, and exits with the code of the error if there was one
(docs/exit-codes.md). Safe at any time: services go on answering, and of two that start
together one stops with the code of `rebuild_running`.
"""

from __future__ import annotations

import sys
from dataclasses import asdict

import structlog

from facevec import config, logs
from facevec.bootstrap import App, NetworksOf, installed_networks
from facevec.errors import FacevecError
from facevec.memory import watched
from facevec.outcomes import outcome
from facevec.streams import steady_streams


@steady_streams()
def main(networks: NetworksOf = installed_networks) -> int:
    """Rebuild the index, and look through the database; returns the exit code."""
    from facevec.registry import soundness

    logs.configure("info")
    try:
        loaded = config.load()
        logs.configure("info", loaded.settings.logging.format)
        with watched(), App(loaded, networks=networks) as app:
            report = app.gallery.rebuild()
            measured = app.measure_own_workers()
            standing = app.standing()
            soundness.tell(app.engine)
    except FacevecError as error:
        structlog.get_logger().error("index_not_rebuilt", code=error.code, reason=str(error))
        return outcome(error).exit_code
    structlog.get_logger().info("index_rebuilt", **(asdict(report) if report else {"workers": 0}))
    if measured is not None:
        structlog.get_logger().info("own_workers_measured", model=measured.model, workers=measured.people)
    if standing is not None and standing.outdated:
        structlog.get_logger().warning("calibration_outdated", reason=standing.outdated)
    return 0


if __name__ == "__main__":
    sys.exit(main())
