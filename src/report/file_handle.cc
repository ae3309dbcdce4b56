#include "report/file_handle.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

namespace posthaste {

namespace fs = std::filesystem;

Error file_error(const fs::path& path, int number) {
  const boost::system::error_code ec(number, boost::system::system_category());
  return {ec, path.string() + ": " + ec.message()};
}

Result<FileHandle> FileHandle::open(const fs::path& path, int flags) {
  FileHandle file;
  file.descriptor_ = ::open(path.c_str(), flags | O_CLOEXEC, 0640);
  if (file.descriptor_ < 0) return file_error(path, errno);
  file.path_ = path;
  return file;
}

FileHandle::FileHandle(FileHandle&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)), path_(std::move(other.path_)) {}

FileHandle& FileHandle::operator=(FileHandle&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
    path_ = std::move(other.path_);
  }
  return *this;
}

void FileHandle::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

Result<std::size_t> FileHandle::read(char* data, std::size_t size) {
  while (true) {
    const ssize_t count = ::read(descriptor_, data, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) return file_error(path_, errno);
  }
}

Result<void> FileHandle::write(std::string_view data) {
  while (!data.empty()) {
    const ssize_t count = ::write(descriptor_, data.data(), data.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error(path_, errno);
    data.remove_prefix(static_cast<std::size_t>(count));
  }
  return {};
}

Result<void> sync_folder_of(const fs::path& path) {
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  const auto opened = FileHandle::open(folder, O_RDONLY | O_DIRECTORY);
  if (!opened) {
    // A folder that may be written but not read cannot be synced, and need not
    // stop the log.
    const bool is_unreadable = opened.error().code.value() == EACCES;
    return is_unreadable ? Result<void>() : Result<void>(opened.error());
  }
  if (::fsync(opened->descriptor()) != 0) return file_error(folder, errno);
  return {};
}

}  // namespace posthaste
