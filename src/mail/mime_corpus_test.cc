// Broken and odd messages of others: read without harm, and as one well-tested parser reads them.
// Prints how far they agree.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <nlohmann/json.hpp>

#include "mail/mime.h"

namespace posthaste {
namespace {

using Json = nlohmann::json;
namespace fs = std::filesystem;

const fs::path kCorpus = fs::path(POSTHASTE_CORPORA) / "mime";

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string with_crlf(const std::string& text) {
  std::string crlf;
  for (const char c : text) {
    if (c == '\n' && !crlf.ends_with('\r')) crlf.push_back('\r');
    crlf.push_back(c);
  }
  return crlf;
}

// The types of the tree, nested: what the corpus' parser and ours are compared by.
std::string shape_of(const Json& node) {
  std::string shape =
      node["content_type"].is_null() ? "-" : node["content_type"].get<std::string>();
  std::transform(shape.begin(), shape.end(), shape.begin(), ::tolower);
  Json children = node.value("children", Json::array());
  if (node.contains("message")) children = Json::array({node["message"]});
  shape += "(";
  for (const Json& child : children) shape += shape_of(child);
  return shape + ")";
}

std::string shape_of(const MimeMessage& mime, std::size_t index) {
  const MimePart& part = mime.parts()[index];
  std::string shape = part.has_type ? part.content_type.type : "-";
  shape += "(";
  for (std::size_t i = index + 1; i < mime.parts().size(); ++i) {
    if (mime.parts()[i].parent == index) shape += shape_of(mime, i);
  }
  return shape + ")";
}

void collect_texts(const Json& node, std::vector<std::string>& texts) {
  if (node.contains("text")) {
    texts.push_back(node["text"].get<std::string>());
    std::erase(texts.back(), '\r');
  }
  for (const Json& child : node.value("children", Json::array())) collect_texts(child, texts);
  if (node.contains("message")) collect_texts(node["message"], texts);
}

bool has_text(const MimeMessage& mime, const std::string& text) {
  return std::any_of(mime.parts().begin(), mime.parts().end(), [&](const MimePart& part) {
    std::string own = part.text();
    std::erase(own, '\r');
    return own.starts_with(text);
  });
}

TEST(MimeCorpus, AgreesWithAnotherParser) {
  std::ifstream lines(kCorpus / "mail-parser-structure.jsonl");
  if (!lines) GTEST_SKIP() << "the corpora are not here";
  std::size_t files = 0, same_shape = 0, texts = 0, same_text = 0;
  for (std::string line; std::getline(lines, line); ++files) {
    const Json entry = Json::parse(line);
    const std::string octets =
        read_file(kCorpus / "mail-parser" / entry["file"].get<std::string>());
    const MimeMessage mime(octets);
    const std::string theirs = shape_of(entry["root"]);
    const std::string ours = shape_of(mime, 0);
    same_shape += theirs == ours;
    if (theirs != ours) std::cout << "  " << entry["file"] << " " << theirs << " " << ours << "\n";
    std::vector<std::string> expected;
    collect_texts(entry["root"], expected);
    for (const std::string& text : expected) {
      ++texts;
      const bool is_found = has_text(mime, text);
      same_text += is_found;
      if (!is_found) std::cout << "  " << entry["file"] << " text: " << text.substr(0, 60) << "\n";
    }
  }
  std::cout << "structure: " << same_shape << " of " << files << ", texts: " << same_text << " of "
            << texts << "\n";
  EXPECT_GT(files, 0U);
  EXPECT_GT(texts, 0U);
  // Where they differ the message is broken: nested parts with one boundary for all, above all.
  EXPECT_GE(same_shape * 100, files * 80);
  EXPECT_GE(same_text * 100, texts * 92);
}

TEST(MimeCorpus, IsReadWithinBoundsAndAlikeWithEitherLineEnd) {
  if (!fs::exists(kCorpus)) GTEST_SKIP() << "the corpora are not here";
  std::size_t files = 0;
  for (const auto& entry : fs::recursive_directory_iterator(kCorpus)) {
    const auto kind = entry.path().extension();
    if (kind != ".eml" && kind != ".msg") continue;
    ++files;
    const std::string octets = read_file(entry.path());
    const std::string crlf = with_crlf(octets);
    const MimeMessage mime(octets);
    const MimeMessage other(crlf);
    EXPECT_EQ(shape_of(mime, 0), shape_of(other, 0)) << entry.path();
    std::size_t total = 0;
    for (const MimePart& part : mime.parts()) total += part.is_leaf ? part.text().size() : 0;
    EXPECT_LE(total, 3 * octets.size()) << entry.path();
  }
  EXPECT_GT(files, 0U);
}

}  // namespace
}  // namespace posthaste
