# SPDX-License-Identifier: LGPL-2.1-or-later
"""Ask polkit, and remember its answers until it says that something changed.

polkit's interface: https://www.freedesktop.org/software/polkit/docs/latest/eggdbus-interface-org.freedesktop.PolicyKit1.Authority.html
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from virtbus.bus.errors import LibvirtError
from virtbus.bus.wire.codec import Variant
from virtbus.bus.wire.message import Message

log = logging.getLogger("virtbus.policy")

NAME = "org.freedesktop.PolicyKit1"
PATH = "/org/freedesktop/PolicyKit1/Authority"
INTERFACE = "org.freedesktop.PolicyKit1.Authority"
ALLOW_INTERACTION = 1
CACHE_MAX = 100_000
AT_ONCE = 64
"""Questions that one subject may have open at a time; the others wait, so that nobody keeps polkit busy alone."""
ANSWER_WITHIN = 10.0
TYPED_WITHIN = 300.0
"""Seconds that polkit has to answer, and that a person has to type a password."""


class Bus(Protocol):
    """What is needed of a bus connection."""

    async def request(
        self,
        destination: str,
        path: str,
        interface: str,
        member: str,
        signature: str = "",
        args: Sequence[Any] = (),
        fds: Sequence[int] = (),
    ) -> Message:
        """Call a method and give its reply."""

    async def subscribe(self, sender: str, interface: str, member: str, handler: Callable[[Message], None]) -> None:
        """Call `handler` for each such signal."""

    async def watch_owner(self, name: str, changed: Callable[[str], None]) -> None:
        """Call `changed` whenever the owner of `name` changes."""


class Subject(NamedTuple):
    """Who is asked about: a connection on the bus, or a process and the account it acts for."""

    name: str = ""
    pid: int = 0
    start_time: int = 0
    uid: int = 0

    def value(self) -> tuple[str, dict[str, Variant]]:
        """Give the subject as polkit takes it."""
        if self.name:
            return "system-bus-name", {"name": Variant("s", self.name)}
        # polkit takes the uid as a signed number.
        signed = self.uid - (1 << 32) if self.uid >= 1 << 31 else self.uid
        details = {"pid": Variant("u", self.pid), "start-time": Variant("t", self.start_time)}
        return "unix-process", {**details, "uid": Variant("i", signed)}


Details = tuple[tuple[str, str], ...]
Question = tuple[Subject, str, Details]


class Authority:
    """polkit, with a memory. Any doubt (no polkit, no answer in time, an error) is a no, and is not remembered."""

    def __init__(self, bus: Bus, *, answer_within: float = ANSWER_WITHIN, typed_within: float = TYPED_WITHIN) -> None:
        """Ask over this bus connection; nothing is sent before the first question.

        `age` grows when answers are forgotten: what was derived from them is worth nothing then. `doubts` counts
        the refusals for want of an answer: what was derived meanwhile must not be kept.
        """
        self._bus = bus
        self._within = (answer_within, typed_within)
        self._answers: OrderedDict[Question, bool] = OrderedDict()
        self._asking: dict[Question, asyncio.Task[bool]] = {}
        self._slots: dict[Subject, asyncio.Semaphore] = {}
        self.age = 0
        self.doubts = 0
        self._watching: asyncio.Task[None] | None = None
        self._serials = itertools.count(1)

    def known(self, subject: Subject, action: str, details: Details) -> bool | None:
        """Give the answer to a question that was asked before; None if it must be asked."""
        return self._answers.get((subject, action, details))

    async def allows(
        self, subject: Subject, action: str, details: Mapping[str, str] | Details = (), *, interactive: bool = False
    ) -> bool:
        """Say whether the subject may do the action; several who ask the same at a time share the question.

        Details as a tuple are sorted already.
        """
        ordered = details if isinstance(details, tuple) else tuple(sorted(details.items()))
        question = (subject, action, ordered)
        answer = self._answers.get(question)
        if answer is not None and (answer or not interactive):
            return answer
        if interactive:
            return await self._ask(question, interactive=True)
        task = self._asking.get(question)
        if task is None:
            task = self._asking[question] = asyncio.get_running_loop().create_task(self._queued(question))
            task.add_done_callback(lambda _: self._asking.pop(question, None))
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Drop every answer, also those still on their way."""
        self.age += 1
        self._answers.clear()

    async def _queued(self, question: Question) -> bool:
        subject = question[0]
        slot = self._slots.setdefault(subject, asyncio.Semaphore(AT_ONCE))
        async with slot:
            answer = await self._ask(question, interactive=False)
        if not any(asked[0] == subject for asked in self._asking if asked != question):
            self._slots.pop(subject, None)
        return answer

    async def _ask(self, question: Question, *, interactive: bool) -> bool:
        cancellation = f"virtbus-{next(self._serials)}" if interactive else ""
        try:
            async with asyncio.timeout(self._within[interactive]):
                await self._watch()
                age = self.age
                answer = await self._check(question, cancellation)
        except TimeoutError:
            self.doubts += 1
            log.warning("polkit gave no answer in time: %s is refused", question[1])
            await self._cancel(cancellation)
            return False
        except (LibvirtError, OSError) as error:
            self.doubts += 1
            log.warning("polkit gave no answer (%s): %s is refused", error, question[1])
            return False
        if age == self.age:
            self._remember(question, answer=answer)
        return answer

    async def _check(self, question: Question, cancellation: str) -> bool:
        subject, action, details = question
        flags = ALLOW_INTERACTION if cancellation else 0
        args = (subject.value(), action, dict(details), flags, cancellation)
        reply = await self._bus.request(NAME, PATH, INTERFACE, "CheckAuthorization", "(sa{sv})sa{ss}us", args)
        ((authorised, _challenge, _more),) = reply.values()
        return bool(authorised)

    async def _cancel(self, cancellation: str) -> None:
        if not cancellation:
            return
        try:
            async with asyncio.timeout(self._within[0]):
                await self._bus.request(NAME, PATH, INTERFACE, "CancelCheckAuthorization", "s", (cancellation,))
        except (TimeoutError, LibvirtError) as error:
            log.info("polkit did not take back a question: %s", error)

    def _remember(self, question: Question, *, answer: bool) -> None:
        self._answers[question] = answer
        if len(self._answers) > CACHE_MAX:
            self._answers.popitem(last=False)

    async def _watch(self) -> None:
        if self._watching is not None and self._watching.done() and _failed(self._watching):
            self._watching = None
        if self._watching is None:
            self._watching = asyncio.get_running_loop().create_task(self._subscribe())
        await asyncio.shield(self._watching)

    async def _subscribe(self) -> None:
        await self._bus.watch_owner(NAME, lambda _owner: self.forget())
        await self._bus.subscribe(NAME, INTERFACE, "Changed", lambda _message: self.forget())


def _failed(task: asyncio.Task[None]) -> bool:
    return task.cancelled() or task.exception() is not None
