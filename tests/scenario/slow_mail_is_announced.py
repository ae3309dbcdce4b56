#!/usr/bin/python3
"""A message that waits longer than `delay_warning` is announced to its sender once, as RFC 3464
wants it, and is still delivered."""

import email

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer, Step
from harness.server import MINIMAL_CONFIG, Posthaste

BLOCKS = """
remote_queue "outbound" {
  retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 }
  delay_warning = "2s"
}
route "slow.test" { to = {"[127.0.0.1]:%d"} tls = off }
route "sender.test" { to = {"[127.0.0.1]:%d"} tls = off }
"""


def main(scenario):
    later = [Step.reply("451 4.3.0 not now")] * 5 + [Step.reply("250 ok")]
    slow = scenario.own(MisbehavingServer({"rcpt": later}))
    returns = scenario.own(MisbehavingServer())
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS % (slow.port, returns.port)).start()
    send(server.port("smtp"), message_text("slow"), recipients=["z@slow.test"])
    wait_until(lambda: len(slow.messages) == 1, 60, "the message after all")
    wait_until(lambda: len(returns.messages) == 1, 30, "the warning")
    report = email.message_from_bytes(returns.messages[0])
    assert report.get_content_type() == "multipart/report", report
    status = next(part for part in report.walk()
                  if part.get_content_type() == "message/delivery-status").get_payload()[1]
    assert status["Action"] == "delayed" and status["Status"].startswith("4."), status
    assert status["Will-Retry-Until"], status
    assert "451 4.3.0 not now" in status["Diagnostic-Code"], status
    assert returns.envelopes[0][0].startswith("MAIL FROM:<>"), returns.envelopes
    scenario.say("warned once, and delivered")


if __name__ == "__main__":
    run(main)
