#include "platform/store/database.h"

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/options.h>
#include <rocksdb/table.h>
#include <rocksdb/utilities/table_properties_collectors.h>
#include <rocksdb/write_buffer_manager.h>

#include <array>
#include <cstdarg>
#include <cstdio>
#include <functional>
#include <mutex>
#include <string>
#include <utility>

namespace posthaste {
namespace {

// Takes the place of RocksDB's own file LOG. That one is on the disk of the data, and when it fails
// there RocksDB ends the process at its next word (an assertion, in Debian's build).
class WarningLogger final : public rocksdb::Logger {
 public:
  using Hear = std::function<void(const std::string& warning)>;
  explicit WarningLogger(Hear hear) : Logger(rocksdb::WARN_LEVEL), hear_(std::move(hear)) {}

  void Logv(const rocksdb::InfoLogLevel level, const char* format, va_list arguments) override {
    if (level < rocksdb::WARN_LEVEL || level == rocksdb::HEADER_LEVEL || !hear_) return;
    std::array<char, 1000> text{};  // the rest of a longer one is left out
    std::vsnprintf(text.data(), text.size(), format, arguments);
    hear_(text.data());
  }

 private:
  Hear hear_;
};

rocksdb::DBOptions database_options(const StoreOptions& options,
                                    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::DBOptions db;
  db.create_if_missing = true;
  db.create_missing_column_families = true;
  if (options.env != nullptr) db.env = options.env;
  db.write_buffer_manager =
      std::make_shared<rocksdb::WriteBufferManager>(options.write_buffers.count(), cache);
  // What the log holds is replayed at the next start: this bounds the time that takes.
  db.max_total_wal_size = 2 * options.write_buffers.count();
  db.avoid_flush_during_recovery = true;
  db.avoid_flush_during_shutdown = true;
  db.max_background_jobs = 2;
  db.bytes_per_sync = 1 << 20;
  db.max_open_files = 512;
  db.info_log = std::make_shared<WarningLogger>(options.on_warning);
  db.stats_dump_period_sec = 0;
  return db;
}

rocksdb::ColumnFamilyOptions family_options(const FamilyOptions& family,
                                            const StoreOptions& options,
                                            const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions cf;
  cf.write_buffer_size = options.write_buffers.count() * (family.has_large_values ? 2 : 1) / 3;
  cf.max_write_buffer_number = 3;
  cf.compression = rocksdb::kLZ4Compression;
  if (family.has_large_values) {
    cf.enable_blob_files = true;
    cf.min_blob_size = 512;
    cf.blob_file_size = 128 << 20;
    cf.blob_compression_type = rocksdb::kLZ4Compression;
    cf.enable_blob_garbage_collection = true;
    cf.blob_garbage_collection_age_cutoff = 0.5;
    cf.blob_garbage_collection_force_threshold = 0.5;
  }
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = !family.is_mostly_missed;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  if (family.is_mostly_missed) {
    // Keys with long beginnings in common are written once a block; the larger the block, the
    // better. A reader unpacks one for a key that is there, which is rare.
    table.block_size = 32 << 10;
    table.block_restart_interval = 64;
    cf.bottommost_compression = rocksdb::kZSTD;
    cf.bottommost_compression_opts.enabled = true;
    cf.bottommost_compression_opts.level = 6;
    cf.level_compaction_dynamic_level_bytes = true;
  }
  cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // Queues leave trains of deleted keys behind: files full of them are compacted soon.
  cf.table_properties_collector_factories.push_back(
      rocksdb::NewCompactOnDeletionCollectorFactory(4096, 2048));
  return cf;
}

}  // namespace

Database::Database(StoreOptions options) : options_(std::move(options)) {}

Database::~Database() {
  close();
}

void Database::close() {
  for (StoreView* view : views_) db->ReleaseSnapshot(std::exchange(view->snapshot_, nullptr));
  views_.clear();
  for (auto* family : families_) db->DestroyColumnFamilyHandle(family).PermitUncheckedError();
  families_.clear();
  db.reset();
}

rocksdb::Status Database::open() {
  const auto cache = rocksdb::NewLRUCache(options_.block_cache.count());
  std::vector<rocksdb::ColumnFamilyDescriptor> descriptors;
  for (const FamilyOptions& family : options_.families) {
    descriptors.emplace_back(family.name, family_options(family, options_, cache));
  }
  descriptors.emplace_back(rocksdb::kDefaultColumnFamilyName, rocksdb::ColumnFamilyOptions());
  rocksdb::DB* opened = nullptr;
  const rocksdb::Status status = rocksdb::DB::Open(database_options(options_, cache), options_.path,
                                                   descriptors, &families_, &opened);
  db.reset(opened);
  return status;
}

bool Database::reopen() {
  std::unique_lock lock(mutex_);
  close();
  return open().ok();
}

StoreView::StoreView(Database& database) : database_(database) {
  const auto access = database.read_access();
  if (!database.db) return;
  const std::scoped_lock lock(database.views_mutex_);
  snapshot_ = database.db->GetSnapshot();
  database.views_.insert(this);
}

StoreView::~StoreView() {
  const auto access = database_.read_access();
  if (snapshot_ == nullptr) return;
  const std::scoped_lock lock(database_.views_mutex_);
  database_.views_.erase(this);
  database_.db->ReleaseSnapshot(snapshot_);
}

std::uint64_t Database::read_last_sequence() const {
  if (!options_.log) return 0;
  std::unique_ptr<rocksdb::Iterator> iterator(
      db->NewIterator(rocksdb::ReadOptions(), family(*options_.log)));
  iterator->SeekToLast();
  return iterator->Valid() ? decode_u64(iterator->key().ToStringView()) : 0;
}

}  // namespace posthaste
