"""One scenario: its folder, its story, and the end of all that it started."""

import contextlib
import os
import shutil
import socket
import sys
import tempfile
import threading
import time
import traceback

PASSED, FAILED, SKIPPED = 0, 1, 77


class Skip(Exception):
    """An external program is missing: the scenario cannot tell anything here."""


def need(program):
    """The path of an external program; the scenario is skipped where it is missing."""
    path = program if os.path.isabs(program) else shutil.which(
        program, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if not path or not os.access(path, os.X_OK):
        raise Skip(f"{program} is not installed: run script/setup")
    return path


def wait_until(predicate, timeout=20, what=None):
    """The first true value of predicate(), looked at often; fails when none comes in time."""
    deadline = time.monotonic() + timeout
    pause = 0.01
    while True:
        value = predicate()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {timeout} s in vain for {what or predicate}"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.2)


def spread(jobs, work, threads=4):
    """Has a few threads do work(their share of the jobs); fails as the first that fails."""
    failures = []

    def guarded(share):
        try:
            work(share)
        except BaseException as error:  # told by the scenario's own thread
            failures.append(error)
    workers = [threading.Thread(target=guarded, args=(jobs[first::threads],))
               for first in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if failures:
        raise failures[0]


class Scenario(contextlib.ExitStack):
    """Owns a folder and everything started in it; leaving it stops all, in reverse order."""

    def __init__(self):
        super().__init__()
        self.directory = tempfile.mkdtemp(prefix="posthaste-")
        os.chmod(self.directory, 0o755)  # peers run as users of their own
        self._processes = []
        self._began = time.monotonic()
        self._ports = set()

    def say(self, text):
        print(f"[{time.monotonic() - self._began:7.2f}s] {text}", flush=True)

    def path(self, *parts):
        return os.path.join(self.directory, *parts)

    def folder(self, *parts):
        path = self.path(*parts)
        os.makedirs(path, exist_ok=True)
        return path

    def write(self, name, text, mode=0o644):
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(path, mode)
        return path

    def free_port(self):
        """A port of loopback that nobody had a moment ago, and that is given out once."""
        while True:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                port = probe.getsockname()[1]
            if port not in self._ports:
                self._ports.add(port)
                return port

    def own(self, thing):
        """Stops `thing` at the end, and shows its output when the scenario fails."""
        self.callback(thing.close)
        if hasattr(thing, "output"):
            self._processes.append(thing)
        return thing

    def show_output(self):
        for process in self._processes:
            print(f"--- {process.name}")
            print("\n".join(process.output().splitlines()[-60:]))

    def remove(self):
        shutil.rmtree(self.directory, ignore_errors=True)


def run(main):
    """Runs main(scenario) and ends the program as ctest expects it."""
    scenario = Scenario()
    code = PASSED
    try:
        with scenario:
            try:
                main(scenario)
            except Skip:
                raise
            except BaseException:
                scenario.show_output()
                raise
        scenario.say("passed")
    except Skip as skip:
        print(f"skipped: {skip}")
        code = SKIPPED
    except AssertionError as error:
        traceback.print_exc(file=sys.stdout)
        print(f"failed: {error}")
        code = FAILED
    except Exception:  # a scenario that breaks has failed as well
        traceback.print_exc(file=sys.stdout)
        code = FAILED
    if code == FAILED and os.environ.get("POSTHASTE_KEEP"):
        print(f"kept {scenario.directory}")
    else:
        scenario.remove()
    sys.exit(code)
