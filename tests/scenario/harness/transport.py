"""A world with its own DNS, authority, policy host and receiver, for stories about TLS."""

import json
import urllib.request

from .authority import Authority, HttpsServer
from .clients import message_text, send
from .peers import Postfix
from .processes import run_program
from .scenario import wait_until
from .server import MINIMAL_CONFIG, Posthaste
from .zones import Zones

CONFIG = MINIMAL_CONFIG + """
log "events" { path = "@dir@/events.log" }
dns {
  servers = {"127.0.0.1:%(dns)d"}
  trust_anchor = "%(anchor)s"
}
delivery {
  port = %(smtp)d
  ip_versions = {"4"}
}
tls {
  ca_file = "%(ca)s"
  mta_sts_port = %(https)d
  report_contact = "tls-reports@mta.lab"
  report_organization = "Mail of the lab"
}
"""

PLAIN_ADDRESS = "127.0.0.2"  # where the receiver offers no STARTTLS


class TransportWorld:
    """Hosts of recipient domains are one Postfix that shows a certificate by the name that it is
    asked for; at PLAIN_ADDRESS it offers no STARTTLS. Every domain asks for TLS reports over HTTPS.

    world = TransportWorld(scenario, {"a.lab": {"certificate": ca.issue("mx.a.lab")}, …})
    """

    def __init__(self, scenario, ca=None):
        self.scenario = scenario
        self.ca = ca or Authority(scenario)
        self.zones = Zones(scenario)
        self._hosts = {}     # name: certificate
        self._policies = {}  # host of a policy: (certificate, page)
        self._domains = []
        self._unsigned = {}
        self._bogus = {}
        self._later = []
        self.https = None
        self.postfix = None
        self.server = None
        self.told = []  # what became of each report of the last reports()

    def host(self, name, certificate, zone=None, address="127.0.0.1", tlsa=()):
        """An MX host; its TLSA records stand at the receiver's port."""
        self._hosts[name] = certificate
        self._later.append((name, zone, address, tlsa))

    def domain(self, name, mx, zone=None, rua=None):
        self._domains.append((name, mx, zone, rua))

    def unsigned(self, zone):
        self._unsigned[zone] = []

    def bogus(self, zone):
        self._bogus[zone] = []

    def policy(self, domain, text, certificate=None, status=200, kind="text/plain"):
        """An MTA-STS policy, with its record."""
        host = f"mta-sts.{domain}"
        self._policies[host] = (certificate or self.ca.issue(host), (status, kind, text))
        for name, data in {f"_mta-sts.{domain}": 'TXT "v=STSv1; id=1;"',
                           host: "A 127.0.0.1"}.items():
            self._put(self._zone_of(name), f"{name}. {data}")

    def _zone_of(self, name):
        """The unsigned or bogus zone that holds a name, or None."""
        zones = [zone for zone in (*self._unsigned, *self._bogus)
                 if name == zone or name.endswith("." + zone)]
        return max(zones, key=len, default=None)

    def _put(self, zone, *records):
        for kind in (self._unsigned, self._bogus):
            if zone in kind:
                kind[zone] += records
                return
        self.zones.add(*records)

    def start(self, config=""):
        reports = self.ca.issue("reports.lab")
        certificates = {"reports.lab": reports}
        certificates.update({host: one for host, (one, _) in self._policies.items()})
        self.https = HttpsServer(self.scenario, certificates)
        self.https.pages.update({host: page for host, (_, page) in self._policies.items()})
        self._start_postfix()
        self.zones.add("reports.lab. A 127.0.0.1")
        for name, mx, zone, rua in self._domains:
            rua = rua or f"https://reports.lab:{self.https.port}/{name}"
            self._put(zone, *[f"{name}. MX {10 * (i + 1)} {host}." for i, host in enumerate(mx)],
                      f'_smtp._tls.{name}. TXT "v=TLSRPTv1; rua={rua}"')
        for name, zone, address, tlsa in self._later:
            self._put(zone, f"{name}. A {address}",
                      *[f"_{self.postfix.port}._tcp.{name}. TLSA {one}" for one in tlsa])
        for zone, records in self._unsigned.items():
            self.zones.add_unsigned(zone, *records)
        for zone, records in self._bogus.items():
            self.zones.add_bogus(zone, *records)
        self.zones.start()
        self.server = Posthaste(self.scenario, CONFIG % {
            "dns": self.zones.port, "anchor": self.zones.anchor, "smtp": self.postfix.port,
            "ca": self.ca.file, "https": self.https.port} + config).start()
        return self

    def _start_postfix(self):
        names = ", ".join(name for name, _, _, _ in self._domains)
        default = next(iter(self._hosts.values()))
        table = self.scenario.write("sni", "".join(
            f"{name} {one.key_file} {one.file}\n" for name, one in self._hosts.items()))
        self.scenario.write("postmap/main.cf", "compatibility_level = 3.6\n")
        done = run_program(["/usr/sbin/postmap", "-c", self.scenario.path("postmap"), "-F",
                            f"hash:{table}"])
        assert done.returncode == 0, done.stderr.decode()
        self.postfix = Postfix(self.scenario, names, settings=(
            "smtpd_tls_security_level = may\nsmtpd_tls_received_header = yes\n"
            f"smtpd_tls_chain_files = {default.key_file}, {default.file}\n"
            f"tls_server_sni_maps = hash:{table}\n"),
            more_services=f"{PLAIN_ADDRESS}:{{port}} inet n - n - - smtpd\n"
                          "  -o smtpd_tls_security_level=none\n")

    def send(self, *domains, text=None, **options):
        for domain in domains:
            to = f"b@{domain}"
            send(self.server.port("smtp"), text or message_text(f"for {domain}", recipient=to),
                 recipients=[to], **options)

    def outcome(self, domain):
        """The first event that tells what became of the mail for a domain."""
        kinds = ("delivery", "transient_failure", "bounce")

        def find():
            return [one for one in self.server.events()
                    if one["type"] in kinds and one.get("recipient_domain") == domain]
        return wait_until(find, 60, f"an outcome for {domain}")[0]

    def delivered(self, domain, verified=None):
        event = self.outcome(domain)
        assert event["type"] == "delivery", event
        assert event.get("tls_verified") == verified, event
        return event

    def deferred(self, domain, words=""):
        event = self.outcome(domain)
        assert event["type"] == "transient_failure", event
        assert words in event["response"], event
        return event

    def reports(self):
        """Has the reports of today sent, and returns them by domain."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.server.port('http')}/api/v1/tls-reports", method="POST")
        with urllib.request.urlopen(request, timeout=60) as reply:
            self.told = json.loads(reply.read())["reports"]
        return {domain: documents[-1] for domain, documents in self.https.reports().items()}


def check_report(document, domain, policy, successful=0, failed=0, failure=None):
    """One report's counts for the policy type, and its one kind of failure."""
    assert document["organization-name"] == "Mail of the lab", document
    assert document["contact-info"] == "tls-reports@mta.lab", document
    found = [one for one in document["policies"] if one["policy"]["policy-type"] == policy]
    assert len(found) == 1, (domain, document)
    summary = found[0]["summary"]
    assert summary["total-successful-session-count"] == successful, (domain, document)
    assert (summary["total-failure-session-count"] >= failed if failed
            else summary["total-failure-session-count"] == 0), (domain, document)
    kinds = {one["result-type"] for one in found[0].get("failure-details", [])}
    assert kinds == ({failure} if failure else set()), (domain, document)
    return found[0]
