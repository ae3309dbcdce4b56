#pragma once

#include <zip.h>
#include <zlib.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace posthaste {

// Packs for tests what reports are packed in.
inline std::string gzip(std::string_view text) {
  z_stream stream{};
  if (deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) std::abort();
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  if (deflate(&stream, Z_FINISH) != Z_STREAM_END) std::abort();
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

inline std::string zip_with(const std::vector<std::pair<std::string, std::string>>& files,
                            const char* password) {
  zip_source_t* source = zip_source_buffer_create(nullptr, 0, 0, nullptr);
  zip_source_keep(source);
  zip_t* archive = zip_open_from_source(source, ZIP_TRUNCATE, nullptr);
  for (const auto& [name, text] : files) {
    zip_source_t* content = zip_source_buffer(archive, text.data(), text.size(), 0);
    const auto index = zip_file_add(archive, name.c_str(), content, 0);
    if (password != nullptr) {
      zip_file_set_encryption(archive, static_cast<zip_uint64_t>(index), ZIP_EM_AES_256, password);
    }
  }
  if (zip_close(archive) != 0) std::abort();
  zip_stat_t facts;
  zip_stat_init(&facts);
  zip_source_stat(source, &facts);
  std::string packed(facts.size, '\0');
  zip_source_open(source);
  zip_source_read(source, packed.data(), packed.size());
  zip_source_close(source);
  zip_source_free(source);
  return packed;
}

inline std::string zip(const std::vector<std::pair<std::string, std::string>>& files) {
  return zip_with(files, nullptr);
}
inline std::string encrypted_zip(const std::string& name, const std::string& text) {
  return zip_with({{name, text}}, "secret");
}

// Text that hardly compresses, the same every time.
inline std::string noise(std::size_t size) {
  std::string text;
  std::uint64_t state = 88172645463325252ULL;
  while (text.size() < size) {
    state ^= state << 13U;
    state ^= state >> 7U;
    state ^= state << 17U;
    text += static_cast<char>('!' + state % 90);
  }
  return text;
}

}  // namespace posthaste
