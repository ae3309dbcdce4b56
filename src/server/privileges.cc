#include "server/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace posthaste {
namespace {

Error failure(const std::string& what) {
  return {boost::system::error_code(errno, boost::system::system_category()), what};
}

}  // namespace

Result<void> become_user(const std::string& user) {
  if (user.empty()) return {};
  errno = 0;
  const passwd* entry = getpwnam(user.c_str());
  if (entry == nullptr) return failure("user \"" + user + "\" is not known here: create it");
  if (entry->pw_uid == geteuid()) return {};
  if (geteuid() != 0) {
    errno = EPERM;
    return failure("cannot become user \"" + user + "\": start as root, or as that user");
  }
  const uid_t uid = entry->pw_uid;
  const gid_t gid = entry->pw_gid;
  if (prctl(PR_SET_KEEPCAPS, 1) != 0 || initgroups(user.c_str(), gid) != 0 || setgid(gid) != 0 ||
      setuid(uid) != 0) {
    return failure("cannot become user \"" + user + "\"");
  }
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  std::array<__user_cap_data_struct, 2> data{};
  data[0].effective = data[0].permitted = 1U << CAP_NET_BIND_SERVICE;
  if (syscall(SYS_capset, &header, data.data()) != 0) {
    return failure("cannot keep the right to bind low ports");
  }
  return {};
}

}  // namespace posthaste
