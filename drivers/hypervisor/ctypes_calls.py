# SPDX-License-Identifier: LGPL-2.1-or-later
"""libvirt's C functions that libvirt-python does not have, or has only with a loss, by ctypes.

Public functions that this version of libvirt lacks answer "not supported". The migration protocol's functions are
not public: the program refuses to start without them, naming the symbol.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable
from typing import Any

from virtbus.bus.errors import InternalError
from virtbus.drivers.hypervisor import errors, prototypes

LIBRARIES = ("libvirt.so.0", "libvirt-qemu.so.0")
_LETTERS: dict[str, Any] = {
    "p": ctypes.c_void_p, "s": ctypes.c_char_p, "i": ctypes.c_int, "u": ctypes.c_uint, "l": ctypes.c_ulong,
    "x": ctypes.c_longlong, "v": None,
}  # fmt: skip


class MissingSymbol(Exception):
    """A function that this program cannot do without is not in libvirt."""


class Native:
    """The C libraries with checked prototypes."""

    def __init__(self) -> None:
        self._libraries = [ctypes.CDLL(name) for name in LIBRARIES]
        self._libc = ctypes.CDLL(None)
        self._libc.free.argtypes = [ctypes.c_void_p]
        self._functions = {name: self._bound(name, spec) for name, spec in prototypes.PROTOTYPES.items()}
        for name, spec in prototypes.MIGRATION.items():
            function = self._bound(name, spec)
            if function is None:
                raise MissingSymbol(f"libvirt has no symbol {name}: migration needs it")
            self._functions[name] = function

    def _bound(self, name: str, spec: str) -> Callable[..., Any] | None:
        result, _, arguments = spec.partition(" ")
        for library in self._libraries:
            function = getattr(library, name, None)
            if function is not None:
                function.restype = _LETTERS[result]
                function.argtypes = [_LETTERS[letter] for letter in arguments]
                return function  # type: ignore[no-any-return]
        return None

    def __call__(self, name: str, *args: Any) -> Any:
        """Call a function and give its result; raises libvirt's error where that is negative or a null pointer."""
        function = self._functions[name]
        if function is None:
            raise errors.unsupported(name)
        result = function(*[a.encode() if type(a) is str else a for a in args])
        if result is None or result < 0:
            raise errors.failed(name)
        return result

    def quietly(self, name: str, *args: Any) -> int:
        """Call a function that only asks for a size and give its result, negative where it failed."""
        function = self._functions[name]
        return -1 if function is None else int(function(*args))

    def release(self, name: str, *args: Any) -> None:
        """Call a function that frees something."""
        function = self._functions[name]
        if function is None:
            raise errors.unsupported(name)
        function(*args)

    def free(self, address: int | None) -> None:
        """Free what libvirt allocated with malloc."""
        self._libc.free(address)

    def text(self, address: int | None) -> str:
        """Take a string that libvirt allocated: give it and free it."""
        if not address:
            raise InternalError("libvirt gave no text")
        try:
            return ctypes.string_at(address).decode()
        finally:
            self.free(address)

    def blob(self, address: int | None, size: int) -> bytes:
        """Take bytes that libvirt allocated: give them and free them."""
        if not address:
            return b""
        try:
            return ctypes.string_at(address, size)
        finally:
            self.free(address)


@functools.cache
def native() -> Native:
    """Give the process's C libraries, loaded at the first call."""
    return Native()
