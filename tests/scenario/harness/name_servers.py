"""A name server that keeps silent."""

import socket
import threading


class SilentNameServer:
    """Listens on a UDP port of loopback and swallows every question, but for names in `answered`: to
    those it says that there is no such record. `asked` has the names it was asked for.

        silent = SilentNameServer(scenario)
        posthaste("spf", "check", "--dns-server", silent.address, …)
    """

    def __init__(self, scenario, answered=()):
        self.asked = []
        self._answered = set(answered)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        scenario.own(self)

    def _serve(self):
        import dns.flags
        import dns.message
        while True:
            octets, client = self._socket.recvfrom(65535)
            if not octets:
                return  # close() says so
            question = dns.message.from_wire(octets)
            name = question.question[0].name.to_text(omit_final_dot=True).lower()
            self.asked.append(name)
            if name in self._answered:
                answer = dns.message.make_response(question, recursion_available=True)
                self._socket.sendto(answer.to_wire(), client)

    def close(self):
        self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join(timeout=5)
        self._socket.close()
