# SPDX-License-Identifier: LGPL-2.1-or-later
"""A runner that starts nothing: it records command lines and answers what was laid ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from virtbus.drivers.common.engine.process import OUTPUT_MAX, TIMEOUT, Result

Answer = Result | Callable[[Sequence[str], bytes], Result]


class Processes:
    """Record runs in `ran` (argv, input); `answers` maps a program's name to its result."""

    def __init__(self, answers: Mapping[str, Answer] | None = None) -> None:
        self.answers: dict[str, Answer] = dict(answers or {})
        self.ran: list[tuple[list[str], bytes]] = []

    async def run(
        self,
        argv: Sequence[str],
        *,
        input: bytes = b"",
        env: Mapping[str, str] | None = None,
        timeout: float = TIMEOUT,
        limit: int = OUTPUT_MAX,
        pass_fds: Sequence[int] = (),
    ) -> Result:
        """Give the answer laid ready for the program, success without output if there is none."""
        self.ran.append((list(argv), input))
        answer = self.answers.get(argv[0], Result(0, b"", b""))
        return answer if isinstance(answer, Result) else answer(argv, input)
