# SPDX-License-Identifier: LGPL-2.1-or-later
"""The calls that no rule turns into a method: each by its own few lines, under its own name.

The list is complete: every entry of the form SPECIAL is here and nothing else is.
"""

from __future__ import annotations

from collections.abc import Callable

from virtbus.bus.errors import ErrorDomain, InternalError, InvalidArg, LibvirtError, Rpc
from virtbus.proxy.forms import Adapter, Values

CPUMAPS_MAX = 8_388_608
MEMORY_STATS_MAX = 1024
CPUSTATS_NPARAMS_MAX = 16
CPUSTATS_NCPUS_MAX = 128

Fds = tuple[int, ...]


def beyond(text: str) -> LibvirtError:
    """Give the error for a bound of the protocol that was passed over."""
    return InternalError(text, origin=ErrorDomain.RPC)


def demand(argument: str, function: str, rule: str) -> LibvirtError:
    """Give libvirt's error for an argument that the public function refuses."""
    error = InvalidArg(argument, origin=ErrorDomain.DOMAIN, int1=0, int2=0)
    error.message = f"{argument} in {function} must {rule}"
    error.str1, error.str2 = function, argument
    return error


def _same(wire: Values, _fds: Fds) -> Values:
    return wire


def _without(*positions: int) -> Callable[[Values, Fds], Values]:
    def args(wire: Values, _fds: Fds) -> Values:
        return tuple(value for at, value in enumerate(wire) if at not in positions)

    return args


def _no_results(_wire: Values, _outs: Values) -> Values:
    return ()


def _as_is(_wire: Values, outs: Values) -> Values:
    return outs


def _counted(_wire: Values, outs: Values) -> Values:
    return outs[0], len(outs[0])


def _fitted(cpumap: bytes, length: int) -> bytes:
    """Give a map of processors in `length` bytes."""
    return cpumap[:length].ljust(length, b"\0")


# -- processors


def _vcpus_args(wire: Values, _fds: Fds) -> Values:
    maxinfo, maplen = wire
    if maxinfo < 0:
        raise beyond("maxinfo must be non-negative")
    if maxinfo > 16384:
        raise beyond("maxinfo > REMOTE_VCPUINFO_MAX")
    if maxinfo * max(maplen, 0) > CPUMAPS_MAX:
        raise beyond("maxinfo * maplen > REMOTE_CPUMAPS_MAX")
    if not maxinfo:
        raise demand("info", "virDomainGetVcpus", "not be NULL")
    return ()


def _vcpus_ret(wire: Values, outs: Values) -> Values:
    maxinfo, maplen = wire
    places = outs[0][:maxinfo]
    maps = b"".join(_fitted(p.cpumap, maplen) for p in places) if maplen > 0 else b""
    return [p[:4] for p in places], maps


def _pin_args(wire: Values, _fds: Fds) -> Values:
    ncpumaps, maplen, flags = wire
    if ncpumaps < 0:
        raise beyond("ncpumaps must be non-negative")
    if ncpumaps > 16384:
        raise beyond("ncpumaps > REMOTE_VCPUINFO_MAX")
    if max(ncpumaps, 0) * max(maplen, 0) > CPUMAPS_MAX:
        raise beyond("ncpumaps * maplen > REMOTE_CPUMAPS_MAX")
    if not ncpumaps:
        raise demand("ncpumaps", "virDomainGetVcpuPinInfo", "be greater than zero")
    return (flags,)


def _pin_ret(wire: Values, outs: Values) -> Values:
    ncpumaps, maplen, _flags = wire
    maps = outs[0][:ncpumaps]
    return b"".join(_fitted(m, max(maplen, 0)) for m in maps), len(maps)


def _emulator_pin_args(wire: Values, _fds: Fds) -> Values:
    maplen, flags = wire
    if maplen > CPUMAPS_MAX:
        raise beyond("maplen > REMOTE_CPUMAPS_MAX")
    if maplen <= 0:
        raise demand("cpumap", "virDomainGetEmulatorPinInfo", "not be NULL")
    return (flags,)


def _emulator_pin_ret(wire: Values, outs: Values) -> Values:
    return _fitted(outs[0], wire[0]), 1


def _cpu_map_args(wire: Values, _fds: Fds) -> Values:
    return (wire[2],)


def _cpu_map_ret(wire: Values, outs: Values) -> Values:
    cpumap, online, total = outs
    return (cpumap if wire[0] else b""), (online if wire[1] else 0), total


def _cpu_stats_args(wire: Values, _fds: Fds) -> Values:
    nparams, start_cpu, ncpus, flags = wire
    if nparams > CPUSTATS_NPARAMS_MAX:
        raise beyond("nparams too large")
    if ncpus > CPUSTATS_NCPUS_MAX:
        raise beyond("ncpus too large")
    return start_cpu, ncpus, flags


def _cpu_stats_ret(wire: Values, outs: Values) -> Values:
    nparams, _start, ncpus, _flags = wire
    records = [record.params for record in outs[0]]
    if not ncpus:
        return [], len(records)
    most = max((len(params) for params in records), default=0)
    if not nparams:
        return [], most
    each = min(most, nparams)
    return [pair for params in records for pair in list(params.items())[:each]], each


# -- scheduler, memory, labels, threads


def _scheduler_args(wire: Values, _fds: Fds) -> Values:
    if wire[0] < 0:
        raise beyond("nparams must be non-negative")
    if wire[0] > 16:
        raise beyond("nparams too large")
    return wire[1:]


def _scheduler_ret(wire: Values, outs: Values) -> Values:
    return (dict(list(outs[0].items())[: wire[0]]),)


def _memory_stats_args(wire: Values, _fds: Fds) -> Values:
    if wire[0] > MEMORY_STATS_MAX:
        raise beyond("maxStats > REMOTE_DOMAIN_MEMORY_STATS_MAX")
    return (wire[1],)


def _memory_stats_ret(wire: Values, outs: Values) -> Values:
    return (outs[0][: wire[0]],)


def _free_memory_args(wire: Values, _fds: Fds) -> Values:
    if wire[1] > 1024:
        raise Rpc("maxcells > REMOTE_NODE_MAX_CELLS", origin=ErrorDomain.RPC)
    if wire[1] <= 0:
        raise demand("maxCells", "virNodeGetCellsFreeMemory", "be greater than zero")
    return wire


# -- disks


def _disk_errors_args(wire: Values, _fds: Fds) -> Values:
    if wire[0] > 256:
        raise beyond("maxerrors too large")
    return (wire[1],)


def _disk_errors_ret(wire: Values, outs: Values) -> Values:
    found = outs[0]
    return ([], len(found)) if not wire[0] else (found[: wire[0]], min(len(found), wire[0]))


def _block_job_ret(_wire: Values, outs: Values) -> Values:
    return (1, *outs[0][0]) if outs[0] else (0, 0, 0, 0, 0)


# -- calls with descriptors


def _one_fd(position: int) -> Callable[[Values, Fds], Values]:
    def args(wire: Values, fds: Fds) -> Values:
        if not fds:
            raise beyond("No FD available at slot 0")
        if len(fds) > 1:
            raise InvalidArg("only one descriptor may come with the call", origin=ErrorDomain.RPC)
        return (*wire[:position], 0, *wire[position:])

    return args


def _all_fds(position: int) -> Callable[[Values, Fds], Values]:
    def args(wire: Values, fds: Fds) -> Values:
        return (*wire[:position], list(range(len(fds))), *wire[position:])

    return args


def _first(_wire: Values, outs: Values) -> Values:
    return (outs[0],)


ADAPTERS: dict[tuple[str, int], Adapter] = {
    ("remote", 20): Adapter(_vcpus_args, _vcpus_ret),
    ("remote", 56): Adapter(_same, _as_is),
    ("remote", 57): Adapter(_scheduler_args, _scheduler_ret),
    ("remote", 101): Adapter(_free_memory_args, lambda wire, outs: (outs[0][: wire[1]],)),
    ("remote", 159): Adapter(_memory_stats_args, _memory_stats_ret),
    ("remote", 223): Adapter(_scheduler_args, _scheduler_ret),
    ("remote", 230): Adapter(_pin_args, _pin_ret),
    ("remote", 238): Adapter(_same, _block_job_ret),
    ("remote", 249): Adapter(_one_fd(1), _no_results),
    ("remote", 262): Adapter(_cpu_stats_args, _cpu_stats_ret),
    ("remote", 263): Adapter(_disk_errors_args, _disk_errors_ret),
    ("remote", 278): Adapter(_same, _counted),
    ("remote", 280): Adapter(_emulator_pin_args, _emulator_pin_ret),
    ("remote", 293): Adapter(_cpu_map_args, _cpu_map_ret),
    ("remote", 309): Adapter(_all_fds(2), _first),
    ("remote", 310): Adapter(_all_fds(1), _first),
    ("remote", 343): Adapter(_same, _no_results),
    ("remote", 349): Adapter(_same, _counted),
    ("remote", 351): Adapter(_same, _counted),
    ("remote", 443): Adapter(_all_fds(1), _no_results),
    ("qemu", 7): Adapter(_all_fds(1), _first),
}
