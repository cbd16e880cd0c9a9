"""`tether.py PARENT PROGRAM ARGUMENTS`: becomes the program, which dies with its parent.

So a benchmark that is killed leaves no server behind (Linux; elsewhere the program just runs).
"""

import ctypes
import os
import signal
import sys

_PARENT_DEATH_SIGNAL = 1


def main() -> None:
    parent, program, *arguments = sys.argv[1:]
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH_SIGNAL, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != int(parent):
        sys.exit(1)
    os.execv(program, [program, *arguments])  # noqa: S606 - the program that it was started for


if __name__ == "__main__":
    main()
