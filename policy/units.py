# SPDX-License-Identifier: LGPL-2.1-or-later
"""systemd units of the daemons, closed as far as their work allows (systemd.exec(5)), and their accounts."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from virtbus.bus.daemons import Daemon

FOLDERS = (
    "/etc/libvirt", "/run/libvirt", "/run/virtbus", "/var/lib/libvirt", "/var/log/libvirt", "/var/cache/libvirt",
)  # fmt: skip
HARDENING = {
    "CapabilityBoundingSet": "CAP_CHOWN CAP_DAC_OVERRIDE CAP_FOWNER CAP_SYS_PTRACE",
    "LockPersonality": "yes",
    "NoNewPrivileges": "yes",
    "PrivateTmp": "yes",
    "ProtectClock": "yes",
    "ProtectHome": "yes",
    "ProtectKernelLogs": "yes",
    "ProtectKernelModules": "yes",
    "ProtectKernelTunables": "yes",
    "ProtectSystem": "strict",
    "ReadWritePaths": " ".join(f"-{folder}" for folder in FOLDERS),
    "RestrictAddressFamilies": "AF_UNIX",
    "RestrictNamespaces": "yes",
    "RestrictRealtime": "yes",
    "RestrictSUIDSGID": "yes",
    "SystemCallArchitectures": "native",
    "SystemCallFilter": "@system-service",
    "UMask": "0077",
}
"""What a daemon is held to unless its descriptor has something else in [hardening]; "unset" lifts a setting."""
UNSET = "unset"
ADMIN_SOCKET = "libvirt-admin-sock"


def service(daemon: Daemon, python: str, inherits: Iterable[str] = ()) -> str:
    """Give a daemon's service unit; `inherits` names the socket units whose sockets it is given."""
    command = " ".join((python, "-I", "-m", daemon.module, *daemon.arguments))
    hardening = {**HARDENING, **dict(daemon.hardening)}
    lines = [
        "[Unit]",
        f"Description=virtbus: {daemon.description}",
        "Requires=dbus.socket",
        "After=dbus.socket polkit.service",
        "",
        "[Service]",
        "Type=notify",
        f"ExecStart={command}",
        f"User={daemon.user}",
        "Restart=on-failure",
        "LimitCORE=0",
        *(f"Sockets={name}" for name in inherits),
        *(f"{key}={value}" for key, value in sorted(hardening.items()) if value != UNSET),
        "",
        "[Install]",
        "WantedBy=multi-user.target",
    ]
    return "\n".join(lines) + "\n"


def sockets(daemons: Iterable[Daemon], proxy: Daemon) -> Iterator[tuple[str, str]]:
    """Give the names and texts of the socket units of the legacy protocol, all of them the proxy's."""
    programs = ["libvirt", *(d.program for d in daemons if d.lends or any(uri.borrows for uri in d.uris))]
    for program in programs:
        yield _socket(f"{program}-sock", "0666", proxy)
        yield _socket(f"{program}-sock-ro", "0666", proxy)
    yield _socket(ADMIN_SOCKET, "0600", proxy)


def _socket(name: str, mode: str, proxy: Daemon) -> tuple[str, str]:
    lines = [
        "[Unit]",
        f"Description=virtbus: legacy socket {name}",
        "",
        "[Socket]",
        f"ListenStream=/run/libvirt/{name}",
        f"SocketMode={mode}",
        f"FileDescriptorName={name}",
        f"Service=virtbus-{proxy.name}.service",
        "RemoveOnStop=yes",
        "",
        "[Install]",
        "WantedBy=sockets.target",
    ]
    return f"virtbus-{name}.socket", "\n".join(lines) + "\n"


def accounts(daemons: Iterable[Daemon]) -> str:
    """Give the sysusers.d(5) file with the daemons' own accounts."""
    users = sorted({daemon.user for daemon in daemons} - {"root"})
    return "".join(f'u {user} - "virtbus" /nonexistent /usr/sbin/nologin\n' for user in users)


def folders() -> str:
    """Give the tmpfiles.d(5) file with the folders that daemons share below /run."""
    return "".join(f"d {folder} 0755 root root -\n" for folder in FOLDERS if folder.startswith("/run/"))
