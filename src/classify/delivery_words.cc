#include "classify/delivery_words.h"

#include "classify/word_rules.h"

namespace posthaste {
namespace {

// The first that matches decides. Words of other languages stand as UTF-8.
constexpr WordRule kRules[] = {
    {"quota|(mailbox|mail box|folder|disk|account|user|inbox) (\\S+ ){0,3}(full|exceeds? "
     "allowed)|満杯|容量|いっぱい|ist voll|voll\\b|pleine?\\b|llen[oa]\\b|piena\\b|переполнен|已满|"
     "space not enough|not enough space|overdrawn|mailfolder is full|caixa (postal "
     ")?cheia|\\bcheia\\b|buzón lleno",
     Classification::mailbox_full},
    // In the language of the reader, but always signed so: no permission, or no such group.
    {"google groups|groupes google|google グループ", Classification::policy},
    {"受信拒否|拒否設定|指定受信", Classification::policy},
    // The sender, in other languages.
    {"(absender|exp(é|e)diteur|mittente|remitente|remetente|afzender|nadawc|отправител|发件人|"
     "寄件人|"
     "送信者|差出人)\\S*.{0,40}(unbekannt|existiert|abgelehnt|inconnu|existe|refus|rejet|"
     "sconosciut|esiste|"
     "rifiutat|desconocid|rechaz|desconhecid|recusad|onbekend|geweigerd|nieznan|неизвест|не "
     "существует|отклон|不存在|拒)",
     Classification::policy},
    {"(domain|dom(ä|ae)ne|domaine|dom(i|í)nio|domein|домен|域名|ドメイン)\\S*.{0,20}(unbekannt|"
     "existiert "
     "nicht|inconnu|n'existe|introuvable|sconosciut|inesistente|non esiste|desconocid|no "
     "existe|desconhecid|não existe|onbekend|неизвест|не найден|не существует|不存在|存在しません)",
     Classification::bad_domain},
    {"unknown mailer error|command (died|failed|line usage)|exit(ed)? (with )?(status|code)|"
     "child status|write error|broken pipe",
     Classification::transient},
    {"retry time ?(out|not reached)|retry timeout exceeded|all .{0,40}failing for a long time|"
     "for the last [0-9]+|envelope expired|message expired",
     Classification::transient},
    {"not found,? try again|temporar(y|ily) (lookup|dns|name|resolution)|dns (server )?(time|soft)",
     Classification::bad_connection},
    {"nxdomain|domain name not found", Classification::bad_domain},
    {"name service error|(host|domain|system|server|machine)( name)?(/domain)? (\\S+ "
     "){0,3}?(unknown|not found|"
     "not exist|does not exist|non-?existent|lookup failed|not be found|unresolv)|unknown "
     "(host|domain|mail host|destination)|no such (host|domain)|bad (host|domain)|"
     "(cannot|can't|could not|unable to) (find|resolve|locate) (\\S+ ){0,3}(host|domain|"
     "address|mx|gateway|<domain>|route)|dns lookup failure|unrout|no (mx|route|mail "
     "exchanger)|invalid (host|domain)",
     Classification::bad_domain},
    {"(user|mailbox|account|userid|recipient|receiver|address|addressee)( name| address| id)? "
     "(\\S+ ){0,3}?(not exist|not found|not known|unknown|unrecognized|wrong|misspelled|"
     "not recognized|ambiguous|not matched|not unique|not listed)|unknown (user|recipient|"
     "mailbox|userid|addressee|local part|local-part)|no such (user|mailbox|person|recipient)|"
     "invalid (final delivery )?(userid|user|recipient|receiver|mailbox)|no valid recipients|"
     "recipient not found|unknown address|bad (destination )?(mailbox|address|recipient)|"
     "not a (known|valid) (user|recipient|mailbox)|name not found|not in (the )?(directory|"
     "address ?book)|no longer valid|not an? [\\S]+ (e-?mail )?users?|unable to (find|locate) "
     "(the )?(user|recipient|mailbox)|does ?n[o']t have (an? )?(\\S+ )?account|"
     "ユーザー?が存在しません|宛先不明|存在しない|見つかりません|リストにありません|"
     "ist unbekannt|unbekannter? (benutzer|nutzer|empf|adresse|postfach)|nicht gefunden|existiert "
     "nicht|(benutzer|nutzer|empf(ä|ae)nger|adresse|postfach)\\S* (\\S+ ){0,3}(unbekannt|nicht "
     "(bekannt|vorhanden))|"
     "introuvable|inconnue?\\b|n'existe pas|"
     "desconocid[oa]|no existe|no se (ha )?encontr|sconosciut[oa]|inesistente|non (esiste|trovato)|"
     "не существует|нет такого|не найден|неизвест|não existe|desconhecid|nie istnieje|onbekend|"
     "不存在|无此用户|用户不存在",
     Classification::bad_mailbox},
    {"(account|mailbox|user) (\\S+ ){0,3}(disabled|discontinued|suspended|inactive|closed|"
     "deactivated|locked)|заблокирован|deaktiviert",
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
     "attempts|(retry|delivery|queue|message|mail|maximum|attempt).{0,30}(time-?out|expired|"
     "exceeded|"
     "too long|too old|lifetime)|giving up|given up|in (the )?queue (too|for)|has expired|"
     "for the last [0-9]+|attempts?( to deliver)? (failed|exceeded)|undelivered for|"
     "aborted after|for more than [0-9]+|not (yet )?(been )?delivered (after|within|for)|"
     "could not be delivered (for|within)|delayed",
     Classification::transient},
    {"too (large|big|long)|size limit|exceeds? .{0,30}(size|length)|zu gro|サイズ",
     Classification::message_too_large},
    {"virus|infected", Classification::virus},
    {"spam|junk|junkmail|迷惑メール|垃圾邮件|垃圾郵件", Classification::spam_content},
    {""
     "(internal|local|system|processing|configuration) error",
     Classification::transient},
};

}  // namespace

std::optional<Classification> class_by_delivery_words(std::string_view plain) {
  static const WordRules kWords(kRules);
  return kWords.find(plain);
}

}  // namespace posthaste
