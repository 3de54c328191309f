# SPDX-License-Identifier: LGPL-2.1-or-later
"""The main job works from its first step to its last."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest


@pytest.mark.federation
@pytest.mark.skipif("VIRTBUS_HOST" not in os.environ, reason="not in a private host: make test")
@pytest.mark.timeout(300)
def test_every_step_of_the_main_job_works() -> None:
    job = subprocess.run([sys.executable, "-m", "tests.host.job"], capture_output=True, text=True, check=False)
    assert job.returncode == 0, job.stdout[-20000:] + job.stderr[-5000:]
