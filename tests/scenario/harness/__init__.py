"""Stories of the whole server: `from harness import run, Scenario`.

A scenario is a file of tests/scenario/ with a main(scenario). It says what it does with
scenario.say(), and fails by an assertion. See ../README.md.
"""

from .clients import certificate, message_text, msmtp, send, swaks
from .misbehaving import MisbehavingServer, Step
from .peers import Exim, Postfix
from .processes import Process
from .scenario import Scenario, Skip, need, run, wait_until
from .server import MINIMAL_CONFIG, Posthaste, Sink

__all__ = ["certificate", "message_text", "msmtp", "send", "swaks", "MisbehavingServer", "Step",
           "Exim", "Postfix", "Process", "Scenario", "Skip", "need", "run", "wait_until",
           "MINIMAL_CONFIG", "Posthaste", "Sink"]
