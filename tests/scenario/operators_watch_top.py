#!/usr/bin/python3
"""Operators watch a server with `posthaste top`, on a terminal of our own: what it shows, its keys,
other sizes, a server that goes away and comes back, and a terminal that is as it was before when it
ends, stops, or is ended by a signal. And --once and --json, for those who read no screen."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading

from harness import run, wait_until
from harness.clients import send_each
from harness.server import MINIMAL_CONFIG, Posthaste, Sink, binary

BLOCKS = """
delivery { port = %d ip_versions = {"4"} }
dns { local_zones = "."
      local_data = {"fast.test. MX 10 mx.large.test.", "mx.large.test. A 127.0.0.1",
                    "held.test. MX 10 mx.large.test.", "dead.test. MX 10 mx.dead.test.",
                    "mx.dead.test. A 127.0.0.9"} }
provider "large" { mx = {".large.test"} }
source "east" { address = "127.0.0.1" hostname = "east.test" }
source "west" { address = "127.0.0.2" hostname = "west.test" }
pool "main" { source "east" { } source "west" { } }
remote_queue "outbound" { pool = "main" retry { first = "1h" ceiling = "1h" jitter = 0 } }
"""

ENTERED, LEFT = "\x1b[?1049h", "\x1b[?1049l"
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Terminal:
    """A pseudo-terminal in which `posthaste top` runs."""

    def __init__(self, scenario, arguments, environment=None):
        self.name = "top"
        self._master, slave = pty.openpty()
        self._slave = slave
        self._read_octets = b""
        self.resize(24, 80, tell=False)
        self.before = termios.tcgetattr(slave)
        environment = {**os.environ, "TERM": "xterm-256color", **(environment or {})}
        if not environment.get("NO_COLOR"):
            environment.pop("NO_COLOR", None)
        self._child = subprocess.Popen([binary(), "top", *arguments], stdin=slave, stdout=slave,
                                       stderr=slave, env=environment, start_new_session=True,
                                       preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
        threading.Thread(target=self._read, daemon=True).start()
        scenario.own(self)

    def _read(self):
        try:
            while octets := os.read(self._master, 65536):
                self._read_octets += octets
        except OSError:
            pass

    def output(self):
        return self._read_octets.decode("utf-8", "replace")

    def lines(self):
        """The last frame that was drawn whole."""
        frames = self.output().split("\x1b[H")
        for frame in reversed(frames[1:]):
            # The terminal makes "\r\n" of each "\n" once more.
            text = ESCAPE.sub("", frame.split("\x1b[?", 1)[0])
            lines = re.split(r"\r+\n", text)
            if len(lines) == self.rows:
                return lines
        return []

    def screen(self):
        return "\n".join(self.lines())

    def type(self, keys):
        os.write(self._master, keys.encode())

    def wait_for(self, text):
        wait_until(lambda: text in self.screen(), 30, f'"{text}" on the screen')

    def resize(self, rows, columns, tell=True):
        self.rows = rows
        fcntl.ioctl(self._slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        if tell:
            self.signal(signal.SIGWINCH)

    def signal(self, number):
        self._child.send_signal(number)

    def is_raw(self):
        return not termios.tcgetattr(self._slave)[3] & termios.ICANON

    def is_as_before(self):
        """What was entered was left, and the terminal's modes are those of before."""
        said = self.output()
        return (said.count(ENTERED) == said.count(LEFT) > 0 and said.rfind("\x1b[?25h") > said.rfind(
            "\x1b[?25l") and termios.tcgetattr(self._slave) == self.before)

    def state(self):
        with open(f"/proc/{self._child.pid}/stat", encoding="utf-8") as file:
            return file.read().rsplit(")", 1)[1].split()[0]

    def ended(self):
        return self._child.wait(30)

    def close(self):
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait(30)


def look_once(server):
    send_each(server.port("smtp"), [f"f{number}@fast.test" for number in range(20)])
    send_each(server.port("smtp"), [f"h{number}@held.test" for number in range(7)])
    send_each(server.port("smtp"), ["d@dead.test"])
    wait_until(lambda: server.metric("posthaste_messages_delivered_total") == 20, 30, "mail")
    done = server.verb("top", "--once", "--interval", "500ms")
    text = done.stdout.decode()
    assert done.returncode == 0, done.stderr.decode()
    assert "\x1b" not in text, "no escape codes for scripts"
    assert re.search(r"^queued +8\b.*oldest", text, re.M), text
    assert re.search(r"^large +0 +0 +0 +\d+ +7  suspended \(domain=held\.test\)", text, re.M), text
    assert re.search(r"^outbound/held.test +7 +0 +0 +0 .*by operator: a test$", text, re.M), text
    assert re.search(r"^outbound/dead.test +1 .*127\.0\.0\.9", text, re.M), text
    for heading in ("PROVIDER", "SOURCE", "QUEUE"):
        assert f"\n\n{heading} " in text, text
    one = json.loads(server.verb("top", "--once", "--json", "--interval", "500ms").stdout)
    assert one["totals"]["received"] == 28 and one["totals"]["delivered_per_second"] == 0, one
    large = next(row for row in one["providers"] if row["provider"] == "large")
    assert large["delivered"] == 20 and large["waiting"] == 7, large
    assert {row["source"] for row in one["sources"]} >= {"east", "west"}, one["sources"]
    assert [row["queue"] for row in one["queues"]] == ["outbound/held.test", "outbound/dead.test"]
    assert one["suspensions"][0]["scope"] == {"domain": "held.test"}, one["suspensions"]


def refuse(server, scenario):
    def wrong(*arguments):
        done = server.verb("top", *arguments)
        said = done.stderr.decode()
        assert done.returncode == 2 and said.count("\n") == 1, (done.returncode, said)
        assert done.stdout == b"", done.stdout
        return said
    assert "standard output is no terminal: use --once" in wrong()
    assert "give 500ms to 1h" in wrong("--interval", "1ms")
    assert "--interval" in wrong("--once", "--interval", "often")
    nobody = f"http://127.0.0.1:{scenario.free_port()}"
    gone = subprocess.run([binary(), "top", "--once", "--api", nobody], capture_output=True,
                          timeout=60, check=False)
    assert gone.returncode == 3 and nobody.encode() in gone.stderr, gone.stderr


def stream(server):
    """A line each time, for as long as it is read."""
    with subprocess.Popen([binary(), "top", "--json", "--interval", "500ms", "--api", api(server)],
                          stdout=subprocess.PIPE) as child:
        lines = [json.loads(child.stdout.readline()) for _ in range(2)]
        child.terminate()
    assert lines[0]["uptime_seconds"] < lines[1]["uptime_seconds"], lines
    assert "received_per_second" in lines[0]["totals"], lines[0]["totals"]


def api(server):
    return f"http://127.0.0.1:{server.port('http')}"


def press_keys(top, server):
    top.wait_for("[providers 2]")
    top.wait_for("in                 0/s")
    assert top.is_raw() and len(top.lines()) == 24
    top.wait_for("suspended (domain=held.test) by operator: a test")
    send_each(server.port("smtp"), [f"g{number}@fast.test" for number in range(30)])
    wait_until(lambda: re.search(r"^large +[1-9]", top.screen(), re.M), 30, "a rate of deliveries")
    top.type("s")
    top.wait_for("[sources ")
    assert re.search(r"^west ", top.screen(), re.M), top.screen()
    top.type("u")
    top.wait_for("[queues ")
    top.wait_for("── outbound/held.test ──")
    top.type("\x1b[B")
    top.wait_for("── outbound/dead.test ──")
    top.type("k")
    top.wait_for("── outbound/held.test ──")
    top.type(" ")
    top.wait_for("PAUSED")
    send_each(server.port("smtp"), ["more@held.test"])
    top.type("p")
    top.wait_for("[providers 2]")
    assert "queued               8" in top.screen(), top.screen()
    top.type(" ")
    top.wait_for("queued               9")


def change_sizes(top):
    top.resize(40, 120)
    wait_until(lambda: len(top.lines()) == 40, 30, "a higher screen")
    wait_until(lambda: len(top.lines()[0]) == 120, 30, "a wider screen")
    top.resize(5, 30)
    wait_until(lambda: len(top.lines()) == 5 and max(map(len, top.lines())) <= 30, 30,
               "a small screen")
    top.resize(24, 80)
    top.wait_for("q quit")


def lose_the_server(top, server):
    server.kill()
    top.wait_for("trying again")
    top.type("u")
    top.wait_for("[queues ")
    server.start()
    wait_until(lambda: "trying again" not in top.screen(), 30, "the server's return")
    top.wait_for("queued               9")
    top.type("p")


def main(scenario):
    sink = Sink(scenario)
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % sink.port).start()
    held = server.verb("queue", "suspend", "--domain", "held.test", "--reason", "a test")
    assert held.returncode == 0, held.stderr.decode()
    look_once(server)
    refuse(server, scenario)
    stream(server)
    scenario.say("read without a screen")

    arguments = ["--api", api(server), "--interval", "500ms"]
    top = Terminal(scenario, arguments)
    press_keys(top, server)
    scenario.say("keys")
    change_sizes(top)
    scenario.say("sizes")
    lose_the_server(top, server)
    scenario.say("the server went away and came back")

    top.signal(signal.SIGTSTP)  # Ctrl-Z; a terminal sends it only where a shell could wake us
    wait_until(lambda: top.state() == "T", 30, "it to stop")
    wait_until(top.is_as_before, 30, "the terminal of before")
    top.signal(signal.SIGCONT)
    wait_until(top.is_raw, 30, "it to go on")
    top.type("q")
    assert top.ended() == 0
    wait_until(top.is_as_before, 30, "the terminal of before")
    assert "\x1b[33m" in top.output() and "\x1b[1;31m" in top.output(), "it has colours"
    scenario.say("stopped, continued and ended")

    for how in (lambda one: one.type("\x03"), lambda one: one.signal(signal.SIGTERM),
                lambda one: one.signal(signal.SIGHUP)):
        other = Terminal(scenario, arguments, {"NO_COLOR": "1"})
        other.wait_for("[providers ")
        other.wait_for("suspended")
        how(other)
        assert other.ended() == 0
        wait_until(other.is_as_before, 30, "the terminal of before")
        assert not re.search(r"\x1b\[(?:\d+;)*3\dm", other.output()), "no colours"
    scenario.say("ended by signals")


if __name__ == "__main__":
    run(main)
