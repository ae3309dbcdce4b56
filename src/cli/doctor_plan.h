#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "identity/doctor/doctor_request.h"
#include "server/server_config.h"

namespace posthaste {

// What `posthaste doctor` was told on the command line.
struct DoctorOptions {
  std::string domain;  // "": those of the configuration
  std::vector<std::string> sources;
  std::vector<std::string> selectors;
  std::vector<std::string> keys;  // private keys, in the order of the selectors
  std::string helo;
  std::string bounce_domain;
  std::string dkim_domain;
  std::string unsubscribe_url;
};

// Who is to be examined, by the command line alone. Errors say which option is wrong.
Result<DoctorRequest> plan_examination(const DoctorOptions& options);

// The same, with what the configuration says below what the options say: every domain that a dkim
// block signs (those past their dates for a week left out), every source, the return path, the
// certificates of listeners.
Result<DoctorRequest> plan_examination(const DoctorOptions& options, const ServerConfig& config,
                                       WallTime now);

}  // namespace posthaste
