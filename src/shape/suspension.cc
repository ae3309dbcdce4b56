#include "shape/suspension.h"

#include <algorithm>
#include <array>
#include <utility>

#include "shape/shape_state.pb.h"

namespace posthaste {
namespace {

using Word = std::string MailScope::*;

constexpr std::array<std::pair<const char*, Word>, 8> kWords{
    std::pair{"queue", &MailScope::remote_queue}, std::pair{"tenant", &MailScope::tenant},
    std::pair{"campaign", &MailScope::campaign},  std::pair{"domain", &MailScope::domain},
    std::pair{"pool", &MailScope::pool},          std::pair{"source", &MailScope::source},
    std::pair{"site", &MailScope::site},          std::pair{"provider", &MailScope::provider}};

std::int64_t micros(WallTime time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
}

WallTime from_micros(std::int64_t count) {
  return WallTime(std::chrono::duration_cast<WallTime::duration>(std::chrono::microseconds(count)));
}

bool is_later(const Suspension& a, const Suspension& b) {
  if (!a.until) return b.until.has_value();
  return b.until && *a.until > *b.until;
}

}  // namespace

bool MailScope::empty() const {
  return std::all_of(kWords.begin(), kWords.end(),
                     [this](const auto& word) { return (this->*word.second).empty(); });
}

bool MailScope::covers(const MailScope& mail) const {
  return std::all_of(kWords.begin(), kWords.end(), [&](const auto& word) {
    const std::string& wanted = this->*word.second;
    const std::string& value = mail.*word.second;
    return wanted.empty() || wanted == value || (wanted == kNone && value.empty());
  });
}

bool MailScope::includes(const MailScope& other) const {
  return std::all_of(kWords.begin(), kWords.end(), [&](const auto& word) {
    const std::string& wanted = this->*word.second;
    return wanted.empty() || wanted == other.*word.second;
  });
}

std::string MailScope::to_string() const {
  std::string text;
  for (const auto& [name, word] : kWords) {
    const std::string& value = this->*word;
    if (!value.empty()) text += (text.empty() ? "" : " ") + std::string(name) + "=" + value;
  }
  return text.empty() ? "everything" : text;
}

std::string Suspension::encode() const {
  record::SuspensionRecord record;
  record.set_remote_queue(scope.remote_queue);
  record.set_tenant(scope.tenant);
  record.set_campaign(scope.campaign);
  record.set_domain(scope.domain);
  record.set_pool(scope.pool);
  record.set_source(scope.source);
  record.set_site(scope.site);
  record.set_provider(scope.provider);
  record.set_since(micros(since));
  record.set_until(until ? micros(*until) : 0);
  record.set_reason(reason);
  record.set_by(by);
  return record.SerializeAsString();
}

std::optional<Suspension> Suspension::decode(std::string_view text) {
  record::SuspensionRecord record;
  if (!record.ParseFromArray(text.data(), static_cast<int>(text.size()))) return std::nullopt;
  Suspension suspension;
  suspension.scope = {record.remote_queue(), record.tenant(), record.campaign(), record.domain(),
                      record.pool(),         record.source(), record.site(),     record.provider()};
  suspension.since = from_micros(record.since());
  if (record.until() != 0) suspension.until = from_micros(record.until());
  suspension.reason = record.reason();
  suspension.by = record.by();
  return suspension;
}

std::string SuspensionBook::cell_key(const MailScope& scope) {
  MailScope rest = scope;
  rest.source.clear();
  rest.site.clear();
  rest.provider.clear();
  const bool is_cell = !scope.source.empty() && scope.site.empty() != scope.provider.empty();
  return is_cell && rest.empty() ? scope.source + '\n' + scope.site + '\n' + scope.provider
                                 : std::string();
}

void SuspensionBook::index(const Suspension& suspension) {
  const std::string key = cell_key(suspension.scope);
  (key.empty() ? others_ : cells_[key]).push_back(suspension.number);
}

std::pair<const Suspension&, bool> SuspensionBook::add(Suspension suspension) {
  for (auto& [number, known] : by_number_) {
    if (known.scope != suspension.scope || known.by != suspension.by) continue;
    if (!is_later(suspension, known)) return {known, false};
    suspension.number = number;
    known = std::move(suspension);
    return {known, true};
  }
  suspension.number = next_++;
  index(suspension);
  return {by_number_.emplace(suspension.number, suspension).first->second, true};
}

void SuspensionBook::restore(Suspension suspension) {
  next_ = std::max(next_, suspension.number + 1);
  index(suspension);
  by_number_.emplace(suspension.number, std::move(suspension));
}

void SuspensionBook::drop(std::uint64_t number) {
  const auto known = by_number_.find(number);
  const std::string key = cell_key(known->second.scope);
  std::erase(key.empty() ? others_ : cells_[key], number);
  if (!key.empty() && cells_[key].empty()) cells_.erase(key);
  by_number_.erase(known);
}

std::vector<Suspension> SuspensionBook::end_within(const MailScope& scope) {
  std::vector<Suspension> ended;
  for (const auto& [number, one] : by_number_) {
    if (scope.includes(one.scope)) ended.push_back(one);
  }
  for (const Suspension& one : ended) drop(one.number);
  return ended;
}

std::vector<Suspension> SuspensionBook::end_expired(WallTime now) {
  std::vector<Suspension> ended;
  for (const auto& [number, one] : by_number_) {
    if (one.until && *one.until <= now) ended.push_back(one);
  }
  for (const Suspension& one : ended) drop(one.number);
  return ended;
}

const Suspension* SuspensionBook::find(const MailScope& mail, WallTime now) const {
  const Suspension* longest = nullptr;
  auto look = [&](const std::vector<std::uint64_t>& numbers) {
    for (const std::uint64_t number : numbers) {
      const Suspension& one = by_number_.at(number);
      if ((one.until && *one.until <= now) || !one.scope.covers(mail)) continue;
      if (longest == nullptr || is_later(one, *longest)) longest = &one;
    }
  };
  look(others_);
  if (cells_.empty()) return longest;
  for (const std::string& key :
       {mail.source + '\n' + mail.site + '\n', mail.source + "\n\n" + mail.provider}) {
    const auto cell = cells_.find(key);
    if (cell != cells_.end()) look(cell->second);
  }
  return longest;
}

bool SuspensionBook::has_domains() const {
  return std::any_of(others_.begin(), others_.end(), [&](std::uint64_t number) {
    return !by_number_.at(number).scope.domain.empty();
  });
}

std::vector<Suspension> SuspensionBook::list() const {
  std::vector<Suspension> all;
  for (const auto& [number, one] : by_number_) all.push_back(one);
  return all;
}

}  // namespace posthaste
