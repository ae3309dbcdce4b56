#pragma once

#include <array>
#include <boost/asio/awaitable.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "accept/accept_config.h"
#include "base/clock.h"
#include "base/guarded.h"
#include "base/result.h"
#include "mail/envelope.h"
#include "platform/io/blocking_pool.h"

namespace posthaste {

// Who a client has proved to be.
struct Login {
  std::string user;
  TenantId tenant;
};

// The users of one configuration. Never changed once made, so sessions share it freely.
class CredentialSet {
 public:
  struct Credential {
    std::string secret;  // as in UserConfig::password
    Login login;
  };

  // Reads password files. Errors name the user.
  static Result<CredentialSet> load(const std::vector<UserConfig>& users);

  // Knows nobody.
  CredentialSet() = default;

  const Credential* find(const std::string& user) const;
  bool empty() const { return credentials_.empty(); }

 private:
  std::unordered_map<std::string, Credential> credentials_;
};

struct AuthAttempt {
  std::string user;
  std::string password;
  std::string peer_address;
};

enum class AuthVerdict : std::uint8_t { accepted, refused, too_many_failures };

struct AuthOutcome {
  AuthVerdict verdict = AuthVerdict::refused;
  Login login;  // when accepted
};

// Checks passwords. Hashing runs on `pool`; a login that succeeded lately is known by a salted
// digest and costs nothing. A client address with many failures is refused without a look, but
// for logins that are known. Outlives its sessions; any thread.
class Authenticator {
 public:
  // Failures of one address that are borne within one window.
  static constexpr std::uint32_t kMaxFailures = 30;
  static constexpr Clock::duration kFailureWindow = std::chrono::minutes(10);
  // How long the answer to a failure is held back, so that guessing is slow.
  static constexpr Clock::duration kFailureDelay = std::chrono::seconds(1);

  Authenticator(Clock& clock, BlockingPool& pool);

  boost::asio::awaitable<AuthOutcome> verify(std::shared_ptr<const CredentialSet> credentials,
                                             AuthAttempt attempt);

 private:
  using Digest = std::array<unsigned char, 32>;
  struct Known {
    Digest digest{};
    Clock::time_point expires;
  };
  struct Failures {
    std::uint32_t count = 0;
    Clock::time_point window_ends;
  };

  Digest digest_of(const CredentialSet::Credential& credential, const std::string& password) const;
  bool is_known(const std::string& user, const Digest& digest);
  void remember(const std::string& user, const Digest& digest);
  // Counts an attempt as failed until it has succeeded, so that guesses side by side count too.
  bool may_try(const std::string& address);
  void forgive(const std::string& address);

  Clock& clock_;
  BlockingPool& pool_;
  Digest salt_{};
  Guarded<std::unordered_map<std::string, Known>> known_;
  Guarded<std::unordered_map<std::string, Failures>> failures_;
};

}  // namespace posthaste
