#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/guarded.h"
#include "base/result.h"
#include "identity/dkim/dkim_key.h"

namespace posthaste {

// A private key in a file, read once and kept up with: refresh() looks whether the file is another
// since, and takes the new key when it is good. Safe to use from any thread.
class DkimKeyFile {
 public:
  // "" when a key may stand in this file; else why not.
  using Check = std::function<std::string(const DkimPrivateKey&)>;
  static Result<std::shared_ptr<DkimKeyFile>> open(std::filesystem::path path, Check check);

  const std::filesystem::path& path() const { return path_; }
  // A copy that shares the key itself.
  DkimPrivateKey key() const;

  // True when a new key was taken. Errors: the file changed and cannot be used; the old key stays,
  // and nothing is said again before the file changes once more. Reads from disk: not on a loop.
  Result<bool> refresh();

 private:
  // What tells one content of the file from another.
  struct Stamp {
    std::int64_t modified_nanoseconds = 0;
    std::uint64_t size = 0;
    std::uint64_t inode = 0;
    bool operator==(const Stamp&) const = default;
  };
  struct State {
    DkimPrivateKey key;
    Stamp stamp;
  };

  DkimKeyFile(std::filesystem::path path, Check check, State state)
      : path_(std::move(path)), check_(std::move(check)), state_(std::move(state)) {}
  static Stamp stamp_of(const std::filesystem::path& path);
  static Result<DkimPrivateKey> load(const std::filesystem::path& path, const Check& check);

  const std::filesystem::path path_;
  const Check check_;
  Guarded<State> state_;
};

}  // namespace posthaste
