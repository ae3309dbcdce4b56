#!/usr/bin/python3
"""A peer that closes, resets, talks garbage or refuses at any stage costs no message: each is
tried again, arrives when the peer behaves, and arrives twice only where the peer had taken it."""

from harness import run, wait_until
from harness.clients import message_text, send
from harness.misbehaving import MisbehavingServer, Step
from harness.server import MINIMAL_CONFIG, Posthaste

BLOCKS = """
remote_queue "outbound" { retry { first = "1s" growth = 1 ceiling = "1s" jitter = 0 } }
delivery { site_rest = "1s" data_termination_timeout = "2s" initial_220_timeout = "2s"
           mail_timeout = "2s" rcpt_timeout = "2s" data_initiation_timeout = "2s" }
"""

STAGES = {"connect": "220", "ehlo": "250", "mail": "250", "rcpt": "250", "data": "354",
          "body": "250"}
MISDEEDS = {
    "closes": lambda stage: Step.close(),
    "resets": lambda stage: Step.reset(),
    "hangs": lambda stage: Step.hang(),
    "garbage": lambda stage: Step.garbage(b"\x00\xff no smtp\r\n"),
    "421": lambda stage: Step.reply("421 4.3.2 closing"),
    "4xx": lambda stage: Step.reply("451 4.3.0 not now"),
    "half a reply": lambda stage: Step.garbage(STAGES[stage][:2].encode()),
    "two codes": lambda stage: Step.garbage(f"{STAGES[stage]}-one\r\n451 two\r\n".encode()),
}


def main(scenario):
    peers, routes = {}, ""
    for stage in STAGES:
        for number, (misdeed, step) in enumerate(MISDEEDS.items()):
            # Misbehaves twice, and then no more.
            peer = MisbehavingServer({stage: [step(stage), step(stage),
                                              Step.reply(good_reply(stage))]})
            scenario.callback(peer.close)
            domain = f"{stage}-{number}.test"
            peers[domain] = (f"{misdeed} at {stage}", peer)
            routes += f'route "{domain}" {{ to = {{"[127.0.0.1]:{peer.port}"}} tls = off }}\n'
    server = Posthaste(scenario, MINIMAL_CONFIG + BLOCKS + routes).start()
    for domain in peers:
        send(server.port("smtp"), message_text(domain, recipient=f"b@{domain}"),
             recipients=[f"b@{domain}"])
    for domain, (what, peer) in peers.items():
        # A peer that refuses MAIL and answers a pipelined DATA with 354 gets an empty message.
        taken = lambda: [text for text in peer.messages if text]
        wait_until(taken, 60, f"the message after: {what}")
        assert len(taken()) == 1, f"{what}: taken {len(taken())} times"
        assert f"Subject: {domain}".encode() in taken()[0]
    scenario.say(f"{len(peers)} misdeeds, {len(peers)} messages delivered, each once")
    server.stop()


def good_reply(stage):
    replies = {"connect": "220 well", "ehlo": "250-well\r\n250 PIPELINING", "data": "354 go"}
    return replies.get(stage, "250 2.0.0 ok")


if __name__ == "__main__":
    run(main)
