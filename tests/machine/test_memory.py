"""Memory that was freed goes back to the machine."""

import platform
import subprocess
import sys

import pytest

# In a process of its own: what others have freed would be in the figures.
_FREED = """
import psutil
from retail_lakehouse.machine.memory import give_back

own = psutil.Process()
# Each is too small to be asked of the machine by itself, and what is between them stays.
large, small = [], []
for _ in range(2_000):
    large.append(bytearray(b"x" * 100_000))
    small.append(bytearray(1_000))
del large
before = own.memory_info().rss
give_back()
print(before - own.memory_info().rss)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other libraries are not asked")
def test_what_was_freed_between_things_that_stay_goes_back():
    said = subprocess.run(
        [sys.executable, "-c", _FREED], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(said.stdout) > 100_000_000
