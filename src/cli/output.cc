#include "cli/output.h"

#include <cstdio>

namespace posthaste {

ExitCode print_output(const std::string& verb, std::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  return std::fflush(stdout) == 0
             ? ExitCode::done
             : fail(verb, "cannot write the output: free the disk, or keep the pipe open",
                    ExitCode::internal);
}

std::string with_line_ends_of(const std::string& message, std::string fields) {
  const std::size_t lf = message.find('\n');
  const bool is_crlf = lf == std::string::npos || (lf > 0 && message[lf - 1] == '\r');
  if (!is_crlf) std::erase(fields, '\r');
  return fields;
}

}  // namespace posthaste
