#include "accept/auth.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <fstream>
#include <functional>
#include <new>
#include <string_view>
#include <utility>

#include "accept/accept_error.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

constexpr std::string_view kPlain = "{plain}";
constexpr auto kKnownFor = std::chrono::hours(1);
constexpr std::size_t kMaxKnown = 100'000;
constexpr std::size_t kMaxFailingAddresses = 100'000;

// What an unknown user's password is hashed against, so that the time taken does not tell who
// exists. It is a well-formed hash that no password is likely to have.
constexpr const char* kNobodysHash =
    "$6$nobodynobody$"
    "......................................................................................";

std::array<unsigned char, 32> sha256_of(std::initializer_list<std::string_view> parts) {
  std::array<unsigned char, 32> digest{};
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  if (context == nullptr) throw std::bad_alloc();
  EVP_DigestInit_ex(context, EVP_sha256(), nullptr);
  for (std::string_view part : parts) {
    const std::uint64_t length = part.size();
    EVP_DigestUpdate(context, &length, sizeof length);
    EVP_DigestUpdate(context, part.data(), part.size());
  }
  EVP_DigestFinal_ex(context, digest.data(), nullptr);
  EVP_MD_CTX_free(context);
  return digest;
}

bool are_equal(std::string_view a, std::string_view b) {
  const auto digest_a = sha256_of({a});
  const auto digest_b = sha256_of({b});
  return CRYPTO_memcmp(digest_a.data(), digest_b.data(), digest_a.size()) == 0;
}

// Blocks for as long as the hash was made to cost.
bool matches_hash(const std::string& secret, const std::string& password) {
  const auto data = std::make_unique<crypt_data>();
  const char* made = crypt_r(password.c_str(), secret.c_str(), data.get());
  return made != nullptr && made[0] != '*' && are_equal(made, secret);
}

Result<std::string> read_secret(const UserConfig& user) {
  if (user.password_file.empty()) return user.password;
  std::ifstream file(user.password_file);
  std::string line;
  if (!file || !std::getline(file, line)) {
    return Error{AcceptError::bad_credentials, "password_file \"" + user.password_file.string() +
                                                   "\" of user \"" + user.name +
                                                   "\" cannot be read: check path and rights"};
  }
  if (line.ends_with('\r')) line.pop_back();
  return line;
}

}  // namespace

Result<CredentialSet> CredentialSet::load(const std::vector<UserConfig>& users) {
  CredentialSet set;
  for (const UserConfig& user : users) {
    auto secret = read_secret(user);
    if (!secret) return secret.error();
    const bool is_plain = secret->starts_with(kPlain);
    const bool is_usable = is_plain ? secret->size() > kPlain.size()
                                    : crypt_checksalt(secret->c_str()) == CRYPT_SALT_OK;
    if (!is_usable) {
      return Error{AcceptError::bad_credentials,
                   "the password of user \"" + user.name +
                       "\" is neither a strong crypt(3) hash nor \"{plain}…\": make a hash with "
                       "mkpasswd"};
    }
    Credential credential{*std::move(secret), {user.name, TenantId(user.tenant)}};
    set.credentials_.insert_or_assign(user.name, std::move(credential));
  }
  return set;
}

const CredentialSet::Credential* CredentialSet::find(const std::string& user) const {
  const auto found = credentials_.find(user);
  return found == credentials_.end() ? nullptr : &found->second;
}

Authenticator::Authenticator(Clock& clock, BlockingPool& pool) : clock_(clock), pool_(pool) {
  if (RAND_bytes(salt_.data(), static_cast<int>(salt_.size())) != 1) throw std::bad_alloc();
}

Authenticator::Digest Authenticator::digest_of(const CredentialSet::Credential& credential,
                                               const std::string& password) const {
  // With the stored secret in it, so that a changed password is unknown at once.
  return sha256_of(
      {{reinterpret_cast<const char*>(salt_.data()), salt_.size()}, credential.secret, password});
}

bool Authenticator::is_known(const std::string& user, const Digest& digest) {
  const auto now = clock_.now();
  return known_.with([&](auto& known) {
    const auto found = known.find(user);
    if (found == known.end()) return false;
    if (found->second.expires <= now) {
      known.erase(found);
      return false;
    }
    return CRYPTO_memcmp(found->second.digest.data(), digest.data(), digest.size()) == 0;
  });
}

void Authenticator::remember(const std::string& user, const Digest& digest) {
  const auto expires = clock_.now() + kKnownFor;
  known_.with([&](auto& known) {
    if (known.size() >= kMaxKnown) known.clear();
    known.insert_or_assign(user, Known{digest, expires});
  });
}

bool Authenticator::may_try(const std::string& address) {
  const auto now = clock_.now();
  return failures_.with([&](auto& failures) {
    if (failures.size() >= kMaxFailingAddresses) {
      std::erase_if(failures, [&](const auto& entry) { return entry.second.window_ends <= now; });
      if (failures.size() >= kMaxFailingAddresses) failures.clear();
    }
    Failures& entry = failures[address];
    if (entry.window_ends <= now) entry = {0, now + kFailureWindow};
    if (entry.count >= kMaxFailures) return false;
    ++entry.count;
    return true;
  });
}

void Authenticator::forgive(const std::string& address) {
  failures_.with([&](auto& failures) {
    const auto found = failures.find(address);
    if (found != failures.end() && found->second.count > 0 && --found->second.count == 0) {
      failures.erase(found);
    }
  });
}

asio::awaitable<AuthOutcome> Authenticator::verify(std::shared_ptr<const CredentialSet> credentials,
                                                   AuthAttempt attempt) {
  const CredentialSet::Credential* credential = credentials->find(attempt.user);
  Digest digest{};
  if (credential != nullptr) {
    digest = digest_of(*credential, attempt.password);
    if (is_known(attempt.user, digest)) {
      co_return AuthOutcome{AuthVerdict::accepted, credential->login};
    }
  }
  if (!may_try(attempt.peer_address)) {
    co_return AuthOutcome{AuthVerdict::too_many_failures, {}};
  }
  bool is_right = false;
  if (credential != nullptr && credential->secret.starts_with(kPlain)) {
    is_right =
        are_equal(std::string_view(credential->secret).substr(kPlain.size()), attempt.password);
  } else {
    const std::string secret = credential != nullptr ? credential->secret : kNobodysHash;
    std::function<bool()> work = [secret, password = attempt.password] {
      return matches_hash(secret, password);
    };
    is_right = co_await pool_.run<bool>(std::move(work)) && credential != nullptr;
  }
  if (is_right) {
    forgive(attempt.peer_address);
    remember(attempt.user, digest);
    co_return AuthOutcome{AuthVerdict::accepted, credential->login};
  }
  co_await clock_.sleep_until(clock_.now() + kFailureDelay);
  co_return AuthOutcome{AuthVerdict::refused, {}};
}

}  // namespace posthaste
