"""A DNS of our own: a signed root, served by NSD on loopback, with zones that are not, or badly,
signed below it."""

import glob
import os

from .processes import Process, run_program
from .scenario import need, wait_until

HEAD = """$TTL 300
{origin} SOA ns.lab. root.lab. 1 3600 600 86400 300
{origin} NS ns.lab.
"""

NSD = """
server:
  ip-address: 127.0.0.1@{port}
  do-ip6: no
  username: ""
  chroot: ""
  zonesdir: "{dir}"
  zonelistfile: "{dir}/zone.list"
  xfrdfile: "{dir}/xfrd.state"
  pidfile: "{dir}/nsd.pid"
  database: ""
remote-control:
  control-enable: no
"""


class Zones:
    """zones = Zones(scenario)
    zones.add("a.lab. MX 10 mx.a.lab.", "mx.a.lab. A 127.0.0.1")    signed
    zones.add_unsigned("b.lab", "b.lab. MX 10 mx.a.lab.")           a zone of its own, without DS
    zones.add_bogus("c.lab", …)                                     its DS is another key's
    zones.start()
    """

    def __init__(self, scenario, name="dns"):
        self.name = name
        self._scenario = scenario
        self._records = ["ns.lab. A 127.0.0.1"]
        self._zones = {}
        self.directory = scenario.folder(name)
        self.port = scenario.free_port()
        self.anchor = os.path.join(self.directory, "root.key")
        self._process = None

    def add(self, *records):
        self._records += records

    def add_unsigned(self, zone, *records):
        self._records.append(f"{zone}. NS ns.lab.")
        self._zones[zone] = records

    def add_bogus(self, zone, *records):
        self.add_unsigned(zone, *records)
        self._records.append(f"{zone}. DS 12345 13 2 {'ab' * 32}")

    def _run(self, *command):
        done = run_program([need(command[0]), *command[1:]])
        assert done.returncode == 0, f"{command}: {done.stderr.decode()}{done.stdout.decode()}"
        return done.stdout.decode().strip()

    def _write(self, name, origin, records):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(HEAD.format(origin=origin) + "\n".join(records) + "\n")
        return path

    def start(self):
        here = os.getcwd()
        os.chdir(self.directory)  # ldns-keygen writes where it stands
        try:
            key = self._run("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", ".")
        finally:
            os.chdir(here)
        key = glob.glob(os.path.join(self.directory, key + ".key"))[0]
        os.rename(key, self.anchor)
        os.link(self.anchor, key)
        plain = self._write("root.zone", ".", self._records)
        self._run("ldns-signzone", "-o", ".", "-f", plain + ".signed", plain, key[:-len(".key")])
        config = NSD.format(port=self.port, dir=self.directory)
        config += f'zone:\n  name: "."\n  zonefile: "{plain}.signed"\n'
        for zone, records in self._zones.items():
            path = self._write(f"{zone}.zone", f"{zone}.", records)
            config += f'zone:\n  name: "{zone}"\n  zonefile: "{path}"\n'
        file = self._scenario.write(f"{self.name}/nsd.conf", config)
        self._process = Process(self.name, [need("/usr/sbin/nsd"), "-d", "-c", file])
        self._scenario.own(self)
        wait_until(lambda: self.asks("ns.lab", "A") or not self._process.is_running(), 20, "NSD")
        assert self._process.is_running(), self._process.output()
        return self

    def asks(self, name, kind):
        """Whether the server answers."""
        import dns.message
        import dns.query
        try:
            return bool(dns.query.udp(dns.message.make_query(name, kind), "127.0.0.1",
                                      port=self.port, timeout=1).answer)
        except (OSError, dns.exception.DNSException):
            return False

    def output(self):
        return self._process.output() if self._process else ""

    def close(self):
        if self._process:
            self._process.close()
