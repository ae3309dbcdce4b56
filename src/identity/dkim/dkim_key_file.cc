#include "identity/dkim/dkim_key_file.h"

#include <sys/stat.h>

#include <memory>
#include <utility>

#include "identity/dkim/dkim_error.h"

namespace posthaste {

DkimKeyFile::Stamp DkimKeyFile::stamp_of(const std::filesystem::path& path) {
  struct stat found = {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec * 1'000'000'000 + found.st_mtim.tv_nsec,
          static_cast<std::uint64_t>(found.st_size), found.st_ino};
}

Result<DkimPrivateKey> DkimKeyFile::load(const std::filesystem::path& path, const Check& check) {
  Result<DkimPrivateKey> key = DkimPrivateKey::load(path.string());
  if (!key) return key;
  const std::string problem = check(*key);
  if (!problem.empty()) return Error{DkimError::unsuitable_key, problem};
  return key;
}

Result<std::shared_ptr<DkimKeyFile>> DkimKeyFile::open(std::filesystem::path path, Check check) {
  // The stamp first: what is written between the two is then read again.
  const Stamp stamp = stamp_of(path);
  Result<DkimPrivateKey> key = load(path, check);
  if (!key) return key.error();
  return std::shared_ptr<DkimKeyFile>(
      new DkimKeyFile(std::move(path), std::move(check), {std::move(*key), stamp}));
}

DkimPrivateKey DkimKeyFile::key() const {
  return state_.with([](const State& state) { return state.key; });
}

Result<bool> DkimKeyFile::refresh() {
  const Stamp stamp = stamp_of(path_);
  const bool is_known =
      state_.with([&](State& state) { return std::exchange(state.stamp, stamp) == stamp; });
  if (is_known) return false;
  Result<DkimPrivateKey> key = load(path_, check_);
  if (!key) return key.error();
  state_.with([&](State& state) { state.key = std::move(*key); });
  return true;
}

}  // namespace posthaste
