#include "identity/arc/arc_chain.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "identity/dkim/dkim_tag_list.h"

namespace posthaste {
namespace {

enum class ArcField : std::uint8_t { results, signature, seal };

std::optional<ArcField> arc_field(const DkimField& field) {
  if (is_named(field, "arc-authentication-results")) return ArcField::results;
  if (is_named(field, "arc-message-signature")) return ArcField::signature;
  if (is_named(field, "arc-seal")) return ArcField::seal;
  return std::nullopt;
}

std::string_view name_of(ArcField kind) {
  switch (kind) {
    case ArcField::results:
      return "ARC-Authentication-Results";
    case ArcField::signature:
      return "ARC-Message-Signature";
    case ArcField::seal:
      return "ARC-Seal";
  }
  return "";
}

std::string_view value_of(const DkimField& field) {
  return field.text.substr(field.text.find(':') + 1);
}

// instance = [CFWS] %s"i" [CFWS] "=" [CFWS] 1*2DIGIT [CFWS]
std::optional<int> read_instance(std::string_view text) {
  int instance = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), instance);
  const bool is_number = ec == std::errc() && end == text.data() + text.size() &&
                         text.size() <= 2 && text.front() != '-';
  if (!is_number || instance < 1 || instance > kMaxArcInstances) return std::nullopt;
  return instance;
}

// arc-authres-payload = instance [CFWS] ";" authres-payload: "i=" comes first and ends in ";".
std::optional<int> instance_of_results(const DkimField& field) {
  const std::string_view value = value_of(field);
  const std::size_t semicolon = value.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  const auto list = DkimTagList::parse(value.substr(0, semicolon));
  if (!list || list->tags().front().name != "i") return std::nullopt;
  return read_instance(list->tags().front().value);
}

std::optional<int> instance_of_signature(const DkimField& field) {
  const auto list = DkimTagList::parse(value_of(field));
  const auto* tag = list ? list->find("i") : nullptr;
  return tag == nullptr ? std::nullopt : read_instance(tag->value);
}

const DkimField*& place_in(ArcSet& set, ArcField kind) {
  if (kind == ArcField::results) return set.results;
  return kind == ArcField::signature ? set.signature : set.seal;
}

// Builds the chain; the first problem that it meets is the one it tells.
class ChainReader {
 public:
  ArcChain read(const std::vector<DkimField>& fields) {
    for (const DkimField& field : fields) {
      if (const auto kind = arc_field(field)) take(field, *kind);
    }
    for (std::size_t i = 0; i < chain_.sets.size(); ++i) check_set(i);
    for (std::size_t i = 0; i < chain_.sets.size(); ++i) check_status(i);
    return std::move(chain_);
  }

 private:
  void problem(std::string what) {
    if (chain_.problem.empty()) chain_.problem = std::move(what);
  }
  static std::string of_set(std::size_t index) { return " of i=" + std::to_string(index + 1); }

  void take(const DkimField& field, ArcField kind) {
    const auto instance =
        kind == ArcField::results ? instance_of_results(field) : instance_of_signature(field);
    if (!instance) return problem("an " + std::string(name_of(kind)) + " has no valid i=");
    const auto index = static_cast<std::size_t>(*instance) - 1;
    if (chain_.sets.size() <= index) chain_.sets.resize(index + 1);
    const DkimField*& place = place_in(chain_.sets[index], kind);
    if (place != nullptr) {
      return problem("there is more than one " + std::string(name_of(kind)) + of_set(index));
    }
    place = &field;
  }

  void check_set(std::size_t index) {
    ArcSet& set = chain_.sets[index];
    for (const ArcField kind : {ArcField::results, ArcField::signature, ArcField::seal}) {
      if (place_in(set, kind) != nullptr) continue;
      problem("there is no " + std::string(name_of(kind)) + of_set(index));
    }
    if (set.signature != nullptr) {
      auto parsed = parse_dkim_signature(*set.signature, SignatureKind::arc_message);
      note(parsed.problem, ArcField::signature, index);
      set.message_signature = std::move(parsed.signature);
    }
    if (set.seal != nullptr) {
      auto parsed = parse_dkim_signature(*set.seal, SignatureKind::arc_seal);
      note(parsed.problem, ArcField::seal, index);
      set.seal_signature = std::move(parsed.signature);
      const auto list = DkimTagList::parse(value_of(*set.seal));
      const auto* status = list ? list->find("cv") : nullptr;
      if (status != nullptr) set.seal_status = status->value;
    }
  }

  void note(DkimReason reason, ArcField kind, std::size_t index) {
    if (reason == DkimReason::none) return;
    problem(std::string(name_of(kind)) + of_set(index) + ": " + std::string(describe(reason)));
  }

  // RFC 8617 §5.2, steps 2 and 3.
  void check_status(std::size_t index) {
    const std::string& status = chain_.sets[index].seal_status;
    const bool is_newest = index + 1 == chain_.sets.size();
    if (is_newest && status == "fail") {
      chain_.has_ended = true;
      chain_.problem = "the chain failed before: cv=fail in the ARC-Seal" + of_set(index);
    } else if (status != (index == 0 ? "none" : "pass")) {
      problem("the ARC-Seal" + of_set(index) + " says cv=" + status);
    }
  }

  ArcChain chain_;
};

}  // namespace

ArcChain read_arc_chain(const std::vector<DkimField>& fields) {
  return ChainReader().read(fields);
}

std::string text_of_sets(const ArcChain& chain, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) {
    const ArcSet& set = chain.sets[i];
    append_canonical_field(Canonicalization::relaxed, *set.results, text);
    append_canonical_field(Canonicalization::relaxed, *set.signature, text);
    append_canonical_field(Canonicalization::relaxed, *set.seal, text);
  }
  return text;
}

std::string sealed_text(const ArcChain& chain, std::size_t count) {
  std::string text = text_of_sets(chain, count - 1);
  const ArcSet& set = chain.sets[count - 1];
  append_canonical_field(Canonicalization::relaxed, *set.results, text);
  append_canonical_field(Canonicalization::relaxed, *set.signature, text);
  const std::string& own = set.seal_signature.field_without_b;
  append_canonical_field(Canonicalization::relaxed, {set.seal->name, own}, text);
  text.resize(text.size() - 2);
  return text;
}

}  // namespace posthaste
