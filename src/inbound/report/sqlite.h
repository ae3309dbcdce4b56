#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace posthaste {

// One SQL statement with its parameters and, after step(), one row of its answer. Not thread-safe.
//
//   auto statement = database.prepare("SELECT name FROM people WHERE age > ?1");
//   statement->bind(1, 41);
//   while (statement->step()) use(statement->text(0));
class SqliteStatement {
 public:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);

  // True when there is a row, false at the end and after an error.
  bool step();
  // Of the last step(); also ends it, so that the statement can run anew.
  Result<void> finish();
  // Runs a statement that answers nothing.
  Result<void> run();

  std::string text(int column) const;
  std::int64_t number(int column) const;

 private:
  friend class SqliteDatabase;
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const;
  };
  explicit SqliteStatement(sqlite3_stmt* statement) : statement_(statement) {}

  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
  int last_ = 0;
};

// A SQLite database in a file, with write-ahead log; several processes may have it open. Not
// thread-safe; every call may block on the disk.
class SqliteDatabase {
 public:
  // Makes the file where there is none. Errors: it cannot be made, is no database, is locked for
  // more than 5 s; it never grows beyond `max_size` octets.
  static Result<SqliteDatabase> open(const std::filesystem::path& path, std::uint64_t max_size);

  Result<void> execute(const char* sql);
  Result<SqliteStatement> prepare(std::string_view sql);
  std::int64_t last_row_id() const;
  // Rows that the last statement changed.
  std::int64_t changes() const;

 private:
  struct Closer {
    void operator()(sqlite3* database) const;
  };
  explicit SqliteDatabase(sqlite3* database) : database_(database) {}
  Error last_error() const;

  std::unique_ptr<sqlite3, Closer> database_;
};

}  // namespace posthaste
