#include "classify/reply_words.h"

#include <re2/re2.h>

#include <algorithm>

#include "base/ascii.h"
#include "classify/word_rules.h"

namespace posthaste {
namespace {

// Replies are read up to this: no server says more, and what is behind is not worth the time.
constexpr std::size_t kMaxText = 1024;

// In this order: what is more telling comes first. What concerns the sender comes before what
// concerns the recipient, so that no address is thought dead for a fault of ours.
constexpr WordRule kCertain[] = {
    {"gr[ae]y[- ]?list|postgrey", Classification::greylisted},
    {R"(\bvirus|\bmalware|\btrojan|presents a potential security|executable|\binfected\b|malicious|ransomware|(dangerous|harmful|illegal|unsafe) (\S+ )?(attachment|file|content)|\binfection\b)",
     Classification::virus},

    // qmail's lists of addresses that are refused, whatever the status beside them says.
    {R"(\bbad(rcptto|recipientto)\b)", Classification::bad_mailbox},
    {R"(\bbad(mailfrom|senders?)\b)", Classification::policy},
    {R"(\b(unresolv\w+|unknown|unnamed) relay host)", Classification::authentication},
    {"relay(ing|ed)?\\b.{0,40}(denied|prohibited|reject|refused|disallowed|disabled|"
     "not (be )?(allowed|permitted|authorized|supported))|"
     "(not|n't|cannot|never|unable|refus\\w+|no) (be )?(an? |open |\\S+ to |to )?relay|insecure "
     "(mail )?relay|"
     "relay access|rcpthosts|non-local|handle mail for|not (a |an )?(open )?gateway|"
     "domain (is )?not (allowed|hosted|served|local)|(not|n't) (accept|take) (\\S+ )?mail for "
     "(this|that|the) "
     "domain|authenticat\\w+ (\\S+ ){0,3}relay",
     Classification::relaying_denied},
    // Exchange, of groups and users who take no mail from strangers.
    {"resolver\\.rst\\.(auth|notauth|sendernotauth|restrict)|authenticated for (group|mail ?box)",
     Classification::policy},
    {"resolver\\.rst\\.\\w*size", Classification::message_too_large},
    {R"(\b(dmarc|dkim|domainkeys|spf|ptr|rdns)\b|reverse[ -](dns|lookup|host|address|record)|unauthenticated|sender policy framework)",
     Classification::authentication},
    {"authentication (checks? |is |has )?(failed|failure|failing|required|needed|information)|"
     "multiple authentication checks|(must|not|require.{0,10}) authenticate|sender ?id\\b|"
     "(required|requires?|meet.{0,20}) authentication level|purported responsible",
     Classification::authentication},
    {"(cannot|can't|could not|unable to) (find|resolve) your|unverif[iy]able|"
     "mismatch.{0,20} ip\\b|\\bip (address )?for sending|not (allowed|authorized|permitted) to "
     "send (e-?mail |mail "
     ")?(from|for|on)",
     Classification::authentication},

    {"\\bpassword|credentials", Classification::authentication},

    {"(due to|because of|for|poor|low|bad) (\\S+ ){0,4}(reputation|complaints)\\b",
     Classification::spam_block},
    // What lies in a mailbox, not what comes.
    {R"(too many (messages|mails|e-?mails) (stored |waiting )?(on|in) (\S+ )?(\S+ )?)"
     R"((server|inbox|mail ?box|folder|account)\b|mail ?file size|too much mail data|)"
     R"(quota violation|space (\S+ ){0,2}used up|\b(free|remaining|available) (disk )?(space|storage))",
     Classification::mailbox_full},
    // RFC 5321 §4.5.3.1.10: too many recipients is temporary, though some say 552.
    {"too many (\\S+ "
     "){0,2}(connections|sessions|messages|mails|e-?mails|requests|attempts|transactions|"
     "recipients)|more recipients than|"
     "exceed\\w* (\\S+ ){0,3}(number|rate|frequency)\\b|"
     "exceed\\w* (\\S+ ){0,2}(max\\w*|allowed|permitted) (\\S+ )?(connections|messages|e-?mails|"
     "mails|recipients)|(connections|messages|e-?mails|mails|recipients) (per|an?|each) (second|"
     "minute|hour|day)\\b|"
     "(connections|messages|e-?mails|mails|recipients) .{0,30}(quota|limit)|(quota|limit) "
     ".{0,20}(connections|messages|mails|e-?mails)\\b|"
     "too much (e-?mail|mail|traffic)|rate.?limit|throttl|unusual rate|"
     "(connection|sending|message|mail|delivery) (rate|frequency)|frequency (is )?limit",
     Classification::rate_limited},
    {"message expired|socket error", Classification::transient},
    {"(send|sending|sent|receiving|arriving|connecting).{0,20} (too "
     "(fast|quickly|often|frequently|much)|"
     "at a rate)|too (fast|quickly|frequently)\\b|slow(er| down)|"
     "maximum number of (\\S+ )?(connections|messages|sessions)|"
     "(hourly|daily|per (hour|day|minute)) (\\S+ ){0,2}(limit|quota)|"
     "(sending|sent|relay|message|connection|session|outgoing) (limit|quota)s?\\b|"
     "(limit|quota).{0,20} per (second|minute|hour|day)|temporarily deferred|server (is )?busy",
     Classification::rate_limited},

    // Cox and Charter: sender under an acceptable use policy, 13.. for its rate.
    {"aup#[a-z]{0,3}-?13[0-9]0", Classification::rate_limited},

    // Orange: content that its filter refuses.
    {"\\bofr_?506", Classification::spam_content},

    // Of ourselves, in the words that else tell of a recipient.
    {R"(\b(sender|ip address)\b.{0,60}(not|n't) (be )?(listed|found|known|in use)|)"
     R"(\byou('re| are) not an?\b|\byour (\S+ ){1,3}is (not an?|unknown|not known)\b)",
     Classification::policy},
    {R"((not|n't|nowhere) (be )?(listed|found|present|included) in (\S+ ){0,3})"
     R"((directory|directories|address ?books?|name list)\b)",
     Classification::bad_mailbox},
    // Of those whom the sender wrote to before.
    {R"((many|number of|percentage of|rate of|lots of) (\S+ )?(unknown|invalid|bad|non-?existent|)"
     R"(wrong) (users|recipients|addresses|mail ?boxes)|(users|recipients|addresses) (\S+ ){0,3})"
     R"(from (your|this) (ip|host|server|network))",
     Classification::spam_block},
    {"<blocklist>", Classification::spam_block},
    {R"((black|block|deny)[ -]?list|\b(dns-?)?[rd]?bl\b|\bdnsbl|\brbl|spamhaus|sorbs|spamcop|reputation)",
     Classification::spam_block},
    {"listed (at|by|in|on)\\b|blocked (using|for spam)|banned (sending|sender|ip)|"
     "(sending|source of|sent|incident de) spam\\b|spammer|spamming|unwanted messages|"
     "\\bspams (\\S+ )?from (your|this|<ip>)|too many spams|"
     "(no access|not (currently |presently )?(accepting|taking) (\\S+ )?(e-?)?mails?) from "
     "(\\S+ )?(your|this|<ip>|mail ?server)|"
     "\\b(dynamic|dial-?up|residential) (\\S+ )?(ips?|address(es)?|hosts?|ranges?)\\b|"
     "(server|relay|host) of your (isp|provider)|no smtp service|(bad|low|poor) (\\S+ )?score|"
     "unauthori[sz]ed (host|client|ip)|"
     "(client host|client address|connecting host|ip|ip address|host|network|address (range|block)|"
     "net ?block|subnet|<ip>) "
     "(<ip> |<domain> )?(is |was |has been |are )?(\\S+ )?(listed|blocked|banned)",
     Classification::spam_block},
    {"your (\\S+ )?(access|ip|host|server|network|ip address|mail server|<ip>)\\b.{0,80}"
     "(rejected|blocked|refused|denied|banned|listed)|connections? (will )?(not (be "
     ")?accepted|refused)",
     Classification::spam_block},

    {"(domain of )?\\b(sender|mail ?from|from (address|domain|header)|return[ -]path|envelope from)"
     "('s)?\\b.{0,60}(not exist|n't exist|invalid|not found|unknown|rejected|refused|denied|"
     "not (an? |on |in )?(the |my |our "
     ")?(list|valid|known|allowed|accepted|resolve|permitted)|verif|unresolv|blocked|bad\\b|no mx)|"
     "(invalid|bad|unknown|unresolv\\w+|unrout\\w+|nonexistent|forged|valid) (sender|from|return[ "
     "-]path)\\b",
     Classification::policy},
    {"\\b[eh][he]lo\\b.{0,60}(must|should|not found|invalid|reject|refused|denied|not "
     "exist|verif|resolve|bad\\b)",
     Classification::policy},
    {"(bad|invalid|forged|fake|need|wrong) (\\S+ )?[eh][he]lo\\b|impersonat|spoof|"
     "administrative(ly)? prohibit|yourself",
     Classification::policy},
    {"(accepts?|receives?|takes?|accepting|receiving|taking) (\\S+ ){0,2}(e?-?mails?|messages?) "
     "from\\b",
     Classification::policy},
    {"(known|permitted|approved|trusted) (contacts|senders)|domain must (resolve|have)|"
     "only (internal|local|authenticated|authori[sz]ed|known) (senders|users|members)",
     Classification::policy},
    // A list that is not open to all.
    {"(only|not an?|not) (\\S+ ){0,2}(subscriber|subscribed|member|moderator)s?\\b|"
     "(subscriber|member)s?[ -]only|closed (mailing )?list|"
     "(may|can|allowed to|permission to) post|post(ing)? to this",
     Classification::policy},

    {"over ?-?quota|remaining quota|quota of (the |this )?(recipient|user|mail ?box|account)|"
     "used (up )?(all|the|his|her|their|its) (\\S+ ){0,4}(space|quota|storage)|"
     "over (\\S+ ){1,3}quota|quota.{0,12} (exceed|full|reached)|quotaexceeded|"
     "exceed.{0,40} (quota|storage|space)|no (more )?room\\b|"
     "(mail ?box|inbox|mail ?folder|account|user|recipient|storage|disk)\\b.{0,25} (is |too |been "
     ")?full\\b|"
     "full (mail ?box|inbox)|(insufficient|not enough|out of|no|low) (\\S+ "
     "){0,2}(storage|disk|space)|"
     "disk quota|(mail ?box|inbox|storage)\\b.{0,40} (limit|exceed)",
     Classification::mailbox_full},
    {"(message|mail|e-?mail|body|content|data|attachment|letter)( \\S+)? (is |was )?"
     "(too (big|large|long|huge)|exceed|larger than|bigger than|greater than)|"
     "(size|length)( of \\S+( \\S+)?)? (limit|exceed|is too|too|over)|exceed.{0,30} "
     "(size|length|maximum)|line limit|"
     "too (big|large|heavy)\\b|exceeds? [0-9.]+ ?[km]i?b|max(imum)? (\\S+ )?size|oversize",
     Classification::message_too_large},

    {"too many (\\S+ )?hops|hop (count|limit)|(mail|message|routing|forwarding) loop|"
     "loops? (back|detected)|forwarding count",
     Classification::routing},
    {"starttls|(tls|ssl|encryption)\\b.{0,30} (requir|need|fail|mandatory|must|unavailable|"
     "not (available|supported|offered))|"
     "(requires?|must use|needs) (\\S+ )?(tls|ssl|encryption)|"
     "(tls|ssl) error|secure (connection|session|channel)|must be encrypted|"
     "certificate (\\S+ ){0,2}(trusted|verif|expired|invalid|mismatch|match)|"
     "(untrusted|unverified|invalid|expired) (\\S+ )?certificate",
     Classification::tls_failure},

    {"(account|mail ?box|user|recipient|subscriber|customer|e-?mail|address)\\b.{0,40} "
     "(disabled|deactivated|inactive|suspend\\w*|discontinued|frozen|locked|expired|closed|"
     "terminated|"
     "not (yet )?activ(e|ated)|cancell?ed|dormant|archived|barred|paused)\\b|"
     "(account|mail ?box)( of <address>| <address>)? (is |has been |was )?blocked|inactivity|"
     "(disabled|deactivated|inactive|suspended|frozen|locked|expired|dormant|closed) "
     "(\\S+ )?(user|account|mail ?box|recipient|address)|not an? active "
     "(address|account|user|mailbox)|unavailable or access denied|"
     "(^|<address> )(is|has been) (currently |temporarily )?(suspended|disabled|deactivated)|"
     "(account|mail ?box|user|recipient|subscriber|customer|address|<address>)\\b.{0,40} (no "
     "longer|"
     "not|n't) (currently )?(active|(accept|receiv)(ing|s)? (any |new "
     ")*(e-?mail|mail|messages))\\b",
     Classification::inactive_mailbox},
    {"(user|mail ?box|inbox|account|recipient|addressee|alias|person|customer|subscriber|"
     "destinat\\w+|local.?part|<address>)('?s)?( e-?mail)?( address(es)?| name| id| account| "
     "mail ?box)?( \\(?<address>\\)?)? "
     "(but |is |was |are |has been |could )?(an? )?(unknown|not found|not be found|not exist|does "
     "?n[o']t? ?exist|does not exist|"
     "doesn't exist|not known|invalid\\w*|no longer|unavailable|not available|not "
     "valid|undeliverable|"
     "non-?existent|not (listed|recogni[sz]ed|present|in use|ok\\b)|"
     "not (on|at|in) (this|our|the) (host|server|system|site|machine|domain)\\b|not (one of "
     ")?(our|ours)\\b|not in (my|our|the|this) (\\S+ )?("
     "list|directory|database|\\S*rcptto)|"
     "not (\\S+ )?(administered|handled|hosted|registered|provisioned|defined|local)|"
     "(cannot|can't|could not) be (verified|found|located|resolved))",
     Classification::bad_mailbox},
    {"(no such|unknown|invalid|non-?existent|illegal|undeliverable|not a valid|not a known|no mail "
     "for|"
     "unknown or illegal|no valid|bad destination mail ?box|there is no|not have an?|n't have an?) "
     "(local |email |e-mail |mail |virtual |recipient |destination |<domain> |yahoo |or illegal "
     "){0,2}"
     "(user|mail ?box|inbox|account|recipient|addressee|address|alias|person|customer|subscriber)",
     Classification::bad_mailbox},
    {"no entry (for|in)\\b|(no (mail "
     "?box|inbox|one|account|user|recipient|person|customer|subscriber)|nobody)( \\S+)? "
     "(for <address>|(called|for (this|that|the name|\\S+$)|here|at|(by|with|of) (that|this)|on "
     "(this|our)|named|exists?|matches)\\b)|"
     "not an? (local |valid |known |registered |current )?(user|mail "
     "?box|recipient|address|account)"
     "\\b|user-?unknown|(unknown-?|invalid-)(user|recipient)|^(not known|unknown) (here|at "
     "this)|(unknown|invalid) (user )?id\\b|"
     "(not|n't|cannot) accept (user|recipient)\\b|(^|<address> )(but )?(does not|doesn't) exist|"
     "(the|user|recipient|addressee)('?s)? name (is |was |could )?not (be )?"
     "(found|known|recogni[sz]ed|registered)|"
     "recipnotfound|(local|virtual|alias|relay|recipient) (\\S+ )?table|"
     "address (is |was )?not (administered|handled|hosted|registered|provisioned|defined|local)|"
     "address (is |was )?(not found|not known|not in use|not valid|does not exist|no "
     "longer|unknown|"
     "invalid)|"
     "not found in (\\S+ )?(directory|database|address)|no longer (on|at|with|in "
     "use|employed|works?|valid)|"
     "(has moved|please try <address>)|email account that you tried to reach does not exist",
     Classification::bad_mailbox},

    // Plain "unknown domain" stands with what is vague: the recipient's has led us here.
    {"host( name)?( <domain>)?( or domain name)? (is )?(unknown|not found|unreachable)|"
     "(unknown|no such) host|host or domain name not found|unrout(e|a)|nxdomain|"
     "name or service not known|"
     "(bad|unknown|invalid|no such|unresolv\\w+) destination (\\S+ )?(domain|host|system|server)|"
     "destination (\\S+ )?(domain|host|system|server)\\b.{0,30}(not (found|exist|be found)|unknown|"
     "invalid|unresolv)|"
     "recipient('s)?\\b.{0,40} domain\\b.{0,20}(unknown|invalid|not )",
     Classification::bad_domain},
    {"(host|domain|server|system) (does not|doesn't|will not|won't) (accept|receive) (\\S+ "
     ")?e?-?mail|"
     "null mx|no mx\\b",
     Classification::no_mx},

    // Of a recipient again, with what may stand between.
    {R"(\b(user|mail ?box|inbox|account|recipient|addressee|receiver|subscriber|customer|person|)"
     R"(local.?part|e?-?mail address)( (<address>|is|was|has|been|with|this|that|the|name|specified|)"
     R"(given|entered|at|on|in|for|here|you|wrote|tried|to|reach|of|your|address)){0,6} (unknown|undefined|)"
     R"((does|do|did) ?n[o']t exist|not exist|not (be )?found|not known|not recogni[sz]ed|)"
     R"(no longer exists?|non-?exist\w*)|)"
     R"(\b(undefined|no local|non[ -]?exist\w*|inexistent|wrong|misspelled|incorrect) )"
     R"((local |virtual |e?-?mail |destination )?(user|mail ?box|inbox|account|recipient|addressee|)"
     R"(receiver|subscriber|local.?part)\b|unknown (e?-?mail |destination )?(receiver|local.?part)|)"
     R"((cannot|can't|could not|couldn't|unable to|failed to|do not|don't) (find|locate|know|match) )"
     R"((\S+ )?(user|mail ?box|account|recipient|addressee|<address>)|)"
     R"((account|mail ?box|user|address)( \S+)? (has been|was|is) (deleted|removed|erased)\b)",
     Classification::bad_mailbox},

    {"\\brelay", Classification::relaying_denied},
    {R"(\bspam|\b[au]nti-?spam|\bub?ce\b|\bube\b|\bspm\b|\bs?urbl\b|\buribl\b|junk|unsolicited|\bbulk\b|phish|suspicious|(because of|due to) (its |the |your |message )*content|contents? (was |is |has been )?(rejected|filter|blocked|refused|den)|\b(bad|unwanted) content|advertis|unwanted (bulk|commercial)|bayes|message (was |is |has been )?filtered|objectionable)",
     Classification::spam_content},
    {R"(\bworm\b)", Classification::virus},
    {"(no|without( an?)?|lacks( an?)?|missing( an?)?) (valid )?(from|to|date|subject|message-?id) "
     "(header|field|line)|(8-?bit|non-?ascii) .{0,20}headers?|unwelcome|no third-?party",
     Classification::policy},
    {"polic(y|ies)|violat|not (\\S+ )?compliant|rfc ?[258]+22|duplicate header|"
     "(missing|multiple|invalid|bad|duplicate) (\\S+ )?headers?|"
     "headers? (\\S+ )?(is |are )?(missing|required|malformed|invalid|duplicate)",
     Classification::policy},
    // A program that delivers locally; what it could not do is no verdict on the address.
    {"\\bprocmail|maildrop|mailer error|command (failed|died|output)|pipe to\\b|exit (status|code)|"
     "x-unix|(can't|cannot|couldn't|could not) (create|open|write) ",
     Classification::transient},
    {"syntax|command (is |was )?(not |un)(recogni[sz]ed|implemented|known|supported)|bad sequence|"
     "protocol error|pipelining|line (is )?too long|(bare|lone|stray) (lf|cr|"
     "newline|linefeed)",
     Classification::protocol_error},
};

// Where the status tells nothing either.
constexpr WordRule kVague[] = {
    // The recipient's domain has led us to this server: it means the sender's.
    {"<domain> (does not|doesn't) exist|domain( <domain>| name)? (is |was |could |does "
     ")?(unknown|not|invalid|unresolv)|"
     "(invalid|bad|unknown|no such|unresolv\\w+) (\\S+ )?domain|"
     "(domaine|dom(i|í)nio|domein) (\\S+ )?(inconnu|inexistant|sconosciut|inesistente|desconocid|"
     "desconhecid|onbekend)",
     Classification::policy},
    // IronPort, of a recipient.
    {"^(5\\.1\\.0 )?address rejected", Classification::bad_mailbox},
    {"temporar\\w+ (\\S+ )?(reject|refus|unavail|unable|fail|defer)", Classification::transient},
    {"blocked|banned|listed|\\bgo away\\b|\\babus", Classification::spam_block},
    {"reject|denied|refus|not (be )?(accepted|allowed|permitted|authorized)|forbidden|prohibit|"
     "permission|unacceptable|cannot send|disallow|abgelehnt|verweigert|nicht (erlaubt|berechtigt)|"
     "rechazad|denegad|rifiutat|respint|recusad|geweigerd|odrzucon|отклонен|отказано|запрещ",
     Classification::policy},
};

constexpr std::string_view kOutside = "<>()[]{}\"',;:.!?*=|#-";  // around a word, never part of it

std::string_view trimmed(std::string_view word) {
  const std::size_t first = word.find_first_not_of(kOutside);
  if (first == std::string_view::npos) return {};
  return word.substr(first, word.find_last_not_of(kOutside) - first + 1);
}

bool is_link(std::string_view word) {
  return word.find("://") != std::string_view::npos || word.starts_with("www.") ||
         (word.find('/') != std::string_view::npos && word.find('.') < word.find('/'));
}

// A list of addresses to refuse mail from, by its host's name, or the page of one.
bool is_blocklist(std::string_view word) {
  static const RE2 kBlocklist(
      R"(\b(spamhaus|sorbs|spamcop|barracudacentral|uceprotect|invaluement|mailspike|surriel|)"
      R"(senderbase|senderscore|dnsbl\w*|[drsx]bl|rbl\w*|zen|ipcheck|reset-request|reputation)\b)");
  return RE2::PartialMatch(re2::StringPiece(word.data(), word.size()), kBlocklist);
}

// What stands for a name; empty for an ordinary word.
std::string_view stand_in(std::string_view word) {
  static const RE2 kIp(R"(\d{1,3}(?:\.\d{1,3}){3}|[0-9a-f]*:[0-9a-f:]*:[0-9a-f:]+)");
  static const RE2 kDomain(R"((?:[a-z0-9_-]+\.)+[a-z][a-z0-9-]*[a-z0-9])");
  const re2::StringPiece piece(word.data(), word.size());
  if (word.find('@') != std::string_view::npos) return "<address>";
  if (RE2::FullMatch(piece, kIp)) return "<ip>";
  // Exchange's names of what went wrong look like domains: "resolver.rst.notauthorized".
  static const RE2 kExchange(
      R"((?:resolver\.[a-z]{3}|storedrv|transport\.rules|smtpsend|queue\.expired)\b.*|)"
      R"([a-z]*exception[a-z.]*)");
  if (RE2::FullMatch(piece, kExchange)) return {};
  const bool is_domain = RE2::FullMatch(piece, kDomain);
  if (!is_domain && !is_link(word)) return {};
  if (is_blocklist(word)) return "<blocklist>";
  return is_domain ? "<domain>" : "<link>";
}

}  // namespace

std::string plain_words(std::string_view text) {
  std::string read(text.substr(0, kMaxText));
  std::transform(read.begin(), read.end(), read.begin(), to_lower);
  constexpr std::string_view kSpaces = " \t\r\n<>()[]\",;";
  std::string plain;
  std::size_t at = 0;
  while ((at = read.find_first_not_of(kSpaces, at)) != std::string::npos) {
    std::size_t end = std::min(read.find_first_of(kSpaces, at), read.size());
    // "user@example.com:blocked", "taken:mailbox": two words; a link and an IPv6 address are one.
    const std::size_t colon = std::string_view(read).substr(at, end - at).find(':');
    if (colon != std::string::npos && colon > 0 && !is_link(trimmed(read.substr(at, end - at))) &&
        stand_in(trimmed(read.substr(at, end - at))) != "<ip>") {
      end = at + colon + 1;
    }
    const std::string_view word = trimmed(std::string_view(read).substr(at, end - at));
    at = end;
    if (word.empty()) continue;
    const std::string_view name = stand_in(word);
    if (!plain.empty()) plain += ' ';
    plain += name.empty() ? word : name;
  }
  return plain;
}

std::optional<Classification> class_by_certain_words(std::string_view plain) {
  static const WordRules kRules(kCertain);
  return kRules.find(plain);
}

std::optional<Classification> class_by_vague_words(std::string_view plain) {
  static const WordRules kRules(kVague);
  return kRules.find(plain);
}

bool speaks_of_leave(std::string_view plain) {
  static const RE2 kLeave(
      R"(\b(?:blocked|banned|denied|forbidden|prohibited|permission|unauthori[sz]ed|disallowed|)"
      R"(not (?:be )?(?:allowed|permitted|authori[sz]ed)|cannot send)\b)");
  return RE2::PartialMatch(re2::StringPiece(plain.data(), plain.size()), kLeave);
}

bool tells_passing_trouble(std::string_view plain) {
  static const RE2 kPassing(
      R"(\btemporar|(?:try|retry|again) (?:later|in [0-9])|at this time|unverified|servfail|)"
      R"((?:not|n't|unable to|failed to|cannot) (?:be )?verif|verification (?:\S+ )?(?:fail|err|tim)|)"
      R"(call-?out|timed? ?out|(?:user|recipient|address) lookup (?:\S+ )?(?:fail|err)|)"
      R"((?:ldap|database|directory|backend) (?:\S+ ){0,2}(?:fail|err|unavail|not available|down)|)"
      R"((?:dns|name) ?server (?:\S+ )?(?:fail|err|unavail|not respon)|)"
      R"((?:internal|system|local|configuration) (?:\S+ )?(?:error|problem))");
  return RE2::PartialMatch(re2::StringPiece(plain.data(), plain.size()), kPassing);
}

bool speaks_of_closing(std::string_view plain) {
  static const RE2 kClosing(
      R"(\b(?:suspen|disabl|deactiv|inactiv|not active|discontinu|expired|terminated|locked|frozen|)"
      R"(dormant|restrict|closed|on hold|not (?:currently )?(?:accept|receiv)ing))");
  return RE2::PartialMatch(re2::StringPiece(plain.data(), plain.size()), kClosing);
}

}  // namespace posthaste
