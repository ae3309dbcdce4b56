#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "identity/dkim/dkim_key.h"

namespace posthaste {

// A DKIM key that mail is signed with.
struct SenderKey {
  std::string domain;  // "d="
  std::string selector;
  std::optional<DkimPrivateKey> key;  // where it is known, the published one must match
};

// A domain that stands in From.
struct SenderDomain {
  std::string name;
  std::vector<SenderKey> keys;  // none: usual selectors are tried
  std::string unsubscribe_url;  // a link of a real message, to probe; "": none
};

// An address that mail is sent from.
struct SenderSource {
  std::string address;
  std::string helo;  // what it says in EHLO; "": not known, its PTR name is taken
};

// A certificate that a listener shows.
struct ServedCertificate {
  std::string label;  // "listener \"submission\""
  std::filesystem::path file;
  std::string host;  // that clients connect to
};

// Who sends: what the doctor looks at. All names are normalized.
struct DoctorRequest {
  std::vector<SenderDomain> domains;
  std::vector<SenderSource> sources;
  std::string bounce_domain;             // of the return path; "": the first domain itself
  bool is_bounce_domain_assumed = true;  // nobody said which it is
  std::vector<ServedCertificate> certificates;
  bool looks_at_machine = true;  // its clock, and its way out by port 25

  const std::string& return_path_domain() const {
    return bounce_domain.empty() && !domains.empty() ? domains.front().name : bounce_domain;
  }
  // What a host of this sender is called: the first name in EHLO, else "mail." before the domain.
  std::string host_name() const;
};

}  // namespace posthaste
