#include "inbound/bounce/returned_prose.h"

#include <re2/re2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>

#include "base/ascii.h"
#include "inbound/bounce/bounce_words.h"

namespace posthaste {
namespace {

constexpr std::size_t kMaxLines = 3000;

bool is_blank_line(std::string_view line) {
  return line.find_first_not_of(" \t\r\f\v") == std::string_view::npos;
}

// A header of a message that begins in this line: fields at the left edge, one after another.
bool begins_header(const std::vector<std::string_view>& lines, std::size_t at) {
  static const RE2 kSure(
      R"(^(?:Received: .*(?:from|by)|Return-Path: ?<|Message-Id: ?<|X-Mailer: ))", text_options());
  static const RE2 kField(
      R"(^(?:From|To|Subject|Date|Message-Id|Received|Return-Path|MIME-Version|)"
      R"(Content-Type|Reply-To|Cc|Sender|X-[A-Za-z0-9-]+|DKIM-Signature): ?)",
      text_options());
  if (RE2::PartialMatch(piece(lines[at]), kSure)) return true;
  if (!RE2::PartialMatch(piece(lines[at]), kField)) return false;
  int fields = 0;
  bool has_origin = false;
  for (std::size_t i = at; i < lines.size() && i < at + 12; ++i) {
    const std::string_view line = lines[i];
    if (is_blank_line(line)) break;
    if (line.front() == ' ' || line.front() == '\t') continue;
    if (!RE2::PartialMatch(piece(line), kField)) break;
    ++fields;
    const std::string name = lowered(line.substr(0, line.find(':')));
    has_origin = has_origin || name == "received" || name == "message-id" || name == "date" ||
                 name == "mime-version" || name == "return-path";
  }
  return fields >= 3 && has_origin;
}

void append_character(std::uint32_t code, std::string& text) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int tail = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr unsigned kFirst[] = {0, 0xc0, 0xe0, 0xf0};
  text += static_cast<char>(kFirst[tail] | (code >> (6 * tail)));
  for (int i = tail - 1; i >= 0; --i) text += static_cast<char>(0x80 | ((code >> (6 * i)) & 0x3f));
}

// "&#64;" and "&#x40;": any character by its number. What is none stays as it is.
std::string without_numbered_entities(std::string_view text) {
  static const RE2 kEntity(R"(&#(?:[xX]([0-9a-fA-F]{1,6})|([0-9]{1,7}));?)");
  std::string plain;
  re2::StringPiece rest = piece(text);
  re2::StringPiece whole[3];
  while (kEntity.Match(rest, 0, rest.size(), RE2::UNANCHORED, whole, 3)) {
    plain.append(rest.data(), static_cast<std::size_t>(whole[0].data() - rest.data()));
    std::uint32_t code = 0;
    const bool is_hex = whole[2].empty();
    for (const char c : is_hex ? whole[1] : whole[2]) {
      code = code * (is_hex ? 16 : 10) + static_cast<std::uint32_t>(hex_value(c));
    }
    const bool is_character = code >= ' ' && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff);
    if (is_character) append_character(code, plain);
    const auto end = whole[0].data() + whole[0].size();
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  }
  plain.append(rest.data(), rest.size());
  return plain;
}

// "&lt;" and the like.
std::string without_entities(std::string text) {
  text = without_numbered_entities(text);
  constexpr std::array<std::pair<const char*, const char*>, 10> kEntities{{{"&lt;", "<"},
                                                                           {"&gt;", ">"},
                                                                           {"&quot;", "\""},
                                                                           {"&nbsp;", " "},
                                                                           {"&apos;", "'"},
                                                                           {"&rsquo;", "'"},
                                                                           {"&commat;", "@"},
                                                                           {"&period;", "."},
                                                                           {"&shy;", ""},
                                                                           {"&amp;", "&"}}};
  for (const auto& [entity, character] : kEntities) {
    RE2::GlobalReplace(&text, entity, character);
  }
  return text;
}

}  // namespace

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty() && lines.size() < kMaxLines) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string text_of_html(std::string_view html) {
  static const RE2 kHidden(
      R"((?is)<(?:style|script|head)\b.*?</(?:style|script|head)\s*>|<!--.*?-->)");
  static const RE2 kBreak(R"((?i)<(?:br|/?p|/?div|/?tr|/?li|/?table|/?h[1-6]|/?pre|hr)\b[^>]*>)");
  // A tag is never what holds an address: "<a@b>" in careless HTML stays.
  static const RE2 kTag(R"(<[/!?]?[a-zA-Z][^<>@]*(?:"[^"]*"[^<>]*)*>)");
  std::string text(html.substr(0, 4 * kMaxProse));
  RE2::GlobalReplace(&text, kHidden, " ");
  RE2::GlobalReplace(&text, kBreak, "\n");
  RE2::GlobalReplace(&text, kTag, "");
  return without_entities(std::move(text));
}

Prose split_prose(std::string_view text) {
  std::string clean;
  clean.reserve(std::min(text.size(), kMaxProse));
  constexpr std::size_t kMaxText = 8 * kMaxProse;
  for (const char c : text.substr(0, kMaxText)) {
    if (c != '\r' && c != '\0') clean.push_back(c);
  }
  const std::vector<std::string_view> lines = lines_of(clean);
  Prose prose;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto begin = static_cast<std::size_t>(lines[i].data() - clean.data());
    if (begin > kMaxProse) break;
    const bool is_marker = i > 0 && begins_original(lines[i]);
    if (!is_marker && !(i > 0 && begins_header(lines, i))) continue;
    prose.head = clean.substr(0, begin);
    prose.original = clean.substr(is_marker ? begin + lines[i].size() : begin);
    return prose;
  }
  prose.head = clean.substr(0, kMaxProse);
  return prose;
}

}  // namespace posthaste
