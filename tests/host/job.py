# SPDX-License-Identifier: LGPL-2.1-or-later
"""Do the main job within a private host: a real guest from its definition to its end, by unmodified clients."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time
from pathlib import Path

from tests.host import documents, guest, summary
from tests.host.documents import BOOT_FOLDER, GUEST_UUID, NETWORK_UUID, POOL_FOLDER
from tests.host.paths import PYTHON
from tests.host.runner import Background, Job

URI = "qemu:///system"
REMOTE = "qemu+tls://localhost/system"
WORK = Path("/run/virtbus-job")
VIRSH = ("virsh", "-c", URI)
HYPERVISOR = "org.libvirt.hypervisor1.qemu"
GUEST_OBJECT = "/org/libvirt/hypervisor1/domain/" + GUEST_UUID.replace("-", "")
NETWORK_OBJECT = "/org/libvirt/network1/network/" + NETWORK_UUID.replace("-", "")
LEAVE_CONSOLE = b"\x1d"


def prepare() -> None:
    """Write the documents and the guest's kernel."""
    WORK.mkdir(exist_ok=True)
    (WORK / "network.xml").write_text(documents.NETWORK)
    (WORK / "guest.xml").write_text(documents.GUEST)
    guest.build(Path(BOOT_FOLDER))


def network(job: Job) -> None:
    """Define and start a network with address translation."""
    job.title("A network")
    job.run("cat", str(WORK / "network.xml"))
    job.run(*VIRSH, "net-define", str(WORK / "network.xml"), expect=["Network demo defined"])
    job.run(*VIRSH, "net-start", "demo", expect=["Network demo started"])
    job.run(*VIRSH, "net-list", "--all", expect=[r"demo +active +no +yes"])


def storage(job: Job) -> None:
    """Define and start a pool, make a volume in it."""
    job.title("A storage pool with a volume")
    job.run(*VIRSH, "pool-define-as", "demo", "dir", "--target", POOL_FOLDER, expect=["Pool demo defined"])
    job.run(*VIRSH, "pool-build", "demo", expect=["Pool demo built"])
    job.run(*VIRSH, "pool-start", "demo", expect=["Pool demo started"])
    volume = ("vol-create-as", "demo", "disk.qcow2", "64M", "--format", "qcow2")
    job.run(*VIRSH, *volume, expect=["Vol disk.qcow2 created"])
    job.run(*VIRSH, "vol-list", "demo", "--details", expect=[r"disk.qcow2 .* file +64.00 MiB"])


def boot(job: Job) -> None:
    """Define and start the guest, look at its console until it has an address."""
    job.title("A guest: Debian's kernel, that volume, that network")
    job.run("cat", str(WORK / "guest.xml"))
    job.run(*VIRSH, "define", str(WORK / "guest.xml"), expect=["Domain 'demo' defined"])
    job.run(*VIRSH, "start", "demo", expect=["Domain 'demo' started"])
    said = job.talk(
        *VIRSH, "console", "demo", until=r"virtbus guest: lease \S+ .*\n", leave=LEAVE_CONSOLE,
        expect=["virtbus guest: Linux .* is up, disk 131072"],
    )  # fmt: skip
    lease = re.search(r"lease (\S+) from", said)
    address = lease[1] if lease else "no address was seen"
    job.run(*VIRSH, "net-dhcp-leases", "demo", expect=[f"{re.escape(address)}/24 +virtbus-guest"])


def inspect(job: Job) -> None:
    """Look at the running guest."""
    job.title("The guest at work")
    job.run(*VIRSH, "list", "--all", expect=[r"demo +running"])
    job.run(*VIRSH, "domstats", "demo", expect=["state.state=1", "net.0.rx.bytes=", "block.0.allocation="])
    job.run(*VIRSH, "dumpxml", "demo", expect=["<domain type='qemu' id='", f"<uuid>{GUEST_UUID}</uuid>"], only=24)
    job.run(*VIRSH, "suspend", "demo", expect=["Domain 'demo' suspended"])
    job.run(*VIRSH, "domstate", "demo", "--reason", expect=[r"paused \(user\)"])
    job.run(*VIRSH, "resume", "demo", expect=["Domain 'demo' resumed"])


def remote(job: Job) -> None:
    """See the same guest over TLS and by libvirt-python."""
    job.title("The same guest over TLS, with certificates made a moment ago")
    job.run("openssl", "x509", "-in", "/etc/pki/libvirt/servercert.pem", "-noout", "-subject", "-issuer", "-startdate")
    job.run("virsh", "-c", REMOTE, "list", expect=[r"demo +running"])
    job.run("virsh", "-c", REMOTE, "dominfo", "demo", expect=[f"UUID: +{GUEST_UUID}", "State: +running"])
    job.run("virsh", "-c", REMOTE, "net-list", expect=[r"demo +active"])
    job.title("The same guest by libvirt-python")
    job.run(str(PYTHON), "-m", "tests.host.look", URI, expect=["guest demo .* is running", "pool demo: .'disk.qcow2'"])


def bus(job: Job) -> None:
    """See the same guest and network on D-Bus."""
    job.title("The same guest on D-Bus")
    job.run("busctl", "tree", HYPERVISOR, expect=[re.escape(GUEST_OBJECT)])
    interface = "org.libvirt.hypervisor1.Domain"
    job.run(
        "busctl", "introspect", HYPERVISOR, GUEST_OBJECT, interface, expect=[r"\.GetXMLDesc +method +u +s"], only=24
    )
    call = ("busctl", "call", HYPERVISOR, GUEST_OBJECT, interface)
    job.run(*call, "GetState", "u", "0", expect=["ii 1 "])
    job.run(*call, "GetInfo", expect=["^yttqt 1 "])
    job.run("busctl", "tree", "org.libvirt.network1", expect=[re.escape(NETWORK_OBJECT)])
    leases = ("org.libvirt.network1", NETWORK_OBJECT, "org.libvirt.network1.Network", "GetDHCPLeases")
    job.run("busctl", "call", *leases, "su", "", "0", expect=["virtbus-guest"])


def end(job: Job, events: Background) -> None:
    """Shut the guest down and forget it."""
    job.title("The guest's end")
    job.run(*VIRSH, "shutdown", "demo", expect=["Domain 'demo' is being shutdown"])
    job.wait(events, "'lifecycle' .*'demo': Stopped", 20)
    job.run(*VIRSH, "list", "--all", expect=[r"demo +shut off"])
    job.run(*VIRSH, "undefine", "demo", expect=["Domain 'demo' has been undefined"])
    for event in ("Defined", "Started", "Suspended", "Resumed", "Shutdown", "Stopped", "Undefined"):
        job.wait(events, f"'lifecycle' .*'demo': {event}", 1)


def work(job: Job, *, native: bool) -> None:
    """Do all steps."""
    job.title("The connection")
    job.run(*VIRSH, "version", expect=["Running hypervisor: QEMU"])
    events = job.background(*VIRSH, "event", "--event", "lifecycle", "--loop", mark="    [event] ")
    network(job)
    storage(job)
    boot(job)
    inspect(job)
    remote(job)
    if native:
        bus(job)
    end(job, events)
    events.end()


def main() -> int:
    """Do the main job; give 0 if every step worked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reference", action="store_true", help="the daemons are Debian's: leave D-Bus out")
    args = parser.parse_args()
    if "VIRTBUS_HOST" not in os.environ:
        print("the main job is done in a private host only: make run", file=sys.stderr)
        return 2
    began = time.monotonic()
    job = Job()
    prepare()
    work(job, native=not args.reference)
    summary.show(job, native=not args.reference)
    job.say(f"\n{job.done - len(job.failed)} of {job.done} steps worked, in {time.monotonic() - began:.1f} s")
    for line in job.failed:
        job.say(f"    FAILED {line}")
    return 1 if job.failed else 0


if __name__ == "__main__":
    sys.exit(main())
