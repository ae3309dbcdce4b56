#include "classify/unknown_replies.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/json_text.h"
#include "classify/reply_words.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;

// "queue id 4F3A2 at <domain>" is "queue id # at <domain>": a word with a digit is a name.
std::string without_numbers(const std::string& plain) {
  std::string words;
  std::size_t place = 0;
  while (place < plain.size()) {
    const std::size_t end = std::min(plain.find(' ', place), plain.size());
    const std::string_view word = std::string_view(plain).substr(place, end - place);
    if (!words.empty()) words += ' ';
    const bool has_digit = word.find_first_of("0123456789") != std::string_view::npos;
    words += has_digit ? std::string_view("#") : word;
    place = end + 1;
  }
  return words;
}

std::int64_t microseconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

WallTime wall_time(std::int64_t microseconds) {
  return WallTime(
      std::chrono::duration_cast<WallTime::duration>(std::chrono::microseconds(microseconds)));
}

}  // namespace

void UnknownReplies::count(std::string_view text, WallTime now) {
  has_changed_ = true;
  std::string key = without_numbers(plain_words(text.substr(0, kMaxExample)));
  auto found = kinds_.find(key);
  if (found == kinds_.end()) {
    Kind kind{.first = now};
    if (kinds_.size() >= kMaxKinds) {
      const auto rarest = std::min_element(
          kinds_.begin(), kinds_.end(),
          [](const auto& a, const auto& b) { return a.second.count < b.second.count; });
      kind.count = rarest->second.count;
      kinds_.erase(rarest);
    }
    found = kinds_.emplace(std::move(key), std::move(kind)).first;
  }
  Kind& kind = found->second;
  ++kind.count;
  kind.last = now;
  kind.example = text.substr(0, kMaxExample);
}

std::vector<UnknownReplies::Kind> UnknownReplies::by_number() const {
  std::vector<Kind> all;
  for (const auto& [words, kind] : kinds_) all.push_back(kind);
  std::stable_sort(all.begin(), all.end(),
                   [](const Kind& a, const Kind& b) { return a.count > b.count; });
  return all;
}

std::string UnknownReplies::to_state() {
  has_changed_ = false;
  Json list = Json::array();
  for (const auto& [words, kind] : kinds_) {
    list.push_back({{"words", words},
                    {"example", kind.example},
                    {"count", kind.count},
                    {"first", microseconds(kind.first)},
                    {"last", microseconds(kind.last)}});
  }
  return dump_json(list);
}

UnknownReplies UnknownReplies::from_state(std::string_view state) {
  UnknownReplies replies;
  const Json list = Json::parse(state, nullptr, false);
  if (!list.is_array()) return replies;
  for (const Json& one : list) {
    if (!one.is_object() || replies.kinds_.size() >= kMaxKinds) continue;
    Kind kind;
    kind.example = one.value("example", "");
    kind.count = one.value("count", std::uint64_t{0});
    kind.first = wall_time(one.value("first", std::int64_t{0}));
    kind.last = wall_time(one.value("last", std::int64_t{0}));
    replies.kinds_.emplace(one.value("words", ""), std::move(kind));
  }
  return replies;
}

}  // namespace posthaste
