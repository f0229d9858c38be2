"""A process so small that the peak memory of what it starts is its own: prints its seconds, those of the
processor, peak in KiB, and exit code.

python -I -S launcher.py COMMAND...

A process that is started counts as its peak at least what the one that started it had reached by then: the kernel keeps
one mark, from before the new program is loaded. A benchmark that has made a project of 100,000 clients would lend
everything its own hundred MiB. This one has about nine, as bare Python has, so that what Python runs is told as it is.
"""

import os
import sys
import time


def main() -> None:
    """Run the command that the arguments are, without anything to read, and nowhere to write but stderr."""
    nothing = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ]
    started = time.perf_counter()
    process = os.posix_spawnp(sys.argv[1], sys.argv[1:], os.environ, file_actions=nothing)
    _, status, usage = os.wait4(process, 0)
    seconds = time.perf_counter() - started
    print(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss, os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
