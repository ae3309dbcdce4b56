// DKIM and ARC signature fields: whatever stands in them is read within bounds, and what can be
// read can be canonicalised.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "identity/dkim/dkim_signature.h"
#include "identity/dkim/dkim_tag_list.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace posthaste;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto list = DkimTagList::parse(text)) {
    for (const DkimTagList::Tag& tag : list->tags()) {
      if (tag.raw.find(tag.value) == std::string_view::npos) std::abort();
      if (decode_folded_base64(tag.value).value_or("").size() > tag.value.size()) std::abort();
    }
  }
  const SplitMessage split = split_message(text);
  for (const DkimField& field : split.fields) {
    if (field.name.empty()) continue;
    for (const SignatureKind kind :
         {SignatureKind::dkim, SignatureKind::arc_message, SignatureKind::arc_seal}) {
      const ParsedDkimSignature parsed = parse_dkim_signature(field, kind);
      if (parsed.problem != DkimReason::none) continue;
      if (signed_header_text(parsed.signature, split.fields).size() > 4 * size + 100) std::abort();
    }
  }
  return 0;
}
