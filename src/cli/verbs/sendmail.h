#pragma once

#include <string>
#include <vector>

namespace posthaste {

// The program under the name `sendmail`: its arguments without the name; an exit code of
// <sysexits.h>. The server is POSTHASTE_SUBMIT (ADDRESS:PORT), else 127.0.0.1:2525.
int run_sendmail(const std::vector<std::string>& arguments);

}  // namespace posthaste
