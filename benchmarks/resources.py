"""What processes use: memory and processor time, as the kernel counts them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

_PROCESSES = Path("/proc")
_STATE_PARENT, _USER_TICKS, _SYSTEM_TICKS = 1, 11, 12
"""Places in /proc/<id>/stat, counted behind the name of the program."""


def resident_mb(process_id: int) -> float:
    """Memory of a process that is in use now, in MB of 10**6 bytes."""
    status = Path(f"/proc/{process_id}/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        kilobytes = int(line.split()[1])
    else:
        shown = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(process_id)], check=True, capture_output=True, text=True
        )
        kilobytes = int(shown.stdout)
    return kilobytes * 1024 / 1e6


def peak_resident_mb(process_id: int) -> float:
    """The most memory that a process has had in use so far, in MB of 10**6 bytes; where the kernel
    does not tell (not on Linux), what it has now."""
    status = Path(f"/proc/{process_id}/status")
    if not status.exists():
        return resident_mb(process_id)
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e6


def processor_seconds(process_id: int) -> float:
    """Processor time of a process so far; 0 where the kernel does not tell (not on Linux)."""
    fields = _fields(process_id)
    ticks = sum(int(fields[place]) for place in (_USER_TICKS, _SYSTEM_TICKS)) if fields else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def processor_seconds_below(process_id: int) -> float:
    """Processor time of a process and of its children that still run, as of a server's backends."""
    if not _PROCESSES.is_dir():
        return 0.0
    family = [process_id]
    for entry in _PROCESSES.iterdir():
        fields = _fields(int(entry.name)) if entry.name.isdigit() else []
        if fields and int(fields[_STATE_PARENT]) == process_id:
            family.append(int(entry.name))
    return sum(processor_seconds(member) for member in family)


def _fields(process_id: int) -> list[str]:
    """What follows the program's name, which may itself hold spaces; empty for one that is gone."""
    try:
        return (_PROCESSES / str(process_id) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
