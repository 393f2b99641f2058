"""Processes that outlive the script that starts them, and are never mistaken."""

import os
import pathlib
import select
import signal
import subprocess
import time


def started_at(pid):
    """When the process began, in the kernel's ticks; None if it is gone or a zombie.

    With the pid it names one process for good, also when the pid is used again.
    """
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    fields = stat.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else int(fields[19])


def is_paused(pid):
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    return stat.rpartition(")")[2].split()[0] == "T"


def spawn(command, folder, log):
    """Starts a process in a session of its own; returns (pid, started_at)."""
    with open(log, "ab") as out:
        process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL,
                                   stdout=out, stderr=subprocess.STDOUT,
                                   start_new_session=True)
    return process.pid, started_at(process.pid)


def is_running(process):
    return process is not None and started_at(process[0]) == process[1]


def send(process, signal_number):
    if is_running(process):
        try:
            os.kill(process[0], signal_number)
        except ProcessLookupError:
            pass


def reap():
    """Takes leave of children that ended, which would stay as zombies."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def wait_until_gone(processes, patience_s):
    """Those of the processes that still run when patience has ended."""
    deadline = time.monotonic() + patience_s
    while True:
        reap()
        left = [process for process in processes if is_running(process)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.02)


def end(processes, patience_s):
    """Ends them: SIGTERM, and SIGKILL for who has not gone by then."""
    processes = [process for process in processes if is_running(process)]
    if patience_s > 0:
        for process in processes:
            # One that is stopped would not hear the other signal.
            send(process, signal.SIGCONT)
            send(process, signal.SIGTERM)
        processes = wait_until_gone(processes, patience_s)
    for process in processes:
        send(process, signal.SIGKILL)
    wait_until_gone(processes, 30)


def wait_for_end_of(pid):
    """Returns when the process, which need not be a child, has ended."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    select.select([descriptor], [], [])
    os.close(descriptor)


def resident_mib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) >> 10
    return 0
