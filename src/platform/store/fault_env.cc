#include "platform/store/fault_env.h"

#include <filesystem>
#include <utility>

namespace posthaste {

using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// A file being written, which knows how much of it a power cut would leave.
class FaultFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  FaultFile(std::unique_ptr<rocksdb::FSWritableFile>&& file, std::string path, FaultEnv& faults)
      : FSWritableFileOwnerWrapper(std::move(file)), path_(std::move(path)), faults_(faults) {
    faults_.note_size(path_, 0);
  }

  using FSWritableFileOwnerWrapper::Append;
  IOStatus Append(const Slice& data, const IOOptions& options, IODebugContext* debug) override {
    if (faults_.fault_ == FaultEnv::Fault::power_cut) return IOStatus::OK();
    if (IOStatus status = faults_.check(); !status.ok()) return status;
    written_ += data.size();
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }

  IOStatus Sync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return FSWritableFileOwnerWrapper::Sync(options, debug); });
  }

  IOStatus Fsync(const IOOptions& options, IODebugContext* debug) override {
    return sync([&] { return FSWritableFileOwnerWrapper::Fsync(options, debug); });
  }

 private:
  template <class Do>
  IOStatus sync(Do really) {
    if (faults_.fault_ == FaultEnv::Fault::power_cut) return IOStatus::OK();
    if (IOStatus status = faults_.check(); !status.ok()) return status;
    IOStatus status = really();
    if (status.ok()) faults_.note_size(path_, written_);
    return status;
  }

  std::string path_;
  FaultEnv& faults_;
  std::uint64_t written_ = 0;
};

class FaultFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit FaultFileSystem(FaultEnv& faults)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), faults_(faults) {}

  const char* Name() const override { return "FaultFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext* debug) override {
    if (IOStatus status = faults_.check(); !status.ok()) return status;
    IOStatus status = FileSystemWrapper::NewWritableFile(path, options, result, debug);
    if (status.ok()) *result = std::make_unique<FaultFile>(std::move(*result), path, faults_);
    return status;
  }

  // A recycled log is opened anew: what it held before counts for nothing.
  IOStatus ReuseWritableFile(const std::string& path, const std::string& old_path,
                             const rocksdb::FileOptions& options,
                             std::unique_ptr<rocksdb::FSWritableFile>* result,
                             IODebugContext* debug) override {
    if (IOStatus status = faults_.check(); !status.ok()) return status;
    DeleteFile(old_path, rocksdb::IOOptions(), debug).PermitUncheckedError();
    return NewWritableFile(path, options, result, debug);
  }

  // What RocksDB writes of itself is on the same disk.
  IOStatus NewLogger(const std::string& path, const IOOptions&,
                     std::shared_ptr<rocksdb::Logger>* result, IODebugContext*) override {
    return rocksdb::status_to_io_status(rocksdb::NewEnvLogger(path, faults_.env(), result));
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* debug) override {
    faults_.forget(path);
    return FileSystemWrapper::DeleteFile(path, options, debug);
  }

  IOStatus RenameFile(const std::string& from, const std::string& to, const IOOptions& options,
                      IODebugContext* debug) override {
    faults_.rename(from, to);
    return FileSystemWrapper::RenameFile(from, to, options, debug);
  }

 private:
  FaultEnv& faults_;
};

FaultEnv::FaultEnv() : env_(rocksdb::NewCompositeEnv(std::make_shared<FaultFileSystem>(*this))) {}

FaultEnv::~FaultEnv() = default;

IOStatus FaultEnv::check() const {
  switch (fault_.load()) {
    case Fault::no_space:
      return IOStatus::NoSpace("no space left on device");
    case Fault::io_error:
      return IOStatus::IOError("input/output error");
    case Fault::none:
    case Fault::power_cut:
      break;
  }
  return IOStatus::OK();
}

void FaultEnv::note_size(const std::string& path, std::uint64_t synced) {
  std::lock_guard lock(mutex_);
  synced_[path] = synced;
}

void FaultEnv::forget(const std::string& path) {
  std::lock_guard lock(mutex_);
  synced_.erase(path);
}

void FaultEnv::rename(const std::string& from, const std::string& to) {
  std::lock_guard lock(mutex_);
  const auto known = synced_.extract(from);
  if (!known.empty()) synced_[to] = known.mapped();
}

void FaultEnv::restore_power() {
  std::lock_guard lock(mutex_);
  for (const auto& [path, size] : synced_) {
    std::error_code ec;
    if (std::filesystem::exists(path, ec) && std::filesystem::file_size(path, ec) > size) {
      std::filesystem::resize_file(path, size, ec);
    }
  }
  synced_.clear();
  fault_ = Fault::none;
}

}  // namespace posthaste
