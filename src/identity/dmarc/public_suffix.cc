#include "identity/dmarc/public_suffix.h"

#include <libpsl.h>

namespace posthaste {

std::string registrable_domain(std::string_view domain) {
  const psl_ctx_t* const list = psl_builtin();
  if (list == nullptr) return "";
  // What is found points into what was asked for.
  const std::string name(domain);
  const char* const found = psl_registrable_domain(list, name.c_str());
  return found == nullptr ? "" : found;
}

}  // namespace posthaste
