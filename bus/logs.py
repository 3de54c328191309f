# SPDX-License-Identifier: LGPL-2.1-or-later
"""Where the daemons' log lines go, and how they look.

Lines begin as libvirt's do: time, thread, level. Text that came from outside is escaped by the callers' `%r`; line
breaks that slipped through are escaped here, so that nobody can forge a line.
"""

from __future__ import annotations

import logging
import os
import sys


class OneLine(logging.Formatter):
    """Format a record on one line, but for a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Give the line."""
        record.message = record.getMessage().replace("\n", "\\n").replace("\r", "\\r")
        where = f"{self.formatTime(record)}: {record.process}: {record.levelname.lower()} : {record.name}"
        line = f"{where} : {record.message}"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return line


def set_up(level: str | None = None) -> None:
    """Write messages from `level` (VIRTBUS_LOG, else warning) up to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel((level or os.environ.get("VIRTBUS_LOG") or "warning").upper())
