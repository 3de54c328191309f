# SPDX-License-Identifier: LGPL-2.1-or-later
"""List the Debian packages that virtbus, its main job and its tests need, each with the reason."""

from __future__ import annotations

NEEDED: dict[str, str] = {
    # what virtbus runs on
    "python3-venv": "the project's own Python environment",
    "python3-libvirt": "libvirt's drivers within virthypervisord, and the client of the tests",
    "libvirt-daemon-driver-qemu": "libvirt's QEMU driver, loaded by virthypervisord",
    "qemu-system-x86": "guests",
    "qemu-utils": "qemu-img: volumes",
    "seabios": "firmware of guests",
    "ovmf": "UEFI firmware of guests",
    "dnsmasq-base": "DHCP and DNS of networks",
    "nftables": "firewall of networks and network filters",
    "iproute2": "links, and looks at them in the tests",
    "dbus": "the system bus",
    "dbus-broker": "the other system bus, where tests compare the two",
    "polkitd": "who may do what",
    "parted": "disk pools",
    "lvm2": "logical pools",
    "e2fsprogs": "file system pools",
    "swtpm": "guests with a TPM",
    "swtpm-tools": "guests with a TPM",
    # the clients of the main job
    "libvirt-clients": "virsh",
    "systemd": "busctl (nothing of it is started)",
    "libglib2.0-bin": "gdbus",
    "openssl": "certificates for TLS",
    "gnutls-bin": "a look at TLS from the side",
    "virtinst": "virt-install, a client of the tests",
    # the reference that virtbus is compared with
    "libvirt-daemon-system": "Debian's libvirtd: the reference, its accounts and its shipped files",
    "libvirt-daemon-config-network": "the shipped default network",
    "libvirt-daemon-config-nwfilter": "the shipped network filters",
    "iptables": "the reference's firewall",
    "ebtables": "the reference's network filters",
    # the private host and the tests
    "iputils-ping": "a look at networks in the twin scenarios",
    "util-linux": "unshare and nsenter: the private host",
    "cpio": "initial file systems of the twin scenarios",
    "psmisc": "looks at processes in the twin scenarios",
    "procps": "looks at processes in the twin scenarios",
    "xz-utils": "guest kernels with packed modules",
}

FETCHED: dict[str, str] = {
    "linux-image-cloud-amd64": "the kernel of the main job's guest",
    "busybox-static": "the programs of the main job's guest",
}
"""Packages that are fetched and unpacked into `build/cache`, never installed."""
