#pragma once

#include <string>

#include "base/result.h"

namespace posthaste {

// Goes on as `user`, keeping of root's powers only that of binding ports below 1024. Does nothing
// when `user` is empty or is who runs already. Called before any thread starts, for Linux keeps
// capabilities by thread.
Result<void> become_user(const std::string& user);

}  // namespace posthaste
