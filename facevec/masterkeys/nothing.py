"""A registry in which nothing is wrapped."""

from __future__ import annotations

from collections.abc import Mapping

from facevec.ports import MasterKey


class NothingWrapped:
    """`ports.WrappedKeys` of nothing."""

    def names(self) -> Mapping[str, int]:
        return {}

    def rewrap(self, master: MasterKey) -> int:  # noqa: ARG002  # there is nothing to wrap
        return 0
