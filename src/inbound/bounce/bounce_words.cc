#include "inbound/bounce/bounce_words.h"

#include <re2/set.h>

#include <iterator>
#include <memory>
#include <string>

namespace posthaste {
namespace {

// Where words stand without spaces between them, an address stands right beside them: Han, kana and
// Hangul are of one only where all of its local part, or of a label, is written so. Their
// punctuation never is, nor are quotation marks.
constexpr const char* kAddress =
    R"(((?:"[^"\s]{1,64}"|)"
    R"([^\s<>()\[\]"',;:@\\|*\x{a0}\x{ab}\x{bb}\x{2000}-\x{206f}\x{2e80}-\x{d7af}\x{f900}-\x{ffef}])"
    R"([^\s<>()\[\]",;:@\\|*\x{a0}\x{ab}\x{bb}\x{2000}-\x{206f}\x{2e80}-\x{d7af}\x{f900}-\x{ffef}]{0,63}|)"
    R"([\x{3040}-\x{9fff}\x{ac00}-\x{d7af}]{1,64})@)"
    R"((?:(?:[a-z0-9_\x{c0}-\x{1fff}\x{3040}-\x{9fff}\x{ac00}-\x{d7af}-]{1,63}\.)+)"
    R"((?:[a-z][a-z0-9-]{1,62}|[\x{c0}-\x{1fff}\x{3040}-\x{9fff}\x{ac00}-\x{d7af}]{2,62})|)"
    R"(\[[0-9a-f.:]{3,60}\])))";

// Addresses follow, on lines of their own.
constexpr const char*
    kLeads[] =
        {
            // English.
            R"((could|can|was|were|did|has|have|is|are|does) ?(not|n't|un) ?(able to )?(be |been |yet )?(deliver|reach|sent|forward|process)\w* .{0,60}(recipient|address|user|person|people|destination|following|mailbox))",
            R"(cannot be (delivered|sent|reached) (to )?.{0,40}(recipient|address|following|user|destination)|(unable|failed|failure|not able|wasn't able|impossible) (to|in) (deliver|send|reach|forward|transmit)\w*.{0,60}(recipient|address|user|following|destination))",
            R"(following (\S+ ){0,3}(recipient|address|user|destination|mailbox|e-?mail|person|people)\S*( address\S*)? .{0,50}(fail|could not|were not|was not|undeliver|problem|error|reject|bounce|reach|cannot|not be|invalid|refus|delay|not yet|deliver))",
            R"(following (\S+ ){0,3}(recipient|address|user|destination|mailbox)\S* had|(deliver|delev)\w+ (to|of|for) (the |this |these |your )?(\S+ ){0,5}(recipient|address|user|destination)\S* .{0,40}(fail|delay|abort|not|problem|unsuccess))",
            R"((delivery|attempt).{0,40} (to|for) the following (\S+ ){0,3}(recipient|address|user|destination)\S*)",
            R"((failed|failing|bad|invalid|rejected|unknown|undeliverable) (recipient|address|addressee|user|mailbox)(es|s)?( follow\w*)?( ?:|-{3}))",
            R"((permanent fatal|fatal|delivery|transient non-fatal|transient|session|unresolvable) errors? ?-{3}|delivery problems? ?-{3}|delivery notifications? ?-{3}|(non-?delivery|failure) (report|reasons?|notice) ?-{3})",
            R"(did not reach the following|not reach (some|any) (or all )?of (the|your)|have not (yet )?received your|(recipients?|address(es)?) (that )?(failed|could not be reached|were not reached|was not reached))",
            R"((addresses?|recipients?) (to which|that|which|where) .{0,60}(not|fail|undeliver|reject|problem).{0,40}(:|is|are))",
            R"(for the following (list of )?(reason|recipient|address)\S*|(undeliverable|undelivered|returned|failed) (mail |message )?(to|for)( the following)?( recipient| address)?\S* ?:|problem with the (e-?mail )?address|verify the address|to the following address)",
            R"(message was not delivered to|(mail|message) (to|for) the following|not (be )?delivered to( the following| ?:)|this message (was )?(undeliverable|could not be)|(below|listed) (could|were|was|can) ?not)",
            R"(following (\S+ ){0,2}(could|can|was|were|has|have|had|did) ?(not|n't)\b)",
            // German, French, Spanish, Italian, Portuguese, Dutch, Swedish, Polish.
            R"((empf(ä|ae)nger|adress|nachricht|e-?mail|mail|zustell)\S*.{0,80}(nicht (zugestellt|ausgeliefert|erreich|gesendet|übermittelt)|fehlgeschlagen|unzustellbar|nicht (oder|m(ö|oe)glich)))",
            R"((fehler|problem).{0,30}(zustell|auslieferung|übermitt).{0,60})",
            R"((n'a pas pu|n'ont pas pu|impossible de|n'a pu|échec|pas (encore )?(été|pu être)) .{0,60}(remis|remettre|livr|distribu|envoy|achemin|remise|destinataire|adresse)\w*)",
            R"((no (se (ha|han|pudo|puede|pueden|pudieron)|(ha|han) (podido|sido)|pudo|puede|fue|fueron)|imposible|error al) .{0,60}(entreg|envi|destinat|direcci)\w*)",
            R"((non (è|e'|é|sono) stat[oaie] (possibile )?|non (si )?(è|e'|é|può|puo'?|possono|ha) (potut[oa] |possibile |riuscit[oa] )?|impossibile|mancat[ao]|fallit[oa]|errore (nel|di|dur)\S*|problem[ai] (nel|di|dur)\S*) ?.{0,60}(consegn|recapit|invi[oa]|inoltr|spedi|raggiung|destinatar|indirizz)\w*)",
            R"((messaggio|mail|posta|consegna|recapito|destinatar\S+|indirizz\S+) .{0,60}(non (è|e'|é|sono) (stat[oaie] )?(riuscit|consegnat|recapitat|inoltrat|inviat|valid|raggiung|accettat)\w*|(è|e'|é|sono) (stat[oaie] )?(fallit|respint|rifiutat|restituit)[oaie]))",
            R"((não (foi|pôde|pode|é)|nao (foi|pode)|falha n[ao]) .{0,60}(entreg|envi|destinat|endere)\w*)",
            R"((kon|kan|kunnen|konden|is) niet .{0,60}(bezorg|aflever|afgelever|verzonden|geadresseerde)\w*|(kunde|kan|kunne|ble|blev|har|er) (inte|ikke|ej) .{0,40}(lever|skick|send|nå)\w*|nie (mo(ż|z)na|uda(ł|l)o si(ę|e)|zosta(ł|l)[ayo]?|mog(ł|l)a) .{0,60}(dostarcz|dor(ę|e)cz)\w*)",
            // Czech, Slovak, Hungarian, Turkish, Greek, Romanian, Finnish.
            R"((nebyl|nelze|nepoda(ř|r)ilo|nebol|nemohl|nemo(ž|z)no)\S* .{0,60}(doru(č|c)|odesl|poslat)\S*|nem (sikerült|lehet|tudtuk|volt|lett) .{0,60}(kézbesít|elküld|továbbít)\S*|(teslim|gönder|ilet)\S* ?(edil[ei]m[ei]|[ei]l[ei]m[ei])\S*|δεν (ήταν|μπόρεσε|μπορεί|παραδόθηκε)|αποτυχία (παράδοσης|αποστολής)|nu (a|s-a) (putut|fost) .{0,40}(livra|trimi|expedi)\S*|(ei voitu|ei voida|ei onnistunut) .{0,40}(toimit|lähet)\S*)",
            // Russian, Ukrainian, Japanese, Chinese, Korean, Arabic, Hebrew, Vietnamese,
            // Indonesian.
            R"(не (може бути|вдалося|було) .{0,60}(достав|надісл|отримув|адрес)\S*|(تعذر|فشل|لم يتم) .{0,30}(تسليم|إرسال)|(לא ניתן|נכשל\S*) .{0,30}(למסור|מסיר|לשלוח)\S*|không (thể|được) .{0,40}(gửi|phân phối|chuyển)\S*|tidak (dapat|bisa) .{0,40}(dikirim|terkirim|disampaikan))",
            R"(не (может быть|был[аои]?|удалось|удаётся|удается|доставлен\S*) .{0,60}(доставл|отправ|получател|адрес)\S*|недоставлен)",
            R"(送信(に失敗|できません|することができ|が失敗)|配信(でき|に失敗|不能|エラー)|配送(でき|に失敗)|届(け|き)(られ)?ませんでした|送り?届け|エラー.{0,20}返|次の(宛先|あて先|アドレス)|以下の(メール)?(アドレス|宛先|あて先))",
            R"(无法(投递|送达|发送|传送)|(投递|发送|传送|递送)失败|退信|無法(投遞|送達|傳送|寄達|遞送)|未能(送达|投递|送達)|전송(하지|되지|할 수)|배달(되지|할 수|하지)|반송)",
};

// The address stands in the phrase.
constexpr const char* kWithAddress[] = {
    // Group 1 of each is an address; %A stands for it.
    R"((?:deliver|delivering|delivery of|sending|send|forwarding|forward)(?:ed)? (?:of )?(?:your |this |the |a |an |my )?(?:e-?mail |mail |message |above |following )*(?:message |mail )?(?:to|for)(?: the)?(?: following)?(?: address| recipient| user| mailbox)?:? ?["'<(\[]*%A)",
    R"((?:message|mail|e-?mail|letter)(?: you)?(?: was| that was| which was)?(?: sent)?(?: addressed)? (?:to|for):? (?:the )?(?:address |recipient |user )?["'<(\[]*%A[>"')\]]*[,:]? (?:could|can|would|was|were|has|is|did|failed|cannot|couldn't|wasn't))",
    R"((?:delivery|attempt)\S*(?: of your message| of the message| of mail)? (?:to|for)(?: the)?(?: following)?(?: recipients?| address(?:es)?| user)?:? ?["'<(\[]*%A[>"')\]]*:? ?(?:fail|has|was|could|is|did|\(|ended|abort))",
    R"(delivery (?:failed|failure|error)[^:]{0,40}: ?["'<(\[]*%A)",
    R"((?:unknown|invalid|no such|undeliverable|unrouteable|unresolvable|bad|nonexistent|inactive|illegal|incorrect|rejected|failed|intended|unreachable)(?: local| final| delivery| destination| e-?mail| mail)*(?: user| ?userid| recipient| address| addressee| mailbox| account| person)(?: name| id| address)?(?:es|s)?(?: is| was)?:? ?["'<(\[]*%A)",
    R"((?:user|recipient|addressee|address|mailbox|account|e-?mail|destinatario|destinataire|empf(?:ä|ae)nger|benutzer|usuario)(?: address| name)?:? ?["'<(\[]*(?:smtp:|rfc822;)?%A[>"')\]]*:? (?:is |was |has |does |could |can |are |not |n't |un|no |in|fail|reject|exceed|over|full|on |which|that|existiert|n'existe|no existe|ist ))",
    R"(["'<(\[]*%A[>"')\]]*:? (?:is |was |has |does |did |could |can |would )?(?:not |n't |un|no |exceed|over |full)(?:known|exist|found|deliver|receiv|reach|valid|such|longer|user|mailbox|account|accept|a valid|an? active|recogni|available|authori|ed |s |his|her|their|the|quota|$))",
    R"(["'<(\[]*%A[>"')\]]* ?(?:\.{3}|:| -|\() ?(?:no such|unknown|user|mailbox|invalid|host|recipient|address|account|not |over|quota|does|domain|relay|reject|fail|message|delivery|[45][0-9]{2}|[45]\.[0-9]\.[0-9]))",
    R"((?:messaggio|mail|posta|consegna)(?: \S+){0,4} (?:a|per|verso|all'indirizzo|al destinatario|all'utente):? ["'<(\[]*%A)",
    R"((?:indirizzo|destinatario|utente|casella|direcci(?:ó|o)n|adresse|endere(?:ç|c)o|adres)(?: \S+){0,3}:? ["'<(\[]*%A[>"')\]]*:? (?:non |è |e' |no |n'|nicht |ist |inesist|sconosc|inconn|desconoc|desconhec|unbek|niet |não |nao |risulta ))",
    R"((?:sent|addressed|delivered|mailed|forwarded) to:? ?["'<(\[]*%A[>"')\]]* (?:\S+ ){0,6}(?:not|fail|undeliver|reject|return|bounc|unknown|because|invalid))",
    R"((?:generated|expanded|forwarded) (?:from|by):? ?["'<(\[]*%A)",
    R"((?:could|can|was|were) ?(?:not|n't) (?:be )?(?:deliver|sen|reach)\w* (?:to|for):? ?["'<(\[]*%A)",
    R"(rcpt to ?:\s*["'<(\[]*%A)",
    R"((?:(?:member|subscriber)s? of|post(?:ing|s)? to|(?:mail|messages?|posts?|article) to)(?: the| this| your)?(?: mailing)?(?: list| group)?:? ["'<(\[]*%A)",
    R"((?:reach|find|locate|contact|resolve|route) (?:the )?(?:user |recipient |address |mailbox )?(?:at |for )?["'<(\[]*%A)",
};

constexpr const char* kOriginals[] = {
    R"(^[\s>*|#=_<~-]*(?:(?:this|here|below|attached|the|a|an|start of|begin(?:ning)? of|following|copy|is|of|your|their|his|line|first|part|remaining|full|transcript|lines|follows?|with|and|all|in) ){0,9})"
    R"((?:original|returned|undelivered|undeliverable|unsent|forwarded|source|bounced|rejected|failed|)"
    R"(included|unmodified|offending)[ -](?:messages?|mail|headers?|text|body|copy|contents?|e-?mail))"
    R"((?:[ -](?:is|are|was|follows?|following|below|attached|included|including|all|begins?|starts?|here|the|beneath|enclosed|in|as|an|attachment|headers?|with|first|[0-9]+|lines|bytes|kb|of|message|text|only|return|returned|separate|part|to|you|up|beginning|original|body|mail))*[\s.:,;)>*|#=_~-]*$)",
    R"(^[\s>*|#=_<~-]*(?:(?:this|here|below|attached|the|a|an|start of|begin(?:ning)? of|following|copy|is|of|your|their|his|line|first|part|remaining|full|transcript|lines|follows?|with|and|all|in) ){0,9}(?:message|mail) (?:headers?|text|body|copy|contents?)(?:[ -](?:is|are|was|follows?|following|below|attached|included|including|all|begins?|starts?|here|the|beneath|enclosed|in|as|an|attachment|headers?|with|first|[0-9]+|lines|bytes|kb|of|message|text|only|return|returned|separate|part|to|you|up|beginning|original|body|mail))*[\s.:,;)>*|#=_~-]*$)",
    R"(^[\s>*|#=_<~-]*(?:your|the|this|a copy of your|a copy of the) (?:message|mail|e-?mail) (?:is |was )?(?:follows|attached|included|below|returned below|enclosed|returned)[\s.:,;)>*|#=_~-]*$)",
    R"(below this line is (?:a|the)|this is a copy of (?:the|your)|--- ?(?:original message|below|forwarded|returned|attachment is|undelivered)|(?:original|returned) (?:message|mail) follows|message headers? follow|copy of the message(?:,|:|\.| follows)|here is a copy|unsent message below|-{3,} ?(?:this is )?(?:the )?(?:first \d+ lines|message header|header of|returned mail|unsent|your original|body of|copy))",
    R"(^[\s>*-]*(?:(?:der |die )?(?:header|kopfzeilen?) (?:der|ihrer)|(?:die |ihre )?ursprüngliche (?:nachricht|mail)|originalnachricht|(?:en-?têtes?|entete) (?:du|de)|kopie der|die originalnachricht|le message (?:d'origine|original)|message (?:d'origine|original)|mensaje original|messaggio originale|mensagem original|oorspronkelijk bericht|исходное (?:сообщение|письмо)|копия|元のメール|オリジナル|原文|原邮件|原始邮件|原信|원본|원래 메|původní|oryginaln|eredeti|original-?nachricht)[^@]{0,60}$)",
    R"(^\|?-{4,}[^a-z]{0,6}(?:message text|original|message header|header|unsent|returned|forwarded|undelivered|copy)[^@]{0,50}$|^-{3,} ?(?:header|message|text) (?:of|header|text|follow)[^@]{0,50}$)",
};

template <std::size_t N>
std::vector<std::unique_ptr<const RE2>> compile(const char* const (&patterns)[N]) {
  std::vector<std::unique_ptr<const RE2>> compiled;
  for (std::string pattern : patterns) {
    const std::size_t place = pattern.find("%A");
    if (place != std::string::npos) pattern.replace(place, 2, kAddress);
    compiled.push_back(std::make_unique<const RE2>(pattern, text_options()));
  }
  return compiled;
}

bool matches(std::string_view text, const RE2& pattern) {
  return RE2::PartialMatch(piece(text), pattern);
}

}  // namespace

RE2::Options text_options() {
  RE2::Options options;
  options.set_case_sensitive(false);
  options.set_max_mem(32 << 20);
  return options;
}

const char* const kAddressPattern = kAddress;

const std::vector<std::unique_ptr<const RE2>>& failure_leads() {
  static const auto kCompiled = compile(kLeads);
  return kCompiled;
}

const std::vector<std::unique_ptr<const RE2>>& failures_with_address() {
  static const auto kCompiled = compile(kWithAddress);
  return kCompiled;
}

bool tells_refusal(std::string_view text) {
  static const RE2 kPattern(
      R"((?:message|mail|e-?mail|letter)\b.{0,200}\b(?:was|were|is|has been|have been) )"
      R"((?:blocked|rejected|refused|bounced|quarantined|dropped|discarded|undeliverable|returned|)"
      R"(not (?:been )?delivered)\b)",
      text_options());
  return matches(text, kPattern);
}

bool tells_list_refusal(std::string_view text) {
  static const RE2 kPattern(
      R"(\byou(?: are|'re) not an? (?:\S+ )?(?:member|subscriber)|)"
      R"(\byou(?: are|'re) not (?:allowed|authori[sz]ed|permitted|entitled) to (?:post|send|submit)|)"
      R"(\byour (?:post|article|message|mail|submission)\b.{0,80} (?:is|was|has been) )"
      R"((?:automatically )?(?:rejected|refused|ignored|not (?:delivered|distributed|accepted))|)"
      R"(\bnot member article|\b(?:reject\w*|ignored|illegal|unauthori[sz]ed) )"
      R"((?:\S+ )?(?:mail|article|post|posting|message) (?:to|from)\b|)"
      R"(\b(?:posting|request) (?:of|to|for) .{0,80} rejected\b)",
      text_options());
  return matches(text, kPattern);
}

bool is_list_manager(std::string_view from) {
  static const RE2 kPattern(R"(-(?:admin|owner|request|bounces|help|ctl)@|(?:owner|request)-\S+@|)"
                            R"(\b(?:listserv|majordomo|sympa|mailman|listmaster|lyris|fml)\b\S*@)",
                            text_options());
  return matches(from, kPattern);
}

bool begins_original(std::string_view line) {
  constexpr std::size_t kMaxLine = 200;
  static const auto kCompiled = compile(kOriginals);
  if (line.size() > kMaxLine) return false;
  for (const auto& pattern : kCompiled) {
    if (matches(line, *pattern)) return true;
  }
  return false;
}

bool is_bounce_subject(std::string_view subject) {
  static const RE2 kPattern(
      R"(undeliver|deliver|failure|failed|returned|bounce|non[- ]?remis|unzustellbar|zustell|rejected|could not|cannot|can't|unable|status notif|mail error|error|unknown|problem|undeliv|not sent|warning|delay|nicht|échec|notification d'état|non distribu|no se (?:ha|pudo)|mancat|impossib|falha|недостав|не доставл|не может|エラー|届|配信|失敗|戻|送信|退信|退件|無法|无法|系统|반송|nondelivery|user mail|nicht zu|notice|mail system|blocked|consegn|recapit|retard|verzög|atras|ritard|vertraag|försen|forsink|opóźn|задерж|遅延|延|bezorg|afgelever|onbestel|dostarcz|doruč|kézbesít|teslim|iletil|gönderil|lever|olever|toimit|παράδο|παραδ|devuel|devolv|entreg|retour|rejet|отказ|возвра|ошибк|достав|zurück|zwrot|退|遞|递|返|실패|오류|전송|فشل|تعذر|נכשל|thất bại|gagal)",
      text_options());
  return matches(subject, kPattern);
}

bool is_machine_subject(std::string_view subject) {
  static const RE2 kPattern(
      R"(^\W*(?:fwd?: |re: )?(?:non-?deliver|undeliver|unzustellbar|non remis|returned mail|)"
      R"(mail (?:delivery|could not|failed|error|system)|failure notice|)"
      R"(delivery (?:fail|status|notif|report|error)|message (?:undeliver|could not|not deliver)))",
      text_options());
  return matches(subject, kPattern);
}

bool speaks_of_mail(std::string_view text) {
  static const RE2 kPattern(
      R"(mail|messag|nachricht|mensaje|correo|wiadomo|письм|сообщен|メール|メッセージ|邮件|郵件|메일)",
      text_options());
  return matches(text, kPattern);
}

bool is_daemon(std::string_view from) {
  static const RE2 kPattern(
      R"(mailer[-_. ]?d(?:a?emon)|mail[-_. ]?daemon|post[-_ ]?master|mdaemon|system administrator|mail(?:er)? (?:delivery|administrator|system|router|admin)|delivery (?:system|subsystem|service|status)|^\s*<>|<>\s*$|^\s*$|mailadm|mail[-_]?system|bounces?[-_@.]|non[-_]?delivery|internet mail|imss@|mail gateway|majordomo|autoreply|auto-?notif|system[-_ ]?(?:notif|mail)|@bounce|mail@|administrator|smtp|exchange|microsoft ?exchange|notif)",
      text_options());
  return matches(from, kPattern);
}

bool tells_delay(std::string_view text) {
  static const RE2 kDelay(
      R"(warning message only|(?:is|was|has been|been|being|mail|message|delivery|status notification|will be|notice|warning)[:( ]{1,3}delay|delayed|not yet (?:been )?(?:deliver|sent|receiv)|not been delivered (?:yet|after|within|to all)|still undelivered|(?:will|shall) (?:continue|keep|be) (?:to )?(?:try|retr|attempt)|(?:still|keep) (?:be )?try|will be retried|will retry|retry(?:ing)? for|no need to (?:resend|retransmit)|not need to (?:resend|retransmit)|could not send message for past|no action is required|attempts will continue|queued for|wird weiter|verzögert|(?:noch|bisher) nicht (?:zu|aus)gestellt|(?:weiterhin|erneut) versucht|retardé|(?:sera|seront) r(?:é|e)essay|nouvelles? tentatives? (?:ser|aur)|retrasad|se (?:volver(?:á|a) a|seguir(?:á|a)) intent|se reintentar|ritardo|ritardat|verr(?:à|a') ritentat|atrasad|(?:ser(?:á|ão)|vamos) tentad|vertraagd|opnieuw (?:geprobeerd|proberen)|försenad|forsinket|opóźnion|zpožděn|задерж|(?:ещё|еще) не доставлен|попытки .{0,40}(?:продолж|повтор)|遅延|再送(?:を|し)|延迟|延遲|将重试|지연)",
      text_options());
  static const RE2 kOver(
      R"(permanent|giving up|given up|gave up|will not be retried|no further|not (?:going to )?try again|has failed|undeliverable|delivery failed|returned to sender|returning message|final|aborted|returned mail|stopped trying|fatal errors|will not (?:continue|retry|be re)|endg(?:ü|ue)ltig|dauerhaft|définiti|definitiv|окончательн|больше не)",
      text_options());
  return matches(text, kDelay) && !matches(text, kOver);
}

bool tells_success(std::string_view text) {
  static const RE2 kSuccess(
      R"((?:was|were|been|is|has been) (?:successfully|succesfully) (?:deliver|relay|sent)|successful(?:ly)? (?:mail )?deliver|delivery (?:was )?success|delivered successfully|(?:message|mail) delivered to|(?:was|were|has been|have been) delivered to|successfully delivered|return receipt)",
      text_options());
  static const RE2 kNot(
      R"(not (?:be )?(?:successfully|delivered)|fail|undeliver|errors? (?:occur|was|were|is|messag|code|while|:)|an error|fatal|reject|refus|bounc|block)",
      text_options());
  return matches(text, kSuccess) && !matches(text, kNot);
}

bool is_auto_reply_subject(std::string_view subject) {
  static const RE2 kPattern(
      R"(out of (?:the )?office|out-of-office|\booo\b|auto(?:matic|mated|matische?)?[- :]*(?:repl|respon|answer|antwort|acknowledg)|^\s*auto ?:|autoreply|auto-reply|vacation|on (?:leave|holiday|vacation|maternity|parental)|away from|(?:i am|i'm|currently) (?:away|out|not in)|abwesen|urlaub|nicht im (?:haus|b(?:ü|ue)ro)|absen(?:ce|t)\b|réponse automatique|en congé|respuesta autom|fuera de (?:la )?oficina|risposta automatica|fuori (?:sede|ufficio)|resposta autom|fora do escrit|automatisch antwoord|afwezig|autosvar|frånvar|fravær|automaattinen|poissa|autoodpowied|odpowied(?:ź|z) automat|автоответ|автоматическ|отпуск|自動(?:返信|応答|回复|回覆)|自动(?:回复|答复)|不在|休暇|외출|부재|자동\s*(?:응답|회신)|automatick|automatikus|otomatik|automatsk|automatin|automaatvast|automat \S{0,3}răspuns|răspuns automat|sjálfvirk|ofis dışı|szabads(?:á|a)g|mimo (?:kancel|úřad)|nepřítomn|neprítomn|nieobecno|poza biurem|αυτόματη|εκτός γραφείου|відпустк|автоматичн|tự động|balas otomatis|رد تلقائي|تلقائي|תשובה אוטומטית|מחוץ למשרד|עדר|we (?:have )?received your|thank you for (?:your (?:e-?mail|message|contact|inquiry)|contacting)|your (?:e-?mail|message|request|ticket) (?:has been|was) received|auto-?notification|ticket (?:received|created))",
      text_options());
  return matches(subject, kPattern);
}

bool is_challenge(std::string_view subject, std::string_view text) {
  static const RE2 kPattern(
      R"(challenge[- ]response|(?:confirm|verify|validate|authenticate) (?:that )?(?:your (?:e-?mail|message|mail|delivery|identity)|you(?:'re| are) (?:a |not a |human|real))|sender (?:address )?(?:verification|confirmation|validation)|(?:please|must) (?:confirm|verify) (?:delivery|that you|your (?:message|e-?mail))|(?:held|pending|quarantined?).{0,80}(?:click|reply|confirm|link)|prove (?:that )?you(?:'re| are)|(?:boxbe|spamarrest|spam arrest|tmda|mailblocks|earthlink spamblocker|qurb|choicemail))",
      text_options());
  return matches(subject, kPattern) || matches(text.substr(0, 2000), kPattern);
}

}  // namespace posthaste
