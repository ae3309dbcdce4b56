#include "identity/dkim/dkim_canonical.h"

#include <gtest/gtest.h>

#include <cctype>
#include <random>

namespace posthaste {
namespace {

std::string canonical_header(Canonicalization form, std::string_view message) {
  std::string out;
  for (const DkimField& field : split_message(message).fields) {
    append_canonical_field(form, field, out);
  }
  return out;
}

// RFC 6376 §3.4.5
constexpr std::string_view kExample = "A: X\r\nB : Y\t\r\n\tZ  \r\n\r\n C \r\nD \t E\r\n\r\n\r\n";

TEST(DkimCanonical, RelaxesTheExampleOfTheRfc) {
  EXPECT_EQ(canonical_header(Canonicalization::relaxed, kExample), "a:X\r\nb:Y Z\r\n");
  EXPECT_EQ(canonical_body(Canonicalization::relaxed, split_message(kExample).body),
            " C\r\nD E\r\n");
}

TEST(DkimCanonical, KeepsTheExampleOfTheRfcSimple) {
  EXPECT_EQ(canonical_header(Canonicalization::simple, kExample), "A: X\r\nB : Y\t\r\n\tZ  \r\n");
  EXPECT_EQ(canonical_body(Canonicalization::simple, split_message(kExample).body),
            " C \r\nD \t E\r\n");
}

struct BodyCase {
  std::string_view body;
  std::string_view simple;
  std::string_view relaxed;
};

TEST(DkimCanonical, EndsEveryBodyAsTheRfcSays) {
  // RFC 6376 §3.4.3, §3.4.4
  const BodyCase cases[] = {
      {"", "\r\n", ""},
      {"\r\n", "\r\n", ""},
      {"\r\n\r\n\r\n", "\r\n", ""},
      {" \t\r\n", " \t\r\n", ""},
      {" ", " \r\n", ""},
      {"a", "a\r\n", "a\r\n"},
      {"a \r\n \r\n", "a \r\n \r\n", "a\r\n"},
      {"a\r\n\r\nb\r\n\r\n", "a\r\n\r\nb\r\n", "a\r\n\r\nb\r\n"},
      {"\r\na\r\n", "\r\na\r\n", "\r\na\r\n"},
      {"a\tb\r\n", "a\tb\r\n", "a b\r\n"},
      {"a \t b \t\r\n", "a \t b \t\r\n", "a b\r\n"},
      {"\t a\r\n", "\t a\r\n", " a\r\n"},
      // A bare CR or LF ends no line.
      {"a \nb\r\n", "a \nb\r\n", "a \nb\r\n"},
      {"a \rb\r\n", "a \rb\r\n", "a \rb\r\n"},
      {"a\r\n\r", "a\r\n\r\r\n", "a\r\n\r\r\n"},
      {"a\n\n", "a\n\n\r\n", "a\n\n\r\n"},
  };
  for (const BodyCase& c : cases) {
    EXPECT_EQ(canonical_body(Canonicalization::simple, c.body), c.simple) << c.body;
    EXPECT_EQ(canonical_body(Canonicalization::relaxed, c.body), c.relaxed) << c.body;
  }
}

// The rules of RFC 6376 §3.4.4 read word by word, an octet at a time.
std::string relaxed_by_the_letter(std::string_view body) {
  std::string out;
  std::string line;
  std::size_t empty_lines = 0;
  const auto end_line = [&] {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    if (line.empty()) {
      ++empty_lines;
    } else {
      for (; empty_lines > 0; --empty_lines) out += "\r\n";
      out += line + "\r\n";
    }
    line.clear();
  };
  for (std::size_t i = 0; i < body.size(); ++i) {
    if (body.substr(i, 2) == "\r\n") {
      end_line();
      ++i;
    } else if (body[i] == ' ' || body[i] == '\t') {
      if (line.empty() || line.back() != ' ') line += ' ';
    } else {
      line += body[i];
    }
  }
  end_line();
  return out;
}

TEST(DkimCanonical, RelaxesRandomBodiesByTheLetter) {
  std::mt19937 random(6376);
  for (int round = 0; round < 4000; ++round) {
    std::string body;
    const std::size_t pieces = random() % 120;
    const unsigned words = random() % 3 == 0 ? 2 : 12;  // dense or sparse in white space
    for (std::size_t i = 0; i < pieces; ++i) {
      switch (random() % words) {
        case 0:
          body += " ";
          break;
        case 1:
          body += std::array{"\r\n", "\t", "  ", "\r", "\n", " \r\n"}[random() % 6];
          break;
        default:
          body += std::string(1 + random() % 9, static_cast<char>('a' + random() % 26));
      }
    }
    ASSERT_EQ(canonical_body(Canonicalization::relaxed, body), relaxed_by_the_letter(body)) << body;
  }
}

TEST(DkimCanonical, HashesWhatItWouldWrite) {
  std::string body;
  for (int line = 0; line < 3000; ++line) body += "line  of\ttext \r\n";
  body += std::string(9000, 'x') + "\r\n\r\n";
  for (const auto form : {Canonicalization::simple, Canonicalization::relaxed}) {
    const std::string canonical = canonical_body(form, body);
    const BodyHash hash = hash_body(form, body);
    EXPECT_EQ(hash.digest, sha256(canonical));
    EXPECT_EQ(hash.length, canonical.size());
    for (const std::size_t limit : {0UL, 1UL, 4096UL, 5000UL, canonical.size() + 1}) {
      const BodyHash limited = hash_body(form, body, limit);
      EXPECT_EQ(limited.digest, sha256(std::string_view(canonical).substr(0, limit))) << limit;
      EXPECT_EQ(limited.length, canonical.size());
    }
  }
}

TEST(DkimCanonical, HashesAnEmptyBodyAsTheRfcPrints) {
  // RFC 6376 §3.4.4: base64 47DEQpj8… of the relaxed one; §3.4.3: frcCV1k9… of the simple one.
  EXPECT_EQ(hash_body(Canonicalization::relaxed, "").digest[0], 0xe3);
  EXPECT_EQ(hash_body(Canonicalization::simple, "").digest[0], 0x7e);
}

TEST(DkimCanonical, SplitsHeaderFromBodyAtTheFirstEmptyLine) {
  const std::string message = "A: 1\r\n x\r\nno colon\r\nb:2\r\n\r\nA: 3\r\n\r\n";
  const SplitMessage split = split_message(message);
  ASSERT_EQ(split.fields.size(), 3U);
  EXPECT_EQ(split.fields[0].text, "A: 1\r\n x\r\n");
  EXPECT_EQ(split.fields[1].name, "");
  EXPECT_EQ(split.fields[2].name, "b");
  EXPECT_EQ(split.body, "A: 3\r\n\r\n");
  EXPECT_EQ(split_message("\r\nbody").body, "body");
  EXPECT_TRUE(split_message("").fields.empty());
  EXPECT_EQ(split_message("A: 1").fields.at(0).text, "A: 1");
  EXPECT_EQ(split_message("A: 1\nB: 2\r\n").fields.size(), 1U);
}

TEST(DkimCanonical, EndsAFieldThatTheMessageCutsOff) {
  EXPECT_EQ(canonical_header(Canonicalization::simple, "A: 1"), "A: 1\r\n");
  EXPECT_EQ(canonical_header(Canonicalization::relaxed, "A : 1 "), "a:1\r\n");
}

TEST(DkimCanonical, MakesCrlfOfBareLfOnly) {
  EXPECT_EQ(with_crlf("a\nb\r\nc\rd\n\n"), "a\r\nb\r\nc\rd\r\n\r\n");
  EXPECT_EQ(with_crlf("\n"), "\r\n");
  EXPECT_EQ(with_crlf(""), "");
  EXPECT_EQ(with_crlf("a"), "a");
}

TEST(DkimCanonical, PicksFieldsFromTheBottomAndEachOnce) {
  const SplitMessage split = split_message("X: 1\r\nx : 2\r\nY: 3\r\n\r\n");
  FieldPicker picker(split.fields);
  EXPECT_EQ(picker.count("x"), 2U);
  EXPECT_EQ(picker.pick("x")->text, "x : 2\r\n");
  EXPECT_EQ(picker.pick("x")->text, "X: 1\r\n");
  EXPECT_EQ(picker.pick("x"), nullptr);
  EXPECT_EQ(picker.pick("z"), nullptr);
}

}  // namespace
}  // namespace posthaste
