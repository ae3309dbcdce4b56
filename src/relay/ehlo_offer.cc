#include "relay/ehlo_offer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "accept/verbs/path_arguments.h"
#include "base/ascii.h"

namespace posthaste {
namespace {

// Those that are nothing but parameters and octets to a relay. CHUNKING (RFC 3030) is watched by
// RelaySession. Not among them: what binds whoever takes the message (REQUIRETLS, RFC 8689), and
// what gives its client powers over the next server (XCLIENT).
constexpr std::array<std::string_view, 8> kPassed{
    "SIZE", "8BITMIME", "SMTPUTF8", "PIPELINING", "DSN", "ENHANCEDSTATUSCODES", "CHUNKING", "HELP"};

// The texts of the lines, without code and line end.
std::vector<std::string_view> texts_of(std::string_view reply) {
  std::vector<std::string_view> texts;
  while (!reply.empty()) {
    const auto lf = reply.find('\n');
    std::string_view line = reply.substr(0, lf);
    reply.remove_prefix(lf == std::string_view::npos ? reply.size() : lf + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    texts.push_back(line.substr(std::min<std::size_t>(line.size(), 4)));
  }
  return texts;
}

std::string keyword_of(std::string_view text) {
  // "AUTH=LOGIN" is what servers said before RFC 2554.
  return uppered(text.substr(0, text.find_first_of(" =")));
}

bool is_passed(std::string_view text, OfferTerms terms) {
  const std::string keyword = keyword_of(text);
  if (keyword == "AUTH") return terms.passes_auth;
  return std::find(kPassed.begin(), kPassed.end(), keyword) != kPassed.end();
}

}  // namespace

std::string pass_offer(std::string_view reply, OfferTerms terms) {
  const std::vector<std::string_view> texts = texts_of(reply);
  std::vector<std::string_view> kept;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (i == 0 || is_passed(texts[i], terms)) kept.push_back(texts[i]);
  }
  if (terms.offers_starttls) kept.emplace_back("STARTTLS");
  std::string passed;
  for (std::size_t i = 0; i < kept.size(); ++i) {
    passed += reply.substr(0, 3);
    passed += i + 1 < kept.size() ? '-' : ' ';
    passed += kept[i];
    passed += "\r\n";
  }
  return passed;
}

bool offers(std::string_view reply, std::string_view keyword) {
  const std::vector<std::string_view> texts = texts_of(reply);
  return std::any_of(texts.begin() + (texts.empty() ? 0 : 1), texts.end(),
                     [&](std::string_view text) { return keyword_of(text) == keyword; });
}

}  // namespace posthaste
