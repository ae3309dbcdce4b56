"""Programs that run beside the scenario."""

import os
import signal
import subprocess
import threading

from .scenario import wait_until


class Process:
    """A program of our own: its output is kept, and it never outlives the scenario."""

    def __init__(self, name, command, environment=None, cwd=None):
        self.name = name
        self._output = []
        self._child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})}, cwd=cwd, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            self._output.append(line.decode("utf-8", "replace").rstrip("\n"))

    @property
    def pid(self):
        return self._child.pid

    def output(self):
        return "\n".join(list(self._output))

    def is_running(self):
        return self._child.poll() is None

    def has_said(self, text):
        return any(text in line for line in list(self._output))

    def wait_for(self, text, timeout=30):
        """Returns when a line with `text` was printed; fails when the program ends before."""
        def said_or_ended():
            return self.has_said(text) or not self.is_running()
        wait_until(said_or_ended, timeout, f'"{text}" from {self.name}')
        if not self.has_said(text):
            self._reader.join(timeout=5)
        assert self.has_said(text), f"{self.name} ended before it said {text}:\n{self.output()}"

    def signal(self, number):
        if self.is_running():
            self._child.send_signal(number)

    def wait(self, timeout=30):
        """The exit status."""
        status = self._child.wait(timeout)
        self._reader.join(timeout=5)
        return status

    def stop(self, timeout=30):
        """Asks it to end, as a service manager does; the exit status."""
        self.signal(signal.SIGTERM)
        return self.wait(timeout)

    def kill(self):
        """Ends it at once, whatever it is doing, with all that it started."""
        try:
            os.killpg(self._child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return self.wait()

    def close(self):
        if not self.is_running():
            return
        try:
            self.stop(timeout=10)
        except subprocess.TimeoutExpired:
            self.kill()


def run_program(command, stdin=b"", timeout=60, environment=None):
    """Runs to the end; a CompletedProcess with stdout and stderr as bytes."""
    return subprocess.run(command, input=stdin, capture_output=True, timeout=timeout, check=False,
                          env={**os.environ, **(environment or {})})
