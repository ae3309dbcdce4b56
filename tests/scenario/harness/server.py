"""Posthaste itself, as server and as sink."""

import json
import os
import re
import socket
import urllib.error
import urllib.request

from .processes import Process, run_program
from .scenario import wait_until

# @NAME@ becomes a free port, @dir@ the server's folder. A scenario adds its own blocks.
MINIMAL_CONFIG = """
server {
  hostname = "mta.test"
  data_dir = "@dir@/data"
}
listener "submission" {
  address = "127.0.0.1:@smtp@"
  role = submission
  relay_from = {"127.0.0.0/8"}
}
listener "control" {
  protocol = http
  address = "127.0.0.1:@http@"
  role = admin
}
"""

RELAY_CONFIG = """
server {
  hostname = "relay.test"
  data_dir = "@dir@/data"
}
listener "analytics" {
  address = "127.0.0.1:@smtp@"
  role = analytics_relay
  upstream = "127.0.0.1:%d"
%s
}
listener "control" {
  protocol = http
  address = "127.0.0.1:@http@"
  role = admin
}
"""


def relay_config(upstream, in_listener=""):
    """Of a machine that passes on what it takes, to a port of loopback; `in_listener` are more lines
    of its listener. A scenario adds its own blocks."""
    return RELAY_CONFIG % (upstream, in_listener.strip("\n"))


TAKEN = "ddress already in use"


def binary():
    """The program under test: $POSTHASTE, or the release build."""
    here = os.path.dirname(os.path.abspath(__file__))
    built = os.path.join(here, "..", "..", "..", "build", "release", "posthaste")
    path = os.environ.get("POSTHASTE") or os.path.normpath(built)
    assert os.access(path, os.X_OK), f"{path} is no program: build it, or set POSTHASTE"
    return path


def posthaste(*arguments, stdin=b"", timeout=60, environment=None):
    """Runs one verb to its end."""
    return run_program([binary(), *map(str, arguments)], stdin, timeout, environment)


class Posthaste:
    """`posthaste serve` in a folder of its own, that can be stopped, killed and started again.

    server = Posthaste(scenario, MINIMAL_CONFIG + 'route "*" { to = {"[127.0.0.1]:%d"} }' % port)
    server.start()
    """

    def __init__(self, scenario, config, name="server"):
        self.name = name
        self._scenario = scenario
        self._config = config
        self._ports = {}
        self._process = None
        self._earlier = []
        self.directory = scenario.folder(name)
        self.file = os.path.join(self.directory, "posthaste.conf")
        scenario.own(self)

    def port(self, name):
        if name not in self._ports:
            self._ports[name] = self._scenario.free_port()
        return self._ports[name]

    def write_config(self, config=None):
        """Writes the file, as an operator who edits it; `config` replaces the text."""
        self._config = config or self._config
        def value(match):
            name = match.group(1)
            return self.directory if name == "dir" else str(self.port(name))
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(re.sub(r"@(\w+)@", value, self._config))

    def start(self, timeout=60, environment=None):
        """Starts it and waits for `posthaste: ready`. The first start looks for other ports when
        somebody took one meanwhile."""
        fixed = self._process is not None
        for _ in range(5):
            self.write_config()
            if self._process:
                self._earlier.append(self._process.output())
            self._process = Process(self.name, [binary(), "serve", "-c", self.file], environment,
                                    self.directory)
            try:
                self._process.wait_for("posthaste: ready", timeout)
                return self
            except AssertionError:
                if fixed or TAKEN not in self._process.output():
                    raise
                self._ports.clear()
        raise AssertionError("no free ports in five tries")

    def stop(self, timeout=60):
        status = self._process.stop(timeout)
        assert status == 0, f"serve ended with {status}:\n{self._process.output()}"

    def kill(self):
        """SIGKILL: nothing of the program runs any more after this."""
        self._process.kill()

    def restart(self):
        self.stop()
        return self.start()

    def close(self):
        if self._process:
            self._process.close()

    def is_running(self):
        return self._process is not None and self._process.is_running()

    @property
    def pid(self):
        return self._process.pid

    def signal(self, number):
        self._process.signal(number)

    def output(self):
        return "\n".join(self._earlier + ([self._process.output()] if self._process else []))

    def wait_for(self, text, timeout=30):
        self._process.wait_for(text, timeout)

    def get(self, path, port="http", key=None):
        """The status and text of a GET on the HTTP listener."""
        return http_get(f"http://127.0.0.1:{self.port(port)}{path}", key)

    def events(self, kind=None):
        """The events in `events.log` of the server's folder, where a log block writes it: those of
        one type, or all. A line that is being written is left for the next reading."""
        path = os.path.join(self.directory, "events.log")
        if not os.path.exists(path):
            return []
        with open(path, encoding="utf-8") as file:
            found = [json.loads(line) for line in file if line.endswith("\n")]
        return [one for one in found if kind in (None, one["type"])]

    def metric(self, name, port="http"):
        """The sum of a metric over all its labels; 0 when it is not there."""
        _, text = self.get("/metrics", port)
        pattern = re.compile(rf"^{re.escape(name)}(?:\{{[^}}]*\}})? ([0-9.eE+-]+)$", re.MULTILINE)
        return sum(float(value) for value in pattern.findall(text))

    def suppressed(self):
        """The addresses on the suppression list, whatever they are on it for."""
        done = posthaste("suppress", "list", "--json", "-c", self.file)
        assert done.returncode == 0, done
        return {json.loads(line)["address"] for line in done.stdout.splitlines()}

    def verb(self, *arguments, stdin=b"", port="http"):
        """A verb that talks to this server."""
        return posthaste(*arguments, "--api", f"http://127.0.0.1:{self.port(port)}", stdin=stdin)


def http_get(url, key=None):
    request = urllib.request.Request(url)
    if key:
        request.add_header("Authorization", f"Bearer {key}")
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def accepts(port):
    """Whether somebody listens on a port of loopback."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5):
            return True
    except OSError:
        return False


class Sink:
    """`posthaste sink`: takes everything, or behaves like a persona, and keeps what it took; with
    keeps=False it only counts, which is faster."""

    def __init__(self, scenario, persona="plain", name="sink", arguments=(), keeps=True):
        self.keep = scenario.folder(name)
        keeping = ["--keep", self.keep] if keeps else []
        for _ in range(5):
            self.port, self.http = scenario.free_port(), scenario.free_port()
            self._process = Process(name, [
                binary(), "sink", "--listen", f"127.0.0.1:{self.port}", "--persona", persona,
                *keeping, "--http", f"127.0.0.1:{self.http}", *arguments])
            wait_until(lambda: accepts(self.port) or not self._process.is_running(), 20, name)
            if self._process.is_running() or TAKEN not in self._process.output():
                break
        assert self._process.is_running(), f"sink ended:\n{self._process.output()}"
        self.name = name
        scenario.own(self)

    def output(self):
        return self._process.output()

    def messages(self):
        """The messages kept so far, as bytes, in the order of their file names."""
        texts = []
        for where, _, names in sorted(os.walk(self.keep)):
            for name in sorted(name for name in names
                               if name.endswith(".eml") and not name.startswith(".")):
                with open(os.path.join(where, name), "rb") as file:
                    texts.append(file.read())
        return texts

    def counts(self, path="/"):
        _, text = http_get(f"http://127.0.0.1:{self.http}{path}")
        return json.loads(text)

    def stop(self):
        return self._process.stop()

    def kill(self):
        return self._process.kill()

    def close(self):
        self._process.close()
