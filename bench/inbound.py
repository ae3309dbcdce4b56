#!/usr/bin/python3
"""What script/bench inbound runs: how many bounces a second an inbound listener takes, and what
outgoing mail is worth beside bounces and a flood of DMARC reports.

usage: POSTHASTE=PROGRAM bench/inbound.py [BOUNCES [MESSAGES]]

BOUNCES messages (20000) go out to a sink of their own and come back as failure reports to their
genuine return paths, each of a message of its own. Then MESSAGES (20000) of `posthaste blast` go
out: alone, beside the reports, beside 2,000 bounces a second, beside both, and while as many of both
go to another sink instead, which tells what the generators alone take from outgoing mail; in turn,
twice. Then half as many at a third of the pace that mail had alone, by itself and beside both. All of
it shares the machine: generators, server and sinks.
"""

import base64
import gzip
import json
import multiprocessing
import os
import re
import statistics
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "scenario"))

from harness import run, wait_until  # noqa: E402
from harness.pipelining import PipeliningClient, stuffed  # noqa: E402
from harness.server import Posthaste, Sink, binary, posthaste  # noqa: E402

CONFIG = """
server { hostname = "bench.test" data_dir = "@dir@/data" log_level = error }
listener "smtp" { address = "127.0.0.1:@smtp@" role = submission }
listener "mx" { address = "127.0.0.1:@mx@" role = inbound }
listener "http" { protocol = http address = "127.0.0.1:@http@" role = admin }
bounce { domain = "b.sender.test" }
inbound { reports = {"dmarc@b.sender.test"} }
dns { local_zones = "." }
route "returned.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "*" { to = {"[127.0.0.1]:%d"} tls = off }
"""

PROCESSES = 2     # that send bounces
CONNECTIONS = 16  # of each of them
RATE = 2000       # bounces a second beside outgoing mail
ROUNDS = 2

BOUNCE = b"""From: MAILER-DAEMON@mx.returned.test
To: <%(path)s>
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

I could not deliver your message, and have given up.
<%(recipient)s>: 550 5.1.1 no such user
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.returned.test

Final-Recipient: rfc822; %(recipient)s
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/""" + b"rfc822" + b"""-headers

%(header)s
--b--
"""

REPORT = """<?xml version="1.0"?><feedback><report_metadata><org_name>Receiver</org_name>
<email>noreply@receiver.test</email><report_id>%s</report_id><date_range><begin>1767225600</begin>
<end>1767311999</end></date_range></report_metadata><policy_published><domain>sender.test</domain>
<p>none</p></policy_published>%s</feedback>"""
ROW = """<record><row><source_ip>192.0.2.%d</source_ip><count>3</count><policy_evaluated>
<disposition>none</disposition><dkim>pass</dkim><spf>fail</spf></policy_evaluated></row>
<identifiers><header_from>sender.test</header_from></identifiers></record>"""
REPORT_MAIL = """From: noreply@receiver.test
Subject: Report Domain: sender.test
MIME-Version: 1.0
Content-Type: application/gzip
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="receiver.test!sender.test!1767225600!1767311999.xml.gz"

%s
"""


def crlf(text):
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def submit(port, count):
    """Hands over messages to many recipients, which go out and are kept."""
    clients = [PipeliningClient(port) for _ in range(CONNECTIONS)]
    for begin in range(0, count, CONNECTIONS):
        some = clients[:count - begin]
        for number, client in enumerate(some, begin):
            client.send(b"MAIL FROM:<news@sender.test>\r\nRCPT TO:<n%d@returned.test>\r\nDATA\r\n" %
                        number)
        for number, client in enumerate(some, begin):
            assert [client.reply()[0] for _ in range(3)] == [250, 250, 354]
            client.send(b"From: news@sender.test\r\nTo: n%d@returned.test\r\nSubject: hello\r\n"
                        b"X-Campaign: spring\r\n\r\nHello.\r\n.\r\n" % number)
        for client in some:
            assert client.reply()[0] == 250
    for client in clients:
        client.close()


def bounces_of(folder):
    """A failure report of each message kept there: (return path, stuffed content)."""
    made = []
    for name in sorted(os.listdir(folder)):
        if name.startswith("."):
            continue
        with open(os.path.join(folder, name), "rb") as file:
            header = file.read().partition(b"\r\n\r\n")[0]
        path = re.search(rb"X-Envelope-From: <([^>]+)>", header).group(1)
        recipient = re.search(rb"X-Envelope-To: <([^>]+)>", header).group(1)
        header = b"".join(line + b"\n" for line in header.split(b"\r\n")
                          if not line.startswith(b"X-Envelope-"))
        made.append((path, stuffed(crlf(BOUNCE % {
            b"path": path, b"recipient": recipient, b"header": header}))))
    return made


def reports(first):
    """DMARC reports without end, each with an id of its own."""
    rows = "".join(ROW % number for number in range(20))
    number = first
    while True:
        number += 1
        packed = base64.encodebytes(gzip.compress((REPORT % (number, rows)).encode(), 1)).decode()
        yield b"dmarc@b.sender.test", stuffed(crlf((REPORT_MAIL % packed).encode()))


def again_and_again(mails):
    while True:
        yield from mails


def pump(port, mails, rate, ready, ending, told):
    """Sends mails over a few connections, all of them at once, until there are no more or the end is
    asked for. Tells how often it heard each code, and how long it took."""
    clients = [PipeliningClient(port, "mx.returned.test") for _ in range(CONNECTIONS)]
    codes, sent = {}, 0
    ready.wait()
    began = time.monotonic()
    while not ending.is_set():
        some = [(client, mail) for client, mail in zip(clients, mails)]
        if not some:
            break
        for client, (recipient, _) in some:
            client.send(b"MAIL FROM:<>\r\nRCPT TO:<" + recipient + b">\r\nDATA\r\n")
        for client, (_, content) in some:
            replies = [client.reply() for _ in range(3)]
            assert replies[2][0] == 354, replies
            client.send(content)
        for client, _ in some:
            code = client.reply()[0]
            codes[code] = codes.get(code, 0) + 1
        sent += len(some)
        if rate:
            time.sleep(max(0, began + sent / rate - time.monotonic()))
    told.put((codes, time.monotonic() - began))


class Pumps:
    """Processes that send mail to the inbound listener."""

    def __init__(self, port, sources, rate=None):
        self._ready = multiprocessing.Barrier(len(sources) + 1)
        self._ending = multiprocessing.Event()
        self._told = multiprocessing.Queue()
        self._count = len(sources)
        share = rate / len(sources) if rate else None
        self._processes = [multiprocessing.Process(
            target=pump, args=(port, iter(source), share, self._ready, self._ending, self._told))
            for source in sources]
        for process in self._processes:
            process.start()
        self._ready.wait()

    def end(self):
        self._ending.set()
        return self.join()

    def join(self):
        """How many were taken, how many were told to come again, and the time of the slowest."""
        taken, busy, took = 0, 0, 0.0
        for codes, seconds in [self._told.get(timeout=600) for _ in range(self._count)]:
            assert set(codes) <= {250, 451}, codes
            taken += codes.get(250, 0)
            busy += codes.get(451, 0)
            took = max(took, seconds)
        for process in self._processes:
            process.join()
        return taken, busy, took


def shares(mails):
    return [mails[first::PROCESSES] for first in range(PROCESSES)]


def outgoing(server, sink, messages, pace=None):
    """Sends mail out: messages delivered a second, and what blast says."""
    before = sink.counts("/counts")["messages"]
    began = time.monotonic()
    paced = ["--rate", f"{pace}/s"] if pace else []
    done = posthaste("blast", "--server", f"127.0.0.1:{server.port('smtp')}", "--messages", messages,
                     "--sessions", 50, "--domains", 50, "--json", *paced, timeout=600)
    assert done.returncode == 0, done
    wait_until(lambda: sink.counts("/counts")["messages"] - before >= messages, 300, "all mail")
    return messages / (time.monotonic() - began), json.loads(done.stdout)


class Together:
    """Outgoing mail, and what comes in meanwhile."""

    def __init__(self, server, sink, away, mails, messages):
        self._server, self._sink, self._away = server, sink, away
        self._mails, self._messages = mails, messages
        self._reports = 0
        self._paces = {}
        self.rates = {}

    def _pumps(self, kinds, is_control):
        # A sink would take more than the server does.
        paces = self._paces if is_control else {"bounces": RATE}
        port = self._away.port if is_control else self._server.port("mx")
        pumps = {}
        if "bounces" in kinds:
            mails = [again_and_again(share) for share in shares(self._mails)]
            pumps["bounces"] = Pumps(port, mails, paces["bounces"])
        if "reports" in kinds:
            self._reports += 10_000_000
            pumps["reports"] = Pumps(port, [reports(self._reports)], paces.get("reports"))
        return pumps

    def measure(self, title, kinds, is_control=False, pace=None):
        pumps = self._pumps(kinds, is_control)
        cpu = cpu_seconds(self._server.pid)
        messages = self._messages // 2 if pace else self._messages
        rate, said = outgoing(self._server, self._sink, messages, pace)
        cpu = cpu_seconds(self._server.pid) - cpu
        beside = ""
        for kind, one in pumps.items():
            taken, busy, took = one.end()
            self._paces[kind] = taken / took
            beside += f"  {taken / took:5.0f} {kind}/s"
            beside += f" ({busy} came too soon)" if busy else ""
        self.rates.setdefault(title, []).append(rate)
        latency = said["latency_ms"]
        print(f"{title:<28} {rate:6.0f}/s delivered  {said['per_second']:6.0f}/s accepted  "
              f"latency ms p50 {latency['p50']:.1f} p99 {latency['p99']:.1f}  "
              f"{cpu:.1f} s CPU{beside}", flush=True)


def main(scenario):
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20000
    messages = int(sys.argv[2]) if len(sys.argv) > 2 else 20000
    print(f"{binary()} on {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    kept = Sink(scenario, name="kept", arguments=["--tls", "off"])
    sink = Sink(scenario, name="sink", arguments=["--tls", "off"], keeps=False)
    away = Sink(scenario, name="away", arguments=["--tls", "off"], keeps=False)
    server = Posthaste(scenario, CONFIG % (kept.port, sink.port)).start()
    submit(server.port("smtp"), count)
    wait_until(lambda: kept.counts("/counts")["messages"] >= count, 300, "all that comes back")
    mails = bounces_of(kept.keep)
    assert len(mails) == count, len(mails)

    cpu = cpu_seconds(server.pid)
    taken, busy, took = Pumps(server.port("mx"), shares(mails)).join()
    cpu = cpu_seconds(server.pid) - cpu
    print(f"bounces alone: {taken / took:.0f}/s taken, {cpu * 1000 / max(taken, 1):.3f} ms CPU each; "
          f"{busy} of {count} were told to come again", flush=True)

    together = Together(server, sink, away, mails, messages)
    both = ("bounces", "reports")
    ways = [("outgoing alone", ()), ("beside reports", ("reports",)),
            ("beside bounces", ("bounces",)), ("beside bounces and reports", both), ("as many to a sink", both, True)]
    outgoing(server, sink, messages // 4)  # the first mail of a server is slower
    for _ in range(ROUNDS):
        for way in ways:
            together.measure(*way)
        ways.reverse()  # so that none always comes first
    alone = statistics.mean(together.rates.pop("outgoing alone"))
    pace = max(1, int(alone / 3))
    for _ in range(ROUNDS):
        together.measure(f"{pace}/s alone", (), pace=pace)
        together.measure(f"{pace}/s beside both", both, pace=pace)
    for title, rates in together.rates.items():
        print(f"{title}: {statistics.mean(rates) / alone:.2f} of outgoing mail alone, at its fastest")
    server.stop()


if __name__ == "__main__":
    run(main)
