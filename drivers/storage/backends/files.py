# SPDX-License-Identifier: LGPL-2.1-or-later
"""Make, copy, resize, wipe and delete files of a pool. Blocking functions; each leaves nothing behind if it fails.

A new file is made exclusively, without following links, with mode 0600; owner and mode as asked follow through its
descriptor, so that it never has a moment of wider permissions and nobody can put another file in its place.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator

from virtbus.bus.errors import ConfigUnsupported, InternalError, NoSupport, OperationInvalid
from virtbus.drivers.common.engine.beneath import folder, open_beneath
from virtbus.drivers.storage.backends import look
from virtbus.drivers.storage.checks import system_error
from virtbus.drivers.storage.model import DEFAULT_VOLUME_MODE, Permissions, PoolModel, VolumeModel
from virtbus.drivers.storage.qemu_img import Wish

FICLONE = 0x40049409
CHUNK = 1024 * 1024
SIZE_MAX = 2**63 - 1
_ZEROS = bytes(CHUNK)


def begin(model: PoolModel, volume: VolumeModel) -> int:
    """Give the descriptor of a new, empty file of the pool."""
    try:
        with folder(model.target) as at:
            return open_beneath(at, volume.name, os.O_RDWR | os.O_CREAT | os.O_EXCL)
    except FileExistsError:
        raise taken(volume) from None
    except OSError as error:
        if volume.name in (".", ".."):
            raise taken(volume) from None
        raise system_error(error, f"Failed to create file '{volume.path}'") from None


@contextlib.contextmanager
def new_file(model: PoolModel, volume: VolumeModel) -> Iterator[int]:
    """Give the descriptor of a new raw file of the pool; it is gone again if the block fails, else looked at."""
    handle = begin(model, volume)
    try:
        yield handle
        settle(handle, volume)
        look.measure(handle, volume)
        volume.capacity = volume.physical
    except BaseException:
        remove(model, volume.name)
        raise
    finally:
        os.close(handle)


def settle(handle: int, volume: VolumeModel) -> None:
    """Give a new file its owner, then its mode."""
    wanted = volume.permissions
    try:
        if wanted.owner is not None or wanted.group is not None:
            os.fchown(handle, _or_same(wanted.owner), _or_same(wanted.group))
        mode = DEFAULT_VOLUME_MODE if wanted.mode is None else wanted.mode
        os.fchmod(handle, mode)
    except OSError as error:
        raise system_error(error, f"cannot set permissions of '{volume.path}'") from None


def _or_same(account: int | None) -> int:
    return -1 if account is None else account


def remove(model: PoolModel, name: str) -> None:
    """Take away a file of a failed step; it need not be there any more."""
    with contextlib.suppress(OSError), folder(model.target) as at:
        os.unlink(name, dir_fd=at)


def taken(volume: VolumeModel) -> OperationInvalid:
    """Give the error of a name that the pool's folder has already."""
    return OperationInvalid(f"volume target path '{volume.path}' already exists")


def check_raw(volume: VolumeModel, wish: Wish) -> None:
    """Refuse what a raw file cannot have."""
    if wish.metadata:
        raise ConfigUnsupported("metadata preallocation is not supported for raw volumes")
    if volume.backing is not None:
        raise NoSupport("backing storage not supported for raw volumes")


def make_raw(model: PoolModel, volume: VolumeModel) -> None:
    """Make a raw file with its capacity and allocation."""
    with new_file(model, volume) as handle:
        _extend(handle, volume)
        _allocate(handle, volume)
        _sync(handle, volume)


def _extend(handle: int, volume: VolumeModel) -> None:
    try:
        os.ftruncate(handle, volume.capacity)
    except OSError as error:
        raise system_error(error, f"cannot extend file '{volume.path}'") from None


def _allocate(handle: int, volume: VolumeModel) -> None:
    if not volume.allocation:
        return
    try:
        os.posix_fallocate(handle, 0, volume.allocation)
    except OSError as error:
        text = f"cannot allocate {volume.allocation} bytes in file '{volume.path}'"
        raise system_error(error, text) from None


def _sync(handle: int, volume: VolumeModel) -> None:
    try:
        os.fsync(handle)
    except OSError as error:
        raise system_error(error, f"cannot sync data to file '{volume.path}'") from None


def copy_raw(model: PoolModel, source: VolumeModel, volume: VolumeModel, wish: Wish) -> None:
    """Make a raw file with another raw volume's contents; holes stay holes."""
    try:
        origin = os.open(source.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise system_error(error, f"could not open input path '{source.path}'") from None
    try:
        with new_file(model, volume) as handle:
            _extend(handle, volume)
            if wish.reflink:
                _reflink(origin, handle, source)
            else:
                if source.capacity <= source.allocation:
                    _allocate(handle, volume)
                _copy(origin, handle, volume)
            _sync(handle, volume)
    finally:
        os.close(origin)


def _reflink(origin: int, handle: int, source: VolumeModel) -> None:
    try:
        fcntl.ioctl(handle, FICLONE, origin)
    except OSError as error:
        raise system_error(error, f"failed to clone files from '{source.path}'") from None


def _copy(origin: int, handle: int, volume: VolumeModel) -> None:
    try:
        for start, end in data_ranges(origin):
            _copy_range(origin, handle, start, end)
    except OSError as error:
        raise system_error(error, f"failed writing to file '{volume.path}'") from None


def data_ranges(handle: int) -> Iterator[tuple[int, int]]:
    """Give the parts of a file that are no holes."""
    at = 0
    while True:
        try:
            at = os.lseek(handle, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno == errno.ENXIO:
                return
            raise
        end = os.lseek(handle, at, os.SEEK_HOLE)
        yield at, end
        at = end


def _copy_range(origin: int, handle: int, start: int, end: int) -> None:
    while start < end:
        piece = os.pread(origin, min(CHUNK, end - start), start)
        if not piece:
            return
        write_at(handle, piece, start)
        start += len(piece)


def write_at(handle: int, piece: bytes | memoryview, start: int) -> None:
    """Write all of a piece at its place."""
    rest = memoryview(piece)
    while rest:
        done = os.pwrite(handle, rest, start)
        rest, start = rest[done:], start + done


def make_directory(model: PoolModel, volume: VolumeModel) -> None:
    """Make a folder as a volume."""
    try:
        with folder(model.target) as at:
            os.mkdir(volume.name, 0o700, dir_fd=at)
            try:
                handle = open_beneath(at, volume.name, os.O_RDONLY | os.O_DIRECTORY)
                try:
                    settle(handle, volume)
                finally:
                    os.close(handle)
            except BaseException:
                os.rmdir(volume.name, dir_fd=at)
                raise
    except FileExistsError:
        raise taken(volume) from None
    except OSError as error:
        raise system_error(error, f"failed to create directory '{volume.path}'") from None


def delete(model: PoolModel, volume: VolumeModel) -> None:
    """Delete a volume's file or empty folder; one that is gone already is fine."""
    try:
        with folder(model.target) as at:
            is_folder = stat.S_ISDIR(os.stat(volume.name, dir_fd=at, follow_symlinks=False).st_mode)
            (os.rmdir if is_folder else os.unlink)(volume.name, dir_fd=at)
    except FileNotFoundError:
        return
    except OSError as error:
        what = "remove directory" if error.errno in (errno.ENOTEMPTY, errno.EEXIST) else "unlink file"
        raise system_error(error, f"cannot {what} '{volume.path}'") from None


def resize_raw(model: PoolModel, volume: VolumeModel, capacity: int, *, allocate: bool) -> None:
    """Change the size of a raw file; with `allocate`, what is new gets its blocks."""
    try:
        with folder(model.target) as at:
            handle = open_beneath(at, volume.name, os.O_RDWR)
    except OSError as error:
        raise system_error(error, f"Unable to open '{volume.path}'") from None
    try:
        if capacity > SIZE_MAX:
            raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))
        if allocate and capacity > volume.capacity:
            os.posix_fallocate(handle, volume.allocation, max(capacity - volume.allocation, 1))
        os.ftruncate(handle, capacity)
        os.fsync(handle)
    except OSError as error:
        raise system_error(error, f"Failed to truncate file '{volume.path}'") from None
    finally:
        os.close(handle)


def wipe_zero(model: PoolModel, volume: VolumeModel) -> None:
    """Fill a file with zeros; a sparse one is cut to nothing and made as long again."""
    try:
        with folder(model.target) as at:
            handle = open_beneath(at, volume.name, os.O_RDWR)
    except OSError as error:
        raise system_error(error, f"Failed to open storage volume with path '{volume.path}'") from None
    try:
        found = os.fstat(handle)
        if stat.S_ISREG(found.st_mode) and found.st_blocks * 512 < found.st_size:
            os.ftruncate(handle, 0)
            os.ftruncate(handle, found.st_size)
        else:
            _write_zeros(handle, volume.allocation)
        os.fsync(handle)
    except OSError as error:
        raise system_error(error, f"Failed to write to storage volume with path '{volume.path}'") from None
    finally:
        os.close(handle)


def _write_zeros(handle: int, size: int) -> None:
    start = 0
    while start < size:
        write_at(handle, memoryview(_ZEROS)[: min(CHUNK, size - start)], start)
        start += CHUNK


def build_folder(path: str, wanted: Permissions, default_mode: int) -> None:
    """Make a pool's folder, and what leads to it; one that is there gets owner and mode only as asked for.

    The last element is never followed as a link while these are set.
    """
    parent, name = os.path.split(path)
    if not path.startswith("/") or not name:
        return _set_permissions(path, wanted)
    try:
        os.makedirs(parent, 0o755, exist_ok=True)
    except OSError as error:
        raise system_error(error, f"cannot create path '{parent}'") from None
    mode = wanted.mode
    try:
        os.mkdir(path, 0o700)
        mode = default_mode if mode is None else mode
    except FileExistsError:
        if not os.path.isdir(path):
            raise InternalError(f"'{path}' exists and is no directory") from None
    except OSError as error:
        raise system_error(error, f"failed to create directory '{path}'") from None
    return _set_permissions(path, Permissions(mode, wanted.owner, wanted.group))


def _set_permissions(path: str, wanted: Permissions) -> None:
    if not wanted:
        return
    try:
        handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if wanted.owner is not None or wanted.group is not None:
                os.fchown(handle, _or_same(wanted.owner), _or_same(wanted.group))
            if wanted.mode is not None:
                os.fchmod(handle, wanted.mode)
        finally:
            os.close(handle)
    except OSError as error:
        raise system_error(error, f"cannot set mode of '{path}'") from None


def delete_folder(path: str) -> None:
    """Remove a pool's empty folder; one that is gone already is fine."""
    try:
        os.rmdir(path)
    except FileNotFoundError:
        return
    except OSError as error:
        raise system_error(error, f"failed to remove pool '{path}'") from None
