#include "classify/foreign_words.h"

#include "classify/word_rules.h"

namespace posthaste {
namespace {

// The first that matches decides: what concerns the sender or the text comes before what concerns
// the recipient, and what may pass before what is for good.
constexpr WordRule kForeign[] = {
    // The reader's language, but always signed so: no permission, or no such group.
    {R"(google groups|groupes google|google グループ)", Classification::policy},
    {R"(受信拒否|拒否設定|指定受信|拒收|被.{0,12}拒绝|拒絕接收|수신 ?거부)",
     Classification::policy},
    // The sender.
    {R"((absender|exp(é|e)diteur|mittente|remitente|remetente|afzender|avsändare|)"
     R"(avsender|afsender|nadawc|odesílatel|felad(ó|o)|gönderen|αποστολέα|отправител|)"
     R"(відправник|发件人|寄件人|送信者|差出人|발신자)\S*.{0,40}(unbekannt|existiert|abgelehnt|)"
     R"(gesperrt|inconnu|existe|refus|rejet|bloqu|sconosciut|esiste|rifiutat|desconocid|)"
     R"(rechaz|desconhecid|recusad|onbekend|geweigerd|okänd|ukjent|ukendt|nieznan|)"
     R"(odrzuc|neznám|odmít|ismeretlen|bilinmiyor|reddedil|άγνωστ|неизвест|)"
     R"(не существует|отклон|відхилен|невідом|不存在|拒|存在し))",
     Classification::policy},
    {R"((domain|dom(ä|ae)ne|domaine|dom(i|í)nio|domein|domän|dom(é|e)na|домен|域名|ドメイン|)"
     R"(도메인)\S* .{0,20}(unbekannt|existiert nicht|inconnu|n'existe|introuvable|inexist|)"
     R"(sconosciut|inesistente|non esiste|desconocid|no existe|desconhecid|n(ã|)"
     R"(a)o existe|onbekend|bestaat niet|okänd|finns inte|nieznan|nie istnieje|)"
     R"(neexistuje|ismeretlen|bulunamadı|неизвест|не найден|не существует|не існує)|(域名|)"
     R"(ドメイン|도메인)\S{0,8}(不存在|存在しません|見つかりません|존재하지))",
     Classification::bad_domain},
    {R"(liste noire|lista negra|lista nera|schwarze liste|sperrliste|czarn\S+ list|)"
     R"(чёрн\S+ списк|черн\S+ списк|чорн\S+ списк|黑名单|黑名單|ブラックリスト|블랙리스트)",
     Classification::spam_block},
    {R"(迷惑メール|垃圾邮件|垃圾郵件|спам|스팸|ungewollte werbung|pourriel|correo (basura|no deseado)|)"
     R"(posta indesiderata|courrier ind(é|e)sirable)",
     Classification::spam_content},
    {R"(ウイルス|病毒|вирус|вірус|바이러스)", Classification::virus},
    {R"((zu gro(ß|ss)|trop (volumineu|gros|grand|lourd)\S*|demasiado grande|)"
     R"(troppo grande|muito grande|grande demais|te groot|för stor|for stor|zbyt du(ż|)"
     R"(z)\S*|příliš velk\S*|túl nagy|çok büyük|слишком больш\S*|завелик\S*|过大|過大|太大|)"
     R"(容量を?超え.{0,6}添付|サイズ.{0,12}(超|大き)|크기.{0,10}초과))",
     Classification::message_too_large},
    // The mailbox, which is full.
    {R"(満杯|いっぱい|容量|空き.{0,6}(不足|ありません)|已满|已滿|邮箱满|爆满|空间不足|超出.{0,8}(容量|配额|限额)|용량|가득|)"
     R"(переполнен|превышен\S* .{0,20}(квот|лимит|объ)|квот\S* .{0,20}(превыш|исчерп)|)"
     R"(переповнен)",
     Classification::mailbox_full},
    {R"((postfach|mailbox|konto|benutzer|empf(ä|ae)nger|speicher)\S* .{0,30}\b(voll|(ü|)"
     R"(ue)berf(ü|ue)llt|(ü|ue)berschritten|ersch(ö|oe)pft)|\bist voll\b|)"
     R"(\bpostfach voll\b|kontingent|speicherplatz)",
     Classification::mailbox_full},
    {R"((bo(î|i)te|compte|messagerie|r(é|e)ception|destinataire|utilisateur|)"
     R"(quota)\S* .{0,40}(\bpleine?\b|satur|d(é|e)pass)|d(é|e)pass\S* .{0,20}quota|)"
     R"(espace (disque )?insuffisant)",
     Classification::mailbox_full},
    {R"((buz(ó|o)n|cuenta|casilla|bandeja|destinatario|cuota|)"
     R"(usuario)\S* .{0,40}(\bllen[oa]\b|exced|super|agotad)|buz(ó|o)n lleno|(excede|)"
     R"(supera)\S* .{0,20}cuota|sin espacio|espacio insuficiente)",
     Classification::mailbox_full},
    {R"((casella|mailbox|quota|utente|destinatario|spazio)\S* .{0,50}(\bpiena\b|superat|)"
     R"(esaurit|insufficient)|spazio (su disco )?(insufficiente|esaurito)|)"
     R"(superat\S .{0,20}(quota|limite|spazio))",
     Classification::mailbox_full},
    {R"((caixa|conta|cota|quota|usu(á|a)rio|espa(ç|c)o)\S* .{0,40}(\bcheia\b|)"
     R"(\blotad[ao]\b|exced|esgotad|insuficiente)|sem espa(ç|c)o)",
     Classification::mailbox_full},
    {R"(postvak (is )?vol|mailbox (is )?vol\b|brievenbus .{0,12}vol\b|)"
     R"(opslag\S* .{0,20}(vol\b|overschreden)|(brevl(å|ådan)|inkorg|postkasse|postboks|)"
     R"(innboks)\S* .{0,16}(full|fuld)|skrzynka .{0,20}(pe(ł|l)n|przepe)|)"
     R"(schránka .{0,20}(pln|přepln)|postafiók .{0,20}(megtelt|tele)|betelt|)"
     R"(kota\S* .{0,12}(aş|dol)|posta kutusu .{0,12}dolu|kvóta|πλήρες|γεμάτ)",
     Classification::mailbox_full},
    // The mailbox, which is closed.
    {R"((compte|bo(î|i)te|adresse|utilisateur)\b.{0,40} (bloqu|suspendu|ferm(é|e)|)"
     R"(d(é|e)sactiv|inacti|archiv|expir))",
     Classification::inactive_mailbox},
    {R"((konto|postfach|mailbox|benutzer|empf(ä|ae)nger)\S*\b.{0,40} (gesperrt|)"
     R"(deaktiviert|geschlossen|inaktiv|stillgelegt|abgeschaltet))",
     Classification::inactive_mailbox},
    {R"((cuenta|buz(ó|o)n|casilla|usuario)\b.{0,40} (suspendid|desactivad|inactiv|)"
     R"(bloquead|deshabilitad|cerrad|cancelad))",
     Classification::inactive_mailbox},
    {R"((account|casella|utente|utenza)\b.{0,40} (sospes|disattiv|disabilitat|bloccat|)"
     R"(inattiv|chius|scadut))",
     Classification::inactive_mailbox},
    {R"((conta|caixa|usu(á|a)rio)\b.{0,40} (suspens|desativad|inativ|bloquead|)"
     R"(desabilitad|encerrad|cancelad))",
     Classification::inactive_mailbox},
    {R"((geblokkeerd|gedeactiveerd|opgeheven|avstängt|sperret|deaktiverad|deaktivert|)"
     R"(deaktiveret|zablokowan|nieaktywn|zawieszon|zablokován|neaktivní|felfüggeszt|)"
     R"(letilt|askıya al|devre dışı|заблокирован|отключен|неактив|деактивирован|)"
     R"(заблокован|停用|冻结|禁用|凍結|停止されて|無効|휴면|정지))",
     Classification::inactive_mailbox},
    // The mailbox, which is not known.
    {R"(gibt es .{0,20}nicht\b|ไม่(พบ|มี)ผู้(ใช้|รับ)|nessun[oa]? (utente|casella|destinatari|account|indirizz)|)"
     R"(aucune? (utilisateur|bo(î|i)te|compte|destinataire|adresse)|pas de (bo(î|i)te|compte)|)"
     R"((ning(ú|u)n|no hay ning(ú|u)n) (usuario|buz(ó|o)n)|nenhum (usu(á|a)rio|destinat)|)"
     R"(geen (gebruiker|postbus|postvak|brievenbus)|brak (takie\S+ )?(użytk|adresat|skrzyn|konta)|)"
     R"((kullanıcı|alıcı|hesap|adres)\S* (\S+ )?yok\b|(användar|mottagar|brugere?n?|mottaker|)"
     R"(modtager)\S* .{0,12}(saknas|ogiltig|ugyldig))",
     Classification::bad_mailbox},
    {R"((ist |uns )?unbekannt\b|unbekannter? (benutzer|nutzer|empf|adresse|postfach)|)"
     R"(nicht gefunden|existiert (hier )?nicht|(kein|keine|)"
     R"(keinen) (solche[rn]? )?(benutzer|nutzer|empf|adresse|postfach|konto|mailbox)|)"
     R"(ung(ü|ue)ltige? (adresse|empf|benutzer|e-?mail)|(benutzer|nutzer|empf(ä|ae)nger|)"
     R"(adresse|postfach)\S* (\S+ ){0,3}(unbekannt|ung(ü|ue)ltig|nicht (mehr )?(bekannt|)"
     R"(vorhanden|g(ü|ue)ltig|verf(ü|ue)gbar)))",
     Classification::bad_mailbox},
    {R"(introuvable|inconnue?s?\b|n'(existe (pas|plus)|est pas (connu|reconnu|valide))|inexistante?s?\b|(destinataire|)"
     R"(adresse|utilisateur|bo(î|i)te)\S* .{0,20}(invalide|non valide|erron(é|e)e?))",
     Classification::bad_mailbox},
    {R"(desconocid[oa]|no existen?\b|inexistente|no se (ha )?encontr|(usuario|)"
     R"(destinatario|direcci(ó|o)n|buz(ó|o)n|cuenta)\S* .{0,20}(no v(á|a)lid|inv(á|)"
     R"(a)lid|no (fue )?encontrad))",
     Classification::bad_mailbox},
    {R"(sconosciut[oa]|inesistente|non (esiste|trovat|risulta)|(utente|destinatario|)"
     R"(indirizzo|casella)\S* .{0,20}(non valid|errat))",
     Classification::bad_mailbox},
    {R"(n(ã|a)o existe|desconhecid|(usu(á|a)rio|destinat(á|a)rio|endere(ç|c)o|)"
     R"(caixa)\S* .{0,20}(inv(á|a)lid|n(ã|a)o (foi )?encontrad|inexistente))",
     Classification::bad_mailbox},
    {R"(onbekend|bestaat (hier )?niet|(gebruiker|ontvanger|adres|)"
     R"(postvak)\S* .{0,16}(niet gevonden|ongeldig)|okänd|finns inte|existerar inte|)"
     R"(ukjent|finnes ikke|eksisterer ikke|ukendt|findes ikke|tuntematon|ei ole olemassa)",
     Classification::bad_mailbox},
    {R"(nie (ma takie|istnieje|znaleziono)|nieznan|neexistuje|neznám|nenalezen|)"
     R"(ismeretlen|nem létez|nem található|bulunamadı|mevcut değil|bulunmuyor|)"
     R"(böyle bir (kullanıcı|adres)|bilinmeyen (kullanıcı|alıcı)|δεν (υπάρχει|βρέθηκε)|)"
     R"(άγνωστος (χρήστης|παραλήπτης)|utilizator necunoscut|nu există|inexistent)",
     Classification::bad_mailbox},
    {R"(не существует|нет такого|(такого|такой|такий) \S+ (нет|не )|не найден|неизвест|)"
     R"(не зарегистрирован|незарегистрир|несуществующ|не обнаружен|отсутствует|не існує|не знайден|невідом)",
     Classification::bad_mailbox},
    {R"(存在しない|存在しません|見つかりません|リストにありません|宛先不明|該当.{0,30}(いません|ありません|なし)|)"
     R"((宛先|アドレス|ユーザー?)\S{0,4}(不明|登録されていません|使われていません)|不存在|无此|無此|查无|查無|)"
     R"(找不到|无效(的)?(收件人|用户|邮箱|地址)|(收件人|用户|邮箱)(地址)?(无效|有误|错误|未找到)|未知(的)?(用户|收件人)|)"
     R"((사용자|계정|수신자|주소)\S{0,2} (없습니다|없음|알 수 없)|등록되지 않은|)"
     R"(存在하지|존재하지|찾을 수 없|없는 (사용자|계정|메일|주소|수신)|مستخدم غير (معروف|موجود)|غير موجود|)"
     R"(לא קיים|אינו קיים|không tồn tại|tidak (ditemukan|ada|dikenal))",
     Classification::bad_mailbox},
    // The way there.
    {R"((connexion|verbindung|conexi(ó|o)n|connessione|conex(ã|a)o|verbinding|соединени|połączeni)"
     R"()\S* .{0,40}(expir|(é|e)chou|refus|fehlgeschlagen|abgelehnt|unterbrochen|rechazad|fall(ó|)"
     R"(id)|agotad|rifiutat|scadut|fallit|recusad|esgotad|geweigerd|mislukt|не удалось|odrzuc))",
     Classification::bad_connection},
    {R"(d(é|e)lai (\S+ )?(d(é|e)pass|expir)|tiempo de espera|tempo (limite|esgotado|scaduto)|)"
     R"(zeit(ü|ue)berschreitung|время ожидания|タイムアウト|接続.{0,10}(でき|失敗|拒否)|)"
     R"((连接|連線|连线).{0,6}(超时|逾時|失败|失敗|拒绝|拒絕)|연결.{0,10}(실패|거부|시간))",
     Classification::bad_connection},
};

}  // namespace

std::optional<Classification> class_by_foreign_words(std::string_view plain) {
  static const WordRules kWords(kForeign, RE2::Options::EncodingUTF8);
  return kWords.find(plain);
}

}  // namespace posthaste
