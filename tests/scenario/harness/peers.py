"""Postfix and Exim, each as a private instance that receives mail and passes mail on."""

import os
import pwd

from .processes import run_program
from .scenario import Skip, need, wait_until
from .server import accepts

POSTFIX_MAIN = """
compatibility_level = 3.6
queue_directory = {dir}/spool
data_directory = {dir}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
maillog_file = {dir}/log/mail.log
maillog_file_prefixes = {dir}/log
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.test
mydestination =
local_recipient_maps =
alias_maps =
alias_database =
mynetworks = 127.0.0.0/8
smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_peername_lookup = no
smtp_host_lookup = native
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {dir}/mail
virtual_mailbox_maps = {mailboxes}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
"""

POSTFIX_MASTER = """
127.0.0.1:{port}  inet n - n - -   smtpd
pickup     unix n - n 60 1 pickup
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 300 1 qmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp       unix - - n - - smtp
relay      unix - - n - - smtp
showq      unix n - n - - showq
error      unix - - n - - error
retry      unix - - n - - error
discard    unix - - n - - discard
virtual    unix - n n - - virtual
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
tlsmgr     unix - - n 1000? 1 tlsmgr
postlog    unix-dgram n - n - 1 postlogd
"""

EXIM = """
exim_path = {exim}
exim_user = Debian-exim
exim_group = Debian-exim
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
primary_hostname = exim.test
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
keep_environment =
acl_smtp_rcpt = acl_any
acl_smtp_data = acl_any
smtp_accept_max = 200
rfc1413_query_timeout = 0s
{settings}
begin acl
acl_any:
  accept
begin routers
{routers}
mailbox:
  driver = accept
  transport = maildir
begin transports
maildir:
  driver = appendfile
  directory = {dir}/mail/all
  maildir_format
  create_directory
  user = Debian-exim
  group = Debian-exim
onward:
  driver = smtp
  port = {relay_port}
  allow_localhost
  {transport_settings}
begin retry
* * F,2h,1s
"""


class _Peer:
    """What both have: a folder of received messages, a log, a port."""

    name = "peer"

    def _wait(self):
        wait_until(lambda: accepts(self.port), 30, self.name)

    def messages(self):
        """What it delivered into its mailbox, as bytes, oldest first."""
        folder = os.path.join(self.directory, "mail", "all", "new")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        files = sorted((os.path.join(folder, name) for name in names), key=os.path.getmtime)
        return [open(file, "rb").read() for file in files]

    def wait_for_messages(self, count, timeout=60):
        wait_until(lambda: len(self.messages()) >= count, timeout,
                   f"{count} messages at {self.name}")
        return self.messages()

    def output(self):
        folder, texts = os.path.join(self.directory, "log"), []
        for name in sorted(os.listdir(folder)):
            with open(os.path.join(folder, name), encoding="utf-8", errors="replace") as file:
                texts.append(file.read())
        return "\n".join(texts)


class Postfix(_Peer):
    """Takes mail for `domain` into a mailbox; passes everything else to `relay_port`.

    `settings` are lines for main.cf, such as smtpd_tls_cert_file or smtp_sasl_auth_enable;
    `more_services` is text for master.cf, in which {port} is the port. With `users`, local parts,
    only these have a mailbox: mail for others is taken as well, and bounced after that.
    """

    def __init__(self, scenario, domain="recipient.test", relay_port=None, settings="",
                 name="postfix", more_services="", users=None):
        self._postfix = need("/usr/sbin/postfix")
        if os.geteuid() != 0:
            raise Skip("Postfix starts as root only")
        self.name = name
        self.directory = scenario.folder(name)
        self.port = scenario.free_port()
        user = pwd.getpwnam("postfix")
        for part in ("spool", "log", "conf", "mail", "data"):
            scenario.folder(name, part)
        for part in ("mail", "data"):
            os.chown(os.path.join(self.directory, part), user.pw_uid, user.pw_gid)
        os.chmod(os.path.join(self.directory, "data"), 0o700)
        relay = f"relayhost = [127.0.0.1]:{relay_port}\n" if relay_port else ""
        mailboxes, late = "static:all/", ""
        if users is not None:
            mailboxes = "inline:{" + ", ".join(f"{one}@{domain}=all/" for one in users) + "}"
            late = "smtpd_reject_unlisted_recipient = no\n"
        main = POSTFIX_MAIN.format(dir=self.directory, domain=domain, uid=user.pw_uid,
                                   gid=user.pw_gid, mailboxes=mailboxes)
        scenario.write(f"{name}/conf/main.cf", main + late + relay + settings + "\n")
        scenario.write(f"{name}/conf/master.cf", POSTFIX_MASTER.format(port=self.port) +
                       more_services.format(port=self.port))
        self.start()
        scenario.own(self)

    def _command(self, word):
        return run_program([self._postfix, "-c", os.path.join(self.directory, "conf"), word])

    def start(self):
        done = self._command("start")
        assert done.returncode == 0, f"postfix start: {done.stderr.decode()}\n{self.output()}"
        self._wait()

    def stop(self):
        self._command("stop")

    def flush(self):
        """Tries all that waits again."""
        self._command("flush")

    def close(self):
        self.stop()


class Exim(_Peer):
    """Like Postfix above; `settings` are main options, `transport_settings` those of sending.

    Without a `domain`, which `users` need, it passes everything to `relay_port`. It looks at what
    waits every `queue_interval`.
    """

    def __init__(self, scenario, relay_port=None, settings="", transport_settings="",
                 name="exim", domain=None, users=None, queue_interval="2s"):
        here = os.path.dirname(os.path.abspath(__file__))
        root = os.path.normpath(os.path.join(here, "..", "..", ".."))
        self._exim = need(os.path.join(root, "build/peers/exim/usr/sbin/exim4"))
        self.name = name
        self.directory = scenario.folder(name)
        self.port = scenario.free_port()
        user = pwd.getpwnam("Debian-exim")
        for part in ("spool", "log", "mail"):
            os.chown(scenario.folder(name, part), user.pw_uid, user.pw_gid)
        routers = ""
        if users is not None:
            strangers = " : ".join(f"! {one}" for one in users) or "*"
            routers += (f"stranger:\n  driver = redirect\n  domains = {domain}\n"
                        f"  local_parts = {strangers}\n  allow_fail\n"
                        "  data = :fail: no such user here\n")
        if relay_port:
            elsewhere = f"! {domain}" if domain else "*"
            routers += (f"onward:\n  driver = manualroute\n  domains = {elsewhere}\n"
                        "  transport = onward\n  route_list = * 127.0.0.1 byname\n"
                        "  self = send\n")
        scenario.write(f"{name}/exim.conf", EXIM.format(
            exim=self._exim, dir=self.directory, port=self.port, settings=settings, routers=routers,
            relay_port=relay_port or 25, transport_settings=transport_settings))
        self._pid_file = os.path.join(self.directory, "exim.pid")
        self._queue_interval = queue_interval
        self.start()
        scenario.own(self)

    def _command(self, *arguments):
        return run_program([self._exim, "-C", os.path.join(self.directory, "exim.conf"),
                            *arguments])

    def start(self):
        done = self._command("-oP", self._pid_file, "-bd", f"-q{self._queue_interval}")
        assert done.returncode == 0, f"exim: {done.stderr.decode()}\n{self.output()}"
        self._wait()

    def stop(self):
        try:
            with open(self._pid_file, encoding="ascii") as file:
                os.kill(int(file.read()), 15)
            wait_until(lambda: not accepts(self.port), 10, "exim to end")
        except (FileNotFoundError, ProcessLookupError, ValueError):
            pass

    def flush(self):
        """Tries all that waits again."""
        self._command("-q")

    def close(self):
        self.stop()
