# SPDX-License-Identifier: LGPL-2.1-or-later
"""Asking polkit: memory, sharing, limits, and every way in which it can fail."""

import asyncio

import pytest

from tests.unit.policy.polkit import Polkit, no, yes
from virtbus.policy.authority import AT_ONCE, Authority, Subject

ACTION = "org.libvirt.api.domain.start"
SUBJECT = Subject(pid=10, start_time=20, uid=30)


async def test_an_answer_is_remembered_until_polkit_says_changed() -> None:
    polkit = Polkit(yes)
    authority = Authority(polkit)
    assert await authority.allows(SUBJECT, ACTION, {"domain_name": "a"})
    assert await authority.allows(SUBJECT, ACTION, {"domain_name": "a"})
    assert len(polkit.asked) == 1
    polkit.rule = no
    polkit.change()
    assert not await authority.allows(SUBJECT, ACTION, {"domain_name": "a"})


async def test_a_restart_of_polkit_is_a_change() -> None:
    polkit = Polkit(yes)
    authority = Authority(polkit)
    await authority.allows(SUBJECT, ACTION)
    polkit.restart()
    await authority.allows(SUBJECT, ACTION)
    assert len(polkit.asked) == 2


async def test_another_subject_action_or_object_is_another_question() -> None:
    polkit = Polkit(yes)
    authority = Authority(polkit)
    other_session = SUBJECT._replace(pid=11)
    for subject, action, details in (
        (SUBJECT, ACTION, {}), (other_session, ACTION, {}), (SUBJECT, ACTION + "x", {}), (SUBJECT, ACTION, {"a": "b"}),
    ):  # fmt: skip
        await authority.allows(subject, action, details)
    assert len(polkit.asked) == 4


async def test_who_asks_the_same_shares_the_question() -> None:
    polkit = Polkit(yes)
    polkit.gate = asyncio.Event()
    authority = Authority(polkit)
    waiting = [asyncio.ensure_future(authority.allows(SUBJECT, ACTION)) for _ in range(50)]
    await polkit.until_asked(1)
    polkit.gate.set()
    assert await asyncio.gather(*waiting) == [True] * 50
    assert len(polkit.asked) == 1


async def test_one_subject_does_not_keep_polkit_from_others() -> None:
    polkit = Polkit(yes)
    polkit.gate = asyncio.Event()
    authority = Authority(polkit)
    many = [asyncio.ensure_future(authority.allows(SUBJECT, ACTION, {"n": str(n)})) for n in range(AT_ONCE * 3)]
    await polkit.until_asked(AT_ONCE)
    other = asyncio.ensure_future(authority.allows(SUBJECT._replace(uid=31), ACTION))
    await polkit.until_asked(AT_ONCE + 1)
    assert polkit.asked[-1][2]["uid"] == 31
    polkit.gate.set()
    assert all(await asyncio.gather(other, *many))


async def test_an_answer_that_a_change_overtook_is_not_kept() -> None:
    polkit = Polkit(yes)
    authority = Authority(polkit)
    await authority.allows(SUBJECT, "first")
    polkit.gate = asyncio.Event()
    asking = asyncio.ensure_future(authority.allows(SUBJECT, ACTION))
    await polkit.until_asked(2)
    polkit.change()
    polkit.gate.set()
    await asking
    assert authority.known(SUBJECT, ACTION, ()) is None


async def test_no_answer_in_time_is_a_no_and_is_not_remembered() -> None:
    polkit = Polkit(yes)
    polkit.gate = asyncio.Event()
    authority = Authority(polkit, answer_within=0.01)
    assert not await authority.allows(SUBJECT, ACTION)
    polkit.gate.set()
    assert await authority.allows(SUBJECT, ACTION)


async def test_an_error_is_a_no_and_polkit_may_recover() -> None:
    polkit = Polkit(yes)
    polkit.broken = True
    authority = Authority(polkit)
    assert not await authority.allows(SUBJECT, ACTION)
    polkit.broken = False
    assert await authority.allows(SUBJECT, ACTION)
    assert authority.doubts == 1


async def test_a_person_is_asked_only_if_wanted_and_the_question_taken_back() -> None:
    polkit = Polkit(no)
    authority = Authority(polkit, answer_within=1, typed_within=0.01)
    assert not await authority.allows(SUBJECT, ACTION)
    assert polkit.flags == [0]
    polkit.gate = asyncio.Event()
    assert not await authority.allows(SUBJECT, ACTION, interactive=True)
    assert polkit.flags == [0, 1]
    assert len(polkit.cancelled) == 1


@pytest.mark.parametrize(("uid", "signed"), [(0, 0), (1000, 1000), (2**31, -(2**31)), (2**32 - 2, -2)])
def test_high_accounts_are_what_polkit_takes_them_for(uid: int, signed: int) -> None:
    kind, details = SUBJECT._replace(uid=uid).value()
    assert (kind, details["uid"].value) == ("unix-process", signed)
