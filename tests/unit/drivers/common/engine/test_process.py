# SPDX-License-Identifier: LGPL-2.1-or-later
"""Programs run to their end."""

from __future__ import annotations

import pytest

from virtbus.bus.errors import InternalError, OperationTimeout, SystemCallError
from virtbus.drivers.common.engine.process import Processes, Result, check


async def test_input_output_and_status() -> None:
    assert await Processes().run(["cat"], input=b"x" * 200_000) == Result(0, b"x" * 200_000, b"")
    result = await Processes().run(["sh", "-c", "echo no >&2; exit 3"])
    assert result == Result(3, b"", b"no\n")
    with pytest.raises(InternalError) as caught:
        check(["sh", "-c", "x y"], result)
    assert caught.value.message == "internal error: Child process (sh -c 'x y') unexpected exit status 3: no\n"


async def test_environment_is_plain_and_no_shell_reads_arguments() -> None:
    result = await Processes().run(["env"], env={"A": "$(id)"})
    assert {line.split("=")[0] for line in result.text.splitlines()} == {"LC_ALL", "PATH", "HOME", "A"}
    assert (await Processes().run(["echo", "$(id)", ";"])).text == "$(id) ;\n"


async def test_limits() -> None:
    with pytest.raises(OperationTimeout):
        await Processes().run(["sleep", "60"], timeout=0.05)
    with pytest.raises(InternalError):
        await Processes().run(["yes"], limit=1000)


async def test_a_missing_program_is_named() -> None:
    with pytest.raises(SystemCallError) as caught:
        await Processes().run(["no-such-program"])
    assert caught.value.message == "Cannot find 'no-such-program' in path: No such file or directory"


async def test_a_program_that_does_not_read_its_input() -> None:
    assert (await Processes().run(["true"], input=b"x" * 500_000)).status == 0
