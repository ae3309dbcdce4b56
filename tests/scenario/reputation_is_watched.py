#!/usr/bin/python3
"""A source is listed by a blocklist, Microsoft turns red and Google sees spam: events, metrics and
`posthaste reputation` say so, and the warm-up stops; the listing goes, and that is told too. An
expired link of Microsoft's is an alert."""

import http.server
import json
import smtplib
import threading

from harness import run, wait_until
from harness.clients import message_text
from harness.server import MINIMAL_CONFIG, Posthaste, Sink

ALIVE = '"2.0.0.127.bl.test. A 127.0.0.2", "test.dbl.test. A 127.0.1.2"'
LISTED = ALIVE + ', "bounces.test.dbl.test. A 127.0.1.2", "9.113.0.203.bl.test. A 127.0.0.2", ' \
                 '"9.113.0.203.bl.test. TXT seen in traps", ' \
                 '"9.113.0.203.score.senderscore.com. A 127.0.4.91"'

BLOCKS = """
source "cold" { address = "127.0.0.2" public_address = "203.0.113.9" warmup { schedule = {50} } }
pool "default" { source "cold" { } }
delivery { port = %(port)d ip_versions = {"4"} }
dns {
  local_zones = {"."}
  local_data = {"recipient.test. MX 10 mx.recipient.test.", "mx.recipient.test. A 127.0.0.1",
                %(dns)s}
}
blocklist {
  zones = {"bl.test", "dbl.test"}
  domains = "bounces.test"
  interval = "1s"
  zone "bl.test" {
    tier = page lists = "ipv4" codes = "127.0.0.2 sends spam" remove_at = "https://bl.test/{query}"
  }
  zone "dbl.test" { tier = page lists = "domain" }
}
postmaster_tools { credentials = "%(credentials)s" api_url = "%(url)s" interval = "1s" }
snds { credentials = "%(credentials)s" api_url = "%(url)s" interval = "1s" }
log "all" { path = "@dir@/events.log" }
"""


class Providers:
    """Google's and Microsoft's interfaces, in the shapes that they document."""

    def __init__(self, scenario):
        self.snds_status = 200
        self.spam_rate = 0.0004
        providers = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, status, body, kind="application/json"):
                octets = body.encode() if isinstance(body, str) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(octets)))
                self.end_headers()
                self.wfile.write(octets)

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                if self.path == "/token":
                    assert "grant_type=refresh_token" in body, body
                    self.answer(200, {"access_token": "granted", "expires_in": 3600})
                elif self.headers["Authorization"] != "Bearer granted":
                    self.answer(401, {})
                else:
                    day = json.loads(body)["timeQuery"]["dateRanges"]["dateRanges"][0]["end"]
                    self.answer(200, {"domainStats": [{
                        "metric": "spam_rate", "date": day,
                        "value": {"doubleValue": providers.spam_rate}}]})

            def do_GET(self):
                if self.headers["Authorization"] != "Bearer granted":
                    self.answer(401, {})
                elif self.path.startswith("/v2/domains?"):
                    self.answer(200, {"domains": [{"name": "domains/sender.test"}]})
                elif self.path.endswith("/complianceStatus"):
                    self.answer(200, {"complianceData": {"rowData": [
                        {"requirement": "DMARC_POLICY", "status": {"status": "NEEDS_WORK"}}]}})
                elif self.path == "/api/report/status/ip":
                    self.answer(200, [])
                else:
                    self.answer(providers.snds_status,
                                "IP Address,Filter result,Complaint rate,Trap hits\r\n"
                                "203.0.113.9,YELLOW,< 0.1%,0\r\n", "text/csv")

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        scenario.own(self)

    def close(self):
        self._server.shutdown()
        self._server.server_close()


def main(scenario):
    sink = Sink(scenario)
    providers = Providers(scenario)
    credentials = scenario.write("credentials.json", json.dumps({
        "client_id": "c", "refresh_token": "r", "token_url": providers.url + "/token"}), 0o600)

    def blocks(dns):
        return MINIMAL_CONFIG + BLOCKS % {"port": sink.port, "dns": dns, "url": providers.url,
                                          "credentials": credentials}

    server = Posthaste(scenario, blocks(ALIVE)).start()

    def changes(kind):
        return [one for one in server.events("reputation_changed")
                if one["meta"].get("change") == kind]

    def known(name):
        document = json.loads(server.verb("reputation", "--json").stdout)
        return next((one for one in document["reputation"] if one["name"] == name), None)

    wait_until(lambda: (known("cold") or {}).get("snds"), 60, "the first round")
    wait_until(lambda: known("cold")["checked"], 60, "the first check")
    assert known("cold")["listings"] == [], known("cold")
    assert known("cold")["score"] == 85, known("cold")
    series = [line for line in server.get("/metrics")[1].splitlines()
              if line.startswith("posthaste_blocklist_listed{")]
    assert [line.split()[-1] for line in series] == ["0"], series
    assert [one["meta"]["after"] for one in changes("filter_result")] == ["YELLOW"]
    scenario.say("nothing lists it; Microsoft has its doubts, and that is in the score")

    figures = wait_until(lambda: changes("figures"), 60, "Google's figures")[0]
    assert figures["provider"] == "google" and figures["meta"]["domain"] == "sender.test", figures
    wait_until(lambda: known("sender.test"), 60, "the domain")
    assert known("sender.test")["postmaster"]["spam_rate"] == 0.0004
    assert known("sender.test")["postmaster"]["compliance"][0]["status"] == "NEEDS_WORK"
    assert known("sender.test")["score"] == 90, known("sender.test")
    scenario.say("Google's figures are stored and shown")

    with smtplib.SMTP("127.0.0.1", server.port("smtp"), timeout=60) as client:
        client.sendmail("a@sender.test", ["b@recipient.test"], message_text("first"))
    wait_until(lambda: server.events("delivery"), 60, "the warm-up begins")

    server.stop()
    server.write_config(blocks(LISTED))
    server.start()
    listed = wait_until(lambda: [one for one in changes("listed") if "source" in one], 60,
                        "the listing")
    assert len(listed) == 1, listed
    domain = wait_until(lambda: [one for one in changes("listed") if "source" not in one], 60,
                        "the listing of a domain")[0]
    assert domain["meta"]["domain"] == "bounces.test", domain
    wait_until(lambda: server.metric("posthaste_blocklist_domain_listed") == 1, 60, "its metric")
    assert listed[0]["source"] == "cold" and listed[0]["source_address"] == "203.0.113.9", listed
    assert listed[0]["meta"]["zone"] == "bl.test" and listed[0]["meta"]["tier"] == "page", listed
    wait_until(lambda: known("cold")["sender_score"] == 91, 60, "the Sender Score")
    entry = known("cold")["listings"][0]
    assert entry["meaning"] == "sends spam" and entry["text"] == "seen in traps", entry
    assert entry["remove_at"] == "https://bl.test/203.0.113.9", entry
    assert known("cold")["score"] == 45, known("cold")
    assert server.metric("posthaste_blocklist_listed") == 1
    assert server.metric("posthaste_reputation_score") == 45
    assert server.metric("posthaste_sender_score") == 91
    text = server.verb("reputation", "--days", "7").stdout.decode()
    assert "bl.test (page): sends spam" in text and "score      45" in text, text
    scenario.say("the listing is an event, a metric, and shown with its way out")

    def warmup():
        return json.loads(server.verb("warmup", "status", "--json").stdout)["warmup"][0]

    wait_until(lambda: warmup()["state"] == "red", 60, "the warm-up stops")
    assert "203.0.113.9 is listed by bl.test" in warmup()["reason"], warmup()
    assert "nothing for" in warmup()["reason"], warmup()
    scenario.say("the warm-up is red: nothing for a day")

    providers.snds_status = 404
    failed = wait_until(lambda: changes("interface_failed"), 60, "the alert")[0]
    assert failed["provider"] == "microsoft" and "404" in failed["response"], failed
    assert "posthaste_reputation_interface_up{provider=\"microsoft\"} 0" in server.get("/metrics")[1]
    scenario.say("an interface that knows nothing of us is an alert")

    server.stop()
    server.write_config(blocks(ALIVE))
    server.start()
    gone = wait_until(lambda: len(changes("delisted")) == 2 and changes("delisted"), 60,
                      "the end of the listings")
    assert [one["meta"]["zone"] for one in gone] == ["bl.test", "dbl.test"], gone
    assert len(changes("listed")) == 2, changes("listed")
    wait_until(lambda: known("cold")["listings"] == [], 60, "nothing is listed")
    assert server.metric("posthaste_blocklist_listed") == 0
    scenario.say("the end of the listing is told once, over a restart")


if __name__ == "__main__":
    run(main)
