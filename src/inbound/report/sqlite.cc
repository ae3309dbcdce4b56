#include "inbound/report/sqlite.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include "inbound/report/report_error.h"

namespace posthaste {
namespace {

constexpr int kBusyMilliseconds = 5000;
constexpr std::uint64_t kPageSize = 4096;

Error error_of(sqlite3* database) {
  return {ReportErrc::store_failed,
          fmt::format("the database of reports says: {}: look at its file and its disk",
                      sqlite3_errmsg(database))};
}

}  // namespace

void SqliteStatement::Finalizer::operator()(sqlite3_stmt* statement) const {
  sqlite3_finalize(statement);
}

void SqliteStatement::bind(int index, std::int64_t value) {
  sqlite3_bind_int64(statement_.get(), index, value);
}

void SqliteStatement::bind(int index, std::string_view value) {
  // A null pointer would be NULL.
  const char* data = value.data() == nullptr ? "" : value.data();
  sqlite3_bind_text64(statement_.get(), index, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
}

bool SqliteStatement::step() {
  last_ = sqlite3_step(statement_.get());
  return last_ == SQLITE_ROW;
}

Result<void> SqliteStatement::finish() {
  const bool is_good = last_ == SQLITE_ROW || last_ == SQLITE_DONE;
  const Error error = is_good ? Error{} : error_of(sqlite3_db_handle(statement_.get()));
  sqlite3_reset(statement_.get());
  return is_good ? Result<void>() : Result<void>(error);
}

Result<void> SqliteStatement::run() {
  step();
  return finish();
}

std::string SqliteStatement::text(int column) const {
  const auto* text = sqlite3_column_text(statement_.get(), column);
  const int size = sqlite3_column_bytes(statement_.get(), column);
  return text == nullptr
             ? std::string()
             : std::string(reinterpret_cast<const char*>(text), static_cast<std::size_t>(size));
}

std::int64_t SqliteStatement::number(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

void SqliteDatabase::Closer::operator()(sqlite3* database) const {
  sqlite3_close_v2(database);
}

Error SqliteDatabase::last_error() const {
  return error_of(database_.get());
}

Result<SqliteDatabase> SqliteDatabase::open(const std::filesystem::path& path,
                                            std::uint64_t max_size) {
  sqlite3* handle = nullptr;
  const int outcome =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  SqliteDatabase database(handle);
  if (outcome != SQLITE_OK) {
    return {ReportErrc::store_failed,
            fmt::format("{} cannot be opened ({}): look at its folder and its permissions",
                        path.string(), sqlite3_errstr(outcome))};
  }
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  for (const char* sql :
       {"PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", "PRAGMA foreign_keys = ON"}) {
    if (auto done = database.execute(sql); !done) return done.error();
  }
  const std::string limit = fmt::format("PRAGMA max_page_count = {}", max_size / kPageSize);
  if (auto done = database.execute(limit.c_str()); !done) return done.error();
  return database;
}

Result<void> SqliteDatabase::execute(const char* sql) {
  if (sqlite3_exec(database_.get(), sql, nullptr, nullptr, nullptr) == SQLITE_OK) return {};
  return last_error();
}

Result<SqliteStatement> SqliteDatabase::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int outcome = sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()),
                                         &statement, nullptr);
  if (outcome != SQLITE_OK) return last_error();
  return SqliteStatement(statement);
}

std::int64_t SqliteDatabase::last_row_id() const {
  return sqlite3_last_insert_rowid(database_.get());
}

std::int64_t SqliteDatabase::changes() const {
  return sqlite3_changes64(database_.get());
}

}  // namespace posthaste
