# SPDX-License-Identifier: LGPL-2.1-or-later
"""Host libvirt's QEMU driver apart from the machine's: run by `unshare --mount`, prints what it saw as JSON.

The folders that libvirt works in are fresh ones here, so that neither the machine's guests nor a federation's are met.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.unit.drivers.hypervisor.hosted import Told
from virtbus.bus.catalogue import Api
from virtbus.bus.refs import DomainRef
from virtbus.drivers.hypervisor.driver import HypervisorDriver

PLACES = ("/etc/libvirt", "/run/libvirt", "/var/lib/libvirt", "/var/log/libvirt", "/var/cache/libvirt")
SETTINGS = 'stdio_handler = "file"\nnamespaces = []\ncgroup_controllers = []\nsecurity_driver = "none"\n'
GUEST = """<domain type='qemu'><name>alone</name><memory unit='MiB'>32</memory>
<os><type machine='pc'>hvm</type></os><devices><serial type='pty'/><console type='pty'/></devices></domain>"""


def lay() -> None:
    """Mount fresh folders over libvirt's."""
    for place in PLACES:
        Path(place).mkdir(parents=True, exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
    Path("/etc/libvirt/qemu.conf").write_text(SETTINGS)


def call(obj: Api, method: str, *args: Any) -> Any:
    """Make a call in this thread."""
    return obj.invoke(type(obj).calls[method], args)  # type: ignore[attr-defined]


def timed(work: Callable[[], Any]) -> float:
    """Give how many seconds some work took."""
    start = time.monotonic()
    work()
    return time.monotonic() - start


async def first() -> dict[str, Any]:
    """Define and start a guest, and leave it running."""
    driver = HypervisorDriver()
    await driver.start(Told())
    manager = driver.manager
    ref: DomainRef = call(manager, "domain_define_xml", GUEST)
    dom = driver.find(ref.path())
    assert dom is not None
    seconds = timed(lambda: call(dom, "create"))
    answer = json.loads(call(dom, "monitor_command", '{"execute":"query-status"}', 0))
    console = await asyncio.to_thread(call, dom, "open_console", None, 0)
    await console.abort()
    (stats,) = call(manager, "get_all_domain_stats", [ref], 0, 0)
    seen = {
        "type": call(manager, "get_type"),
        "uri": call(manager, "get_uri"),
        "start": seconds,
        "status": answer["return"]["status"],
        "types": {name: type(value).__name__ for name, value in stats.params.items()},
        "scheduler": {n: type(v).__name__ for n, v in call(dom, "get_memory_parameters", 2).items()},
    }
    await driver.stop()
    return seen


async def second() -> dict[str, Any]:
    """Find the guest again and end it."""
    told = Told()
    driver = HypervisorDriver()
    await driver.start(told)
    (ref,) = call(driver.manager, "list_all_domains", 0)
    dom = driver.find(ref.path())
    assert dom is not None
    # libvirt takes guests up again in threads of its own; what needs the monitor waits for that.
    call(dom, "monitor_command", '{"execute":"query-status"}', 0)
    state = call(dom, "get_state", 0).state
    call(dom, "destroy")
    call(dom, "undefine")
    left = len(call(driver.manager, "list_all_domains", 0))
    await driver.stop()
    return {"name": ref.name, "id": ref.id, "state": state, "left": left}


def main() -> None:
    """Do both, each in a process of its own."""
    if len(sys.argv) > 1:
        sys.stdout.write(json.dumps(asyncio.run({"first": first, "second": second}[sys.argv[1]]())) + "\n")
        return
    lay()
    command = [sys.executable, "-m", "tests.unit.drivers.hypervisor.alone"]
    for step in ("first", "second"):
        subprocess.run([*command, step], check=False)


if __name__ == "__main__":
    main()
