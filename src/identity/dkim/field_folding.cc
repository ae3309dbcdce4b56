#include "identity/dkim/field_folding.h"

namespace posthaste {
namespace {

constexpr std::size_t kMargin = 76;

}  // namespace

void append_folded_names(const std::vector<std::string_view>& names, std::string& out) {
  std::size_t column = 2;
  bool first = true;
  for (const std::string_view name : names) {
    if (!first) out.push_back(':');
    if (!first && column + name.size() > kMargin) {
      out.append("\r\n\t ");
      column = 2;
    }
    out.append(name);
    column += name.size() + 1;
    first = false;
  }
}

void append_folded_base64(std::string_view base64, std::string& out) {
  while (!base64.empty()) {
    const std::string_view line = base64.substr(0, kMargin - 2);
    out.append(line);
    base64.remove_prefix(line.size());
    if (!base64.empty()) out.append("\r\n\t ");
  }
}

}  // namespace posthaste
