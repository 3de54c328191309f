# SPDX-License-Identifier: LGPL-2.1-or-later
"""dnsmasq for a network: its files as text, made from the document alone (dnsmasq(8)).

Every value is one line of a file: whatever has a line break in it is refused here once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from virtbus.bus.errors import ConfigUnsupported, XmlDetail
from virtbus.drivers.network.addresses import check_range, interface_of, need_address
from virtbus.drivers.network.model import Dns, DnsHost, Host, Ip, Lease, Network, Range, Srv

UNITS = {"seconds": "s", "minutes": "m", "hours": "h"}
CONF_DIR = "/var/lib/libvirt/dnsmasq"
PID_DIR = "/run/libvirt/network"


@dataclass(frozen=True)
class Files:
    """The texts of dnsmasq's files."""

    conf: str
    hosts: str
    names: str


def wanted(network: Network) -> bool:
    """Say whether a network needs a dnsmasq: it has an address and serves anything on it."""
    if not network.ips:
        return False
    serves = any(ip.dhcp is not None for ip in network.ips)
    return serves or network.dns is None or network.dns.enable != "no"


def conf_path(name: str) -> str:
    """Give the path of a network's dnsmasq configuration."""
    return f"{CONF_DIR}/{name}.conf"


def hosts_path(name: str) -> str:
    """Give the path of a network's DHCP hosts."""
    return f"{CONF_DIR}/{name}.hostsfile"


def names_path(name: str) -> str:
    """Give the path of a network's names."""
    return f"{CONF_DIR}/{name}.addnhosts"


def status_path(bridge: str) -> str:
    """Give the path of the leases of a bridge."""
    return f"{CONF_DIR}/{bridge}.status"


def macs_path(bridge: str) -> str:
    """Give the path of the MAC addresses of the guests on a bridge."""
    return f"{CONF_DIR}/{bridge}.macs"


def pid_path(name: str) -> str:
    """Give the path of a network's dnsmasq's process id."""
    return f"{PID_DIR}/{name}.pid"


def argv(name: str, script: str) -> list[str]:
    """Give dnsmasq's command line."""
    return ["dnsmasq", f"--conf-file={conf_path(name)}", "--leasefile-ro", f"--dhcp-script={script}"]


def files(network: Network) -> Files:
    """Give the texts of all files."""
    return Files(conf(network), hosts(network), names(network))


def conf(network: Network) -> str:
    """Give the configuration."""
    lines = [
        "## A program writes this file; an edit here would be lost. To change it:",
        f"##    virsh net-edit {network.name}",
        "strict-order",
        *_resolving(network),
        f"pid-file={pid_path(network.name)}",
        "except-interface=lo",
        "bind-dynamic",
        f"interface={network.bridge_name}",
        *_isolation(network),
        *_records(network.dns),
        *_dhcp(network),
        *_advertising(network),
        *(option.value or "" for option in (network.options.options if network.options else [])),
    ]
    return _text(lines)


def hosts(network: Network) -> str:
    """Give the DHCP hosts, a line each."""
    return _text(_host(host, ip) for ip in network.ips if ip.dhcp for host in ip.dhcp.hosts)


def names(network: Network) -> str:
    """Give the names of addresses, a line each."""
    return _text(_names(host) for host in (network.dns.hosts if network.dns else []))


def _text(lines: Iterable[str]) -> str:
    kept = list(lines)
    for line in kept:
        if any(ord(char) < 32 and char != "\t" for char in line):
            raise XmlDetail("invalid control character in a value for dnsmasq")
    return "".join(f"{line}\n" for line in kept)


def _resolving(network: Network) -> list[str]:
    dns, lines = network.dns, []
    if dns is not None and dns.enable == "no":
        return ["port=0", *_domain(network)]
    forwarders = dns.forwarders if dns else []
    for forwarder in forwarders:
        domain = f"/{forwarder.domain}/" if forwarder.domain else ""
        lines.append(f"server={domain}{forwarder.addr or '#'}")
    if any(forwarder.addr and not forwarder.domain for forwarder in forwarders):
        lines.append("no-resolv")
    return lines + _domain(network) + _local_ptr(network)


def _domain(network: Network) -> list[str]:
    domain = network.domain.name if network.domain else None
    lines = []
    if domain and network.domain and network.domain.local_only == "yes":
        lines.append(f"local=/{domain}/")
    if domain:
        lines += [f"domain={domain}", "expand-hosts"]
    if network.dns and network.dns.forward_plain_names == "no":
        lines += ["domain-needed", "local=//"]
    return lines


def _local_ptr(network: Network) -> list[str]:
    """Answer questions about the network's own addresses, so that none leaves the host."""
    lines = []
    for ip in network.ips:
        if ip.local_ptr != "yes":
            continue
        net = interface_of(ip).network
        if net.prefixlen % (4 if ip.ipv6 else 8):
            family = f"IPv{net.version} network with prefix {net.prefixlen}"
            raise ConfigUnsupported(f"PTR domain for {family} cannot be automatically created")
        zone = net.network_address.reverse_pointer.split(".")
        digits = net.prefixlen // (4 if ip.ipv6 else 8)
        total = 32 if ip.ipv6 else 4
        lines.append(f"local=/{'.'.join(zone[total - digits :])}/")
    return lines


def _isolation(network: Network) -> list[str]:
    """Offer no way out where there is none."""
    if network.mode != "none":
        return []
    return ["dhcp-option=3", "no-resolv", "ra-param=*,0,0"]


def _records(dns: Dns | None) -> list[str]:
    if dns is None:
        return []
    return [f"txt-record={txt.name},{txt.value}" for txt in dns.txts] + [_srv(srv) for srv in dns.srvs]


def _srv(srv: Srv) -> str:
    line = f"srv-host=_{srv.service}._{srv.protocol}"
    if srv.domain:
        line += f".{srv.domain}"
    if srv.target and srv.target != ".":
        line += f",{srv.target}"
        if srv.port or srv.priority or srv.weight:
            line += f",{srv.port or 1}"
        if srv.priority or srv.weight:
            line += f",{srv.priority or 0}"
        if srv.weight:
            line += f",{srv.weight}"
    return line


def _dhcp(network: Network) -> list[str]:
    serving = [ip for ip in network.ips if ip.dhcp]
    lines: list[str] = []
    total = 0
    for ip in network.ips:
        if ip.tftp:
            lines += ["enable-tftp", f"tftp-root={ip.tftp.root}"]
    for ip in sorted(serving, key=lambda ip: ip.ipv6):
        more, count = _dhcp_of(ip, network)
        lines, total = lines + more, total + count
    if serving:
        if total:
            lines.append(f"dhcp-lease-max={total}")
        lines.append(f"dhcp-hostsfile={hosts_path(network.name)}")
    if network.dns is None or network.dns.enable != "no":
        lines.append(f"addn-hosts={names_path(network.name)}")
    return lines


def _dhcp_of(ip: Ip, network: Network) -> tuple[list[str], int]:
    lines, count = [], 0
    dhcp = ip.dhcp
    if dhcp is None:
        return [], 0
    for entry in dhcp.ranges:
        lines.append(_range(entry, ip))
        count += check_range(need_address(entry.start or ""), need_address(entry.end or ""), None)
    if not dhcp.ranges and dhcp.hosts:
        lines.append(f"dhcp-range={ip.address},static" + (f",{interface_of(ip).network.prefixlen}" if ip.ipv6 else ""))
    if not ip.ipv6:
        lines += _options(ip, network)
    return lines, count


def _options(ip: Ip, network: Network) -> list[str]:
    lines = ["dhcp-no-override", "dhcp-authoritative"]
    bootp = ip.dhcp.bootp if ip.dhcp else None
    if bootp:
        lines.append(f"dhcp-boot={bootp.file},,{bootp.server}" if bootp.server else f"dhcp-boot={bootp.file}")
    return lines


def _range(entry: Range, ip: Ip) -> str:
    net = interface_of(ip).network
    mask = str(net.prefixlen) if ip.ipv6 else str(net.netmask)
    return f"dhcp-range={entry.start},{entry.end},{mask}{_lease(entry.lease)}"


def _lease(lease: Lease | None) -> str:
    if lease is None or lease.expiry is None:
        return ""
    return ",infinite" if lease.expiry == "0" else f",{lease.expiry}{UNITS[lease.unit or 'minutes']}"


def _advertising(network: Network) -> list[str]:
    lines = [f"dhcp-option=option:mtu,{network.mtu.size}"] if network.mtu else []
    six = [ip for ip in network.ips if ip.ipv6]
    if any(ip.dhcp for ip in six):
        return [*lines, "enable-ra"]
    return lines + [f"dhcp-range={ip.address},ra-only" for ip in six]


def _host(host: Host, ip: Ip) -> str:
    address = f"[{host.ip}]" if ":" in (host.ip or "") else host.ip or ""
    if ip.ipv6:
        parts = [f"id:{host.id}" if host.id else "", host.name, address]
    else:
        parts = [host.mac, address, host.name] if host.mac else [host.name, address]
    return ",".join(part for part in parts if part) + _lease(host.lease)


def _names(host: DnsHost) -> str:
    return "\t".join([host.ip or "", *host.hostnames]) + "\t"
