#pragma once

#include <string>

#include "cli/verb.h"

namespace posthaste {

// What `dkim keygen` and `dkim record` are asked for.
struct DkimKeyOptions {
  std::string domain;
  std::string selector = "mail";
  std::string key;  // path
  std::string out = ".";
  int bits = 2048;
  bool ed25519 = false;
  bool next = false;
  bool json = false;
};

// Makes a key in a file of its own and prints the record to publish.
ExitCode make_dkim_key(DkimKeyOptions options);
// Prints the record of a key that there is.
ExitCode print_dkim_record(const DkimKeyOptions& options);

}  // namespace posthaste
