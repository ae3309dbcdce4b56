#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdio>
#include <string>

namespace posthaste {

// A file in place of stderr, to read what a verb writes.
class WrittenFile {
 public:
  WrittenFile() = default;
  WrittenFile(const WrittenFile&) = delete;
  WrittenFile& operator=(const WrittenFile&) = delete;
  ~WrittenFile() { std::fclose(file_); }

  std::FILE* get() const { return file_; }

  // All that was written.
  std::string text() const {
    std::fseek(file_, 0, SEEK_END);
    std::string text(static_cast<std::size_t>(std::ftell(file_)), '\0');
    std::rewind(file_);
    const std::size_t size = std::fread(text.data(), 1, text.size(), file_);
    EXPECT_EQ(size, text.size());
    std::fseek(file_, 0, SEEK_END);
    return text;
  }

 private:
  std::FILE* file_ = std::tmpfile();
};

}  // namespace posthaste
