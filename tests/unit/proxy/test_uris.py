# SPDX-License-Identifier: LGPL-2.1-or-later
"""What clients open."""

from __future__ import annotations

import pytest

from virtbus.bus import daemons
from virtbus.bus.errors import InternalError, LibvirtError, NoConnect
from virtbus.proxy import uris

KNOWN = daemons.load()


@pytest.mark.parametrize(
    ("name", "default", "primary"),
    [
        ("qemu:///system", "", "qemu"),
        ("test:///default?x=1", "", "test"),
        (None, "", "qemu"),
        ("", "network:///system", "network"),
        ("storage:///system", "", "storage"),
        ("secret:///system", "", "secret"),
    ],
)
def test_known(name: str | None, default: str, primary: str) -> None:
    assert uris.route(KNOWN, name, default).primary.name == primary


def test_parts() -> None:
    assert uris.route(KNOWN, "qemu:///system", "").buses["network"] == "org.libvirt.network1"
    assert uris.route(KNOWN, "test:///default", "").buses["network"] == "org.libvirt.hypervisor1.test"
    assert "hypervisor" not in uris.route(KNOWN, "network:///system", "").buses


@pytest.mark.parametrize(
    ("name", "cls", "text"),
    [
        ("foo:///x", NoConnect, "no connection driver available for foo:///x"),
        ("qemu", NoConnect, "no connection driver available for URI 'qemu' does not include a driver name"),
        ("qemu:///nope", InternalError, "internal error: unexpected qemu URI path '/nope', try qemu:///system"),
        ("::", InternalError, "internal error: Unable to parse URI ::"),
        ("qemu:///session", NoConnect, "no connection driver available for qemu:///session: "),
        ("test://host/default", NoConnect, "no connection driver available for test://host/default: "),
    ],
)
def test_refused(name: str, cls: type[LibvirtError], text: str) -> None:
    with pytest.raises(cls) as caught:
        uris.route(KNOWN, name, "")
    assert caught.value.message.startswith(text)
