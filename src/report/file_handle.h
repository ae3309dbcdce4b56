#pragma once

#include <cstddef>
#include <filesystem>
#include <string_view>

#include "base/result.h"

namespace posthaste {

// An open file that closes itself. Not thread-safe; blocks.
class FileHandle {
 public:
  // `flags` are those of open(2). A new file can be read by its owner and
  // group: logs name people.
  static Result<FileHandle> open(const std::filesystem::path& path, int flags);

  FileHandle() = default;
  FileHandle(FileHandle&& other) noexcept;
  FileHandle& operator=(FileHandle&& other) noexcept;
  ~FileHandle() { close(); }

  bool is_open() const { return descriptor_ >= 0; }
  int descriptor() const { return descriptor_; }
  void close();

  // Reads up to `size` octets; 0 at the end.
  Result<std::size_t> read(char* data, std::size_t size);
  // Writes all of it, or fails with a part of it written.
  Result<void> write(std::string_view data);

 private:
  int descriptor_ = -1;
  std::filesystem::path path_;  // for errors
};

// "PATH: what the system says".
Error file_error(const std::filesystem::path& path, int number);

// Makes new and changed names in a file's folder safe from a power cut.
Result<void> sync_folder_of(const std::filesystem::path& path);

}  // namespace posthaste
