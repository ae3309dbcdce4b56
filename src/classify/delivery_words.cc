#include "classify/delivery_words.h"

#include "classify/foreign_words.h"
#include "classify/word_rules.h"

namespace posthaste {
namespace {

// The first that matches decides.
constexpr WordRule kRules[] = {
    {"quota|(mailbox|mail box|folder|disk|account|user|inbox) (\\S+ ){0,3}(full|exceeds? "
     "allowed)|(mailbox|mail box|inbox|storage)\\b.{0,25} (limit|exceed)|space not enough|"
     "not enough (\\S+ )?space|overdrawn|mailfolder is full|no (more )?room\\b",
     Classification::mailbox_full},
    {"unknown mailer error|command (died|failed|line usage)|exit(ed)? (with )?(status|code)|"
     "child status|write error|broken pipe",
     Classification::transient},
    {"retry time ?(out|not reached)|retry timeout exceeded|all .{0,40}failing for a long time|"
     "for the last [0-9]+|envelope expired|message expired",
     Classification::transient},
    {"not found,? try again|temporar(y|ily) (lookup|dns|name|resolution)|dns (server )?(time|soft)",
     Classification::bad_connection},
    {"nxdomain|domain name not found", Classification::bad_domain},
    {"(user|recipient|addressee|the) name (is |was |could )?not (be )?(found|recogni[sz]ed)",
     Classification::bad_mailbox},
    {"name service error|(host|domain|system|server|machine)( name)?(/domain)? (\\S+ "
     "){0,3}?(unknown|not found|"
     "not exist|does not exist|non-?existent|lookup failed|not be found|unresolv)|unknown "
     "(host|domain|mail host|destination)|no such (host|domain)|bad (host|domain)|"
     "(cannot|can't|could not|unable to) (find|resolve|locate) (\\S+ ){0,3}(host|domain|"
     "address|mx|gateway|<domain>|route)|dns lookup failure|unrout|no (mx|route|mail "
     "exchanger)|no (valid|usable|suitable|working) (mx|dns|mail) |invalid (host|domain)|"
     "(mx|dns) (record|host|server)s? (\\S+ ){0,4}(not exist|non-?existent|invalid|missing)|"
     "non-?existent (host|domain|server)",
     Classification::bad_domain},
    {"(user|mailbox|account|userid|recipient|receiver|address|addressee)( name| address| id)? "
     "(\\S+ ){0,3}?(not exist|not found|not known|unknown|unrecognized|wrong|misspelled|"
     "not recognized|ambiguous|not matched|not unique|not listed)|unknown (user|recipient|"
     "mailbox|userid|addressee|local part|local-part)|no such (user|mailbox|person|recipient)|"
     "invalid (final delivery )?(userid|user|recipient|receiver|mailbox)|no valid recipients|"
     "recipient not found|unknown address|bad (destination )?(mailbox|address|recipient)|"
     "not a (known|valid) (user|recipient|mailbox)|name not found|not in (the )?(directory|"
     "address ?book)|no longer valid|not an? [\\S]+ (e-?mail )?users?|unable to (find|locate) "
     "(the )?(user|recipient|mailbox)|does ?n[o']t have (an? )?(\\S+ )?account",
     Classification::bad_mailbox},
    {"(account|mailbox|user) (\\S+ ){0,3}(disabled|discontinued|suspended|inactive|closed|"
     "deactivated|locked)",
     Classification::inactive_mailbox},
    {"null mx|(host|domain)(/domain)? (\\S+ )?does not accept mail|domain (name )?does not accept",
     Classification::no_mx},
    {"loops? back to|mail loop|too many hops|routing loop|too many received|config error",
     Classification::routing},
    {"timed? ?out|connection (was |is )?(timed? "
     "?out|refused|reset|dropped|lost|closed|failed|broken|died)|"
     "conversation with|timed? ?out (while|during|waiting)|(could not|couldn't|unable to|can ?not|"
     "can't|failed to|wasn't able to|not able to) (\\S+ )?(connect|establish|contact|reach)|"
     "network (is )?unreachable|no route to|host (is )?(unreachable|down|not responding)|"
     "(not|no) (respond|response|answer)|unexpected(ly)? (dis)?connect|read error|broken pipe|"
     "requests? to connect|socket error|temporar(y|ily) (lookup|dns|name|resolution)|(dns|name) "
     "(server )?(lookup )?(time|server "
     "fail|soft)|not found try again|"
     "keine verbindung|delivery time ?out|zeit(ü|ue)berschreitung|接続できません|応答がありません",
     Classification::bad_connection},
    {"envelope expired|^expired|failed [0-9]+ "
     "attempts|\\b(retry|delivery|queue|message|mail|maximum|attempts?)\\b.{0,30}(time-?out|"
     "expired|"
     "exceeded|"
     "too long|too old|lifetime)|giving up|given up|in (the )?queue (too|for)|has expired|"
     "for the last [0-9]+|attempts?( to deliver)? (failed|exceeded)|undelivered for|"
     "aborted after|for more than [0-9]+|not (yet )?(been )?delivered (after|within|for)|"
     "could not be delivered (for|within)|delayed",
     Classification::transient},
    {"too (large|big|long)|size limit|exceeds? .{0,30}(size|length)",
     Classification::message_too_large},
    {"virus|infected", Classification::virus},
    {"spam|junk|junkmail", Classification::spam_content},
    {""
     "(internal|local|system|processing|configuration) error",
     Classification::transient},
};

}  // namespace

std::optional<Classification> class_by_delivery_words(std::string_view plain) {
  static const WordRules kWords(kRules);
  const auto foreign = class_by_foreign_words(plain);
  return foreign ? foreign : kWords.find(plain);
}

}  // namespace posthaste
