# SPDX-License-Identifier: LGPL-2.1-or-later
"""What one client may use at most."""

from __future__ import annotations

from dataclasses import dataclass

HEADER_SIZE = 28
"""Bytes of the length word and the header."""

PACKET_MAX = 33_554_436
"""Bytes of the longest packet, its length word included."""

FDS_MAX = 32
"""Descriptors beside one packet."""

STREAM_DATA_MAX = 262_120
"""Bytes of data in one stream packet from the server."""


@dataclass(frozen=True)
class Limits:
    """The limits of a server; the names are those of libvirtd.conf where it has them.

    Times are in seconds, sizes in bytes. A packet that has begun must end within `frame_time`, or `frame_progress`
    bytes of it must come in that time.
    """

    max_clients: int = 5000
    max_anonymous_clients: int = 20
    max_client_requests: int = 32
    waiting_calls: int = 1024
    waiting_bytes: int = 8 << 20
    auth_time: float = 60.0
    frame_time: float = 10.0
    frame_progress: int = 64 << 10
    keepalive_interval: float = 5.0
    keepalive_count: int = 5
    output_max: int = 64 << 20
    event_queue_max: int = 16 << 20
    stream_buffer: int = 1 << 20
