#include "platform/store/store.h"

#include <rocksdb/db.h>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "platform/store/committer.h"
#include "platform/store/database.h"
#include "platform/store/store_error.h"

namespace posthaste {

namespace asio = boost::asio;

namespace {

Error not_open() {
  return {StoreErrc::read_failed, "the store is closed after an error of its disk"};
}

class StoreCategory final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "posthaste.store"; }
  std::string message(int code) const override {
    switch (static_cast<StoreErrc>(code)) {
      case StoreErrc::open_failed:
        return "the store cannot be opened";
      case StoreErrc::read_failed:
        return "the store cannot be read";
      case StoreErrc::write_failed:
        return "the store cannot be written";
    }
    return "unknown store error";
  }
};

}  // namespace

boost::system::error_code make_error_code(StoreErrc code) {
  static const StoreCategory category;
  return {static_cast<int>(code), category};
}

std::string encode_u64(std::uint64_t number) {
  std::string octets(8, '\0');
  for (std::size_t i = 8; i-- > 0; number >>= 8) octets[i] = static_cast<char>(number & 0xff);
  return octets;
}

std::uint64_t decode_u64(std::string_view octets) {
  std::uint64_t number = 0;
  for (const char octet : octets.substr(0, 8)) {
    number = number << 8 | static_cast<std::uint8_t>(octet);
  }
  return number;
}

void Batch::put(Family family, std::string key, std::string value) {
  bytes_ += key.size() + value.size();
  operations_.push_back({Kind::put, family, {}, std::move(key), std::move(value), nullptr, {}});
}

void Batch::put_shared(Family family, std::string key, std::shared_ptr<const std::string> value) {
  bytes_ += key.size() + value->size();
  operations_.push_back({Kind::put_shared, family, {}, std::move(key), {}, std::move(value), {}});
}

void Batch::remove(Family family, std::string key) {
  bytes_ += key.size();
  operations_.push_back({Kind::remove, family, {}, std::move(key), {}, nullptr, {}});
}

void Batch::remove_once(Family family, std::string key) {
  bytes_ += key.size();
  operations_.push_back({Kind::remove_once, family, {}, std::move(key), {}, nullptr, {}});
}

void Batch::append(Family log, std::string value, Family index, std::string index_prefix) {
  bytes_ += value.size() + index_prefix.size();
  operations_.push_back(
      {Kind::append, log, index, std::move(index_prefix), std::move(value), nullptr, {}});
}

void Batch::release(Family family, std::string key,
                    std::vector<std::pair<Family, std::string>> also) {
  bytes_ += key.size();
  operations_.push_back({Kind::release, family, {}, std::move(key), {}, nullptr, std::move(also)});
}

Result<std::unique_ptr<Store>> Store::open(const StoreOptions& options, Clock& clock) {
  if (options.env == nullptr) {
    std::error_code ec;
    std::filesystem::create_directories(options.path, ec);
    if (ec) {
      return Error{StoreErrc::open_failed, options.path.string() + ": " + ec.message() +
                                               ": make the folder, and let this user write to it"};
    }
  }
  auto database = std::make_unique<Database>(options);
  const rocksdb::Status status = database->open();
  if (!status.ok()) {
    return Error{StoreErrc::open_failed, options.path.string() + ": " + status.ToString() +
                                             ": is another server running on this folder?"};
  }
  return std::unique_ptr<Store>(new Store(std::move(database), clock));
}

Store::Store(std::unique_ptr<Database> database, Clock& clock)
    : database_(std::move(database)), committer_(std::make_unique<Committer>(*database_, clock)) {}

Store::~Store() = default;

void Store::commit(Batch batch, Durability durability, Applied applied) {
  committer_->submit(std::move(batch), durability, std::move(applied));
}

asio::awaitable<Result<void>> Store::commit(Batch batch, Durability durability) {
  using Handler = asio::any_completion_handler<void(Result<void>)>;
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto initiate = [this, executor](auto handler, Batch batch_in, Durability durability_in) {
    // std::function wants copyable targets; the handler is called exactly once.
    auto shared = std::make_shared<Handler>(std::move(handler));
    auto applied = [executor, shared](const Result<void>& result) {
      asio::post(executor, [shared, result] { std::move (*shared)(result); });
    };
    committer_->submit(std::move(batch_in), durability_in, std::move(applied));
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>&, void(Result<void>)>(
      initiate, asio::use_awaitable, std::move(batch), durability);
}

Result<std::optional<std::string>> Store::get(Family family, std::string_view key) const {
  const auto access = database_->read_access();
  if (!database_->db) return not_open();
  std::string value;
  const rocksdb::Status status =
      database_->db->Get(rocksdb::ReadOptions(), database_->family(family),
                         rocksdb::Slice(key.data(), key.size()), &value);
  if (status.ok()) return std::optional(std::move(value));
  if (status.IsNotFound()) return std::optional<std::string>();
  return Error{StoreErrc::read_failed, status.ToString()};
}

std::vector<std::optional<std::string>> Store::get_many(
    Family family, const std::vector<std::string>& keys) const {
  const auto access = database_->read_access();
  if (!database_->db) return std::vector<std::optional<std::string>>(keys.size());
  // Keys that stand together on disk are read together.
  const std::vector<rocksdb::Slice> slices(keys.begin(), keys.end());
  std::vector<rocksdb::PinnableSlice> values(keys.size());
  std::vector<rocksdb::Status> statuses(keys.size());
  database_->db->MultiGet(rocksdb::ReadOptions(), database_->family(family), keys.size(),
                          slices.data(), values.data(), statuses.data());
  std::vector<std::optional<std::string>> answers(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (statuses[i].ok()) answers[i] = values[i].ToString();
  }
  return answers;
}

std::optional<std::vector<std::optional<std::string>>> Store::get_many_in_memory(
    Family family, const std::vector<std::string>& keys) const {
  const auto access = database_->read_access();
  if (!database_->db) return std::nullopt;
  rocksdb::ReadOptions options;
  options.read_tier = rocksdb::kBlockCacheTier;
  std::vector<std::optional<std::string>> answers(keys.size());
  rocksdb::PinnableSlice value;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    value.Reset();
    const rocksdb::Status status =
        database_->db->Get(options, database_->family(family), keys[i], &value);
    if (status.ok()) {
      answers[i] = value.ToString();
    } else if (!status.IsNotFound()) {
      return std::nullopt;
    }
  }
  return answers;
}

std::uint64_t Store::disk_bytes(Family family) const {
  const auto access = database_->read_access();
  std::uint64_t bytes = 0;
  if (!database_->db) return bytes;
  database_->db->GetIntProperty(database_->family(family), "rocksdb.total-sst-files-size", &bytes);
  return bytes;
}

void Store::compact(Family family) {
  const auto access = database_->read_access();
  if (!database_->db) return;
  auto* const which = database_->family(family);
  database_->db->Flush(rocksdb::FlushOptions(), which).PermitUncheckedError();
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  database_->db->CompactRange(options, which, nullptr, nullptr).PermitUncheckedError();
}

std::shared_ptr<const StoreView> Store::view() const {
  return std::make_shared<const StoreView>(*database_);
}

Result<void> Store::scan(Family family, std::string_view from, std::string_view until,
                         const Visit& visit, const StoreView* view) const {
  const auto access = database_->read_access();
  if (!database_->db) return not_open();
  rocksdb::ReadOptions options;
  options.fill_cache = false;
  if (view != nullptr) {
    options.snapshot = view->snapshot();
    if (options.snapshot == nullptr) {
      return Error{StoreErrc::read_failed, "the store was opened anew after an error of its disk"};
    }
  }
  rocksdb::Slice bound(until.data(), until.size());
  if (!until.empty()) options.iterate_upper_bound = &bound;
  std::unique_ptr<rocksdb::Iterator> iterator(
      database_->db->NewIterator(options, database_->family(family)));
  for (iterator->Seek(rocksdb::Slice(from.data(), from.size())); iterator->Valid();
       iterator->Next()) {
    if (!visit(iterator->key().ToStringView(), iterator->value().ToStringView())) break;
  }
  if (!iterator->status().ok()) {
    return Error{StoreErrc::read_failed, iterator->status().ToString()};
  }
  return {};
}

void Store::remove_range(Family family, std::string from, std::string until) {
  committer_->remove_range(family, std::move(from), std::move(until));
}

void Store::release_log() {
  committer_->release_log();
}

bool Store::is_healthy() const {
  return committer_->is_healthy();
}

std::uint64_t Store::last_sequence() const {
  return committer_->last_sequence();
}

std::uint64_t Store::disk_bytes() const {
  const auto access = database_->read_access();
  if (!database_->db) return 0;
  std::uint64_t total = 0;
  for (auto* family : database_->families()) {
    for (const char* property : {"rocksdb.total-sst-files-size", "rocksdb.total-blob-file-size"}) {
      std::uint64_t bytes = 0;
      if (database_->db->GetIntProperty(family, property, &bytes)) total += bytes;
    }
  }
  std::uint64_t log_bytes = 0;
  rocksdb::VectorLogPtr logs;
  if (database_->db->GetSortedWalFiles(logs).ok()) {
    for (const auto& log : logs) log_bytes += log->SizeFileBytes();
  }
  return total + log_bytes;
}

void Store::on_commit(std::function<void(const CommitReport&)> observer) {
  committer_->on_commit(std::move(observer));
}

}  // namespace posthaste
