#include "identity/authentication_results.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace posthaste {
namespace {

AuthenticationResults parsed(const std::string& value) {
  const auto results = parse_authentication_results(value);
  EXPECT_TRUE(results) << value;
  return results.value_or(AuthenticationResults{});
}

std::string property(const AuthenticationResult& result, const std::string& name) {
  for (const AuthenticationProperty& one : result.properties) {
    if (one.type + "." + one.name == name) return one.value;
  }
  return "absent";
}

std::string on_one_line(std::string text) {
  std::erase(text, '\r');
  std::replace(text.begin(), text.end(), '\n', ' ');
  std::string out;
  for (const char c : text) {
    if (c != ' ' || !out.ends_with(' ')) out.push_back(c);
  }
  return out;
}

// RFC 8601 §B.2
TEST(AuthenticationResults, SayWhenNothingWasChecked) {
  EXPECT_EQ(to_field_value({"example.org", {}}), "example.org; none");
  const auto read = parsed(" example.org 1; none");
  EXPECT_EQ(read.authserv_id, "example.org");
  EXPECT_TRUE(read.results.empty());
}

// RFC 8601 §B.3
TEST(AuthenticationResults, TellOfOneMethod) {
  const auto read = parsed("example.com;\r\n          spf=pass smtp.mailfrom=example.net\r\n");
  ASSERT_EQ(read.results.size(), 1U);
  EXPECT_EQ(read.results[0].method, "spf");
  EXPECT_EQ(read.results[0].result, "pass");
  EXPECT_EQ(property(read.results[0], "smtp.mailfrom"), "example.net");
}

// RFC 8601 §B.4
TEST(AuthenticationResults, TellOfSeveralMethodsWithComments) {
  const auto read = parsed(
      "example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n"
      "  spf=pass smtp.mailfrom=example.net");
  ASSERT_EQ(read.results.size(), 2U);
  EXPECT_EQ(read.results[0].comment, "cram-md5");
  EXPECT_EQ(property(read.results[0], "smtp.auth"), "sender@example.net");
}

// RFC 8601 §B.6
TEST(AuthenticationResults, GiveReasonsAndSeveralSignatures) {
  const auto read = parsed(
      "example.com;\r\n      dkim=pass reason=\"good signature\"\r\n"
      "        header.i=@mail-router.example.net;\r\n"
      "      dkim=fail reason=\"bad signature\"\r\n        header.i=@newyork.example.com");
  ASSERT_EQ(read.results.size(), 2U);
  EXPECT_EQ(read.results[0].reason, "good signature");
  EXPECT_EQ(property(read.results[0], "header.i"), "@mail-router.example.net");
  EXPECT_EQ(read.results[1].reason, "bad signature");
}

// RFC 8601 §B.7
TEST(AuthenticationResults, MayHaveCommentsAnywhere) {
  const auto read = parsed(
      "foo.example.net (foobar) 1 (baz);\r\n    dkim (Because I like it) / 1 (One yay) = (wait for "
      "it) fail\r\n      policy (A dot can go here) . (like that) expired\r\n      (this surprised "
      "me) = (as I wasn't expecting it) 1362471462");
  EXPECT_EQ(read.authserv_id, "foo.example.net");
  ASSERT_EQ(read.results.size(), 1U);
  EXPECT_EQ(read.results[0].method, "dkim");
  EXPECT_EQ(read.results[0].result, "fail");
  EXPECT_EQ(property(read.results[0], "policy.expired"), "1362471462");
}

TEST(AuthenticationResults, ReadWhatLargeProvidersWrite) {
  const auto read = parsed(
      "mx.google.com;\r\n dkim=pass header.i=@example.com header.s=s1 header.b=\"Ab+/3d=\";\r\n"
      " spf=pass (google.com: domain of \"a b\"@example.com designates 192.0.2.1 (v4) as permitted "
      "sender) smtp.mailfrom=\"a b\"@example.com;\r\n"
      " dmarc=pass (p=REJECT sp=REJECT dis=NONE) action=none header.from=example.com;");
  ASSERT_EQ(read.results.size(), 3U);
  EXPECT_EQ(property(read.results[0], "header.b"), "Ab+/3d=");
  EXPECT_EQ(property(read.results[1], "smtp.mailfrom"), "\"a b\"@example.com");
  EXPECT_EQ(read.results[2].comment, "p=REJECT sp=REJECT dis=NONE");
  EXPECT_EQ(property(read.results[2], "header.from"), "example.com");
}

TEST(AuthenticationResults, ReadBackWhatWasWritten) {
  AuthenticationResults results;
  results.authserv_id = "mx.example.org";
  results.results.push_back({"spf",
                             "softfail",
                             "a (nested) note",
                             "not permitted",
                             {{"smtp", "mailfrom", "o'brien+x@example.com"},
                              {"smtp", "helo", "two words"},
                              {"policy", "text", "quote \" and \\ back"},
                              {"smtp", "mailfrom", ""}}});
  results.results.push_back({"dkim", "pass", "unbalanced ) (", "", {{"header", "b", "a/b=c+"}}});
  const std::string text = to_field_value(results);
  const auto read = parsed(text);
  ASSERT_EQ(read.results.size(), 2U) << text;
  EXPECT_EQ(read.results[0].comment, "a (nested) note");
  EXPECT_EQ(read.results[0].reason, "not permitted");
  for (std::size_t i = 0; i < results.results[0].properties.size(); ++i) {
    EXPECT_EQ(read.results[0].properties[i].value, results.results[0].properties[i].value);
  }
  EXPECT_EQ(read.results[1].comment, "unbalanced \\) \\(");
  EXPECT_EQ(read.results[1].properties[0].value, "a/b=c+");
  EXPECT_EQ(to_field_value(read), text);
}

TEST(AuthenticationResults, KeepLinesShortAndFoldBetweenWords) {
  AuthenticationResults results{"mx.example.org", {}};
  for (int i = 0; i < 3; ++i) {
    results.results.push_back({"dkim",
                               "pass",
                               "2048-bit key",
                               "",
                               {{"header", "d", "a-rather-long-domain-name.example.com"},
                                {"header", "i", "@a-rather-long-domain-name.example.com"},
                                {"header", "b", "abcdefgh"}}});
  }
  const std::string text = to_field_value(results);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find("\r\n", at), text.size());
    EXPECT_LE(end - at, 78U);
    at = end + 2;
  }
  EXPECT_EQ(on_one_line(text).find("mx.example.org; dkim=pass (2048-bit key) header.d=a-rather"),
            0U);
}

TEST(AuthenticationResults, LetNothingOutOfTheField) {
  const std::string evil = "x\r\nSubject: forged\r\n\r\nbody\0";
  AuthenticationResults results{"mx\r\nX: y",
                                {{"spf", "fail", evil, evil, {{"smtp", "helo", evil}}}}};
  const std::string text = to_field_value(results);
  for (std::size_t at = text.find('\r'); at != std::string::npos; at = text.find('\r', at + 1)) {
    EXPECT_EQ(text.substr(at, 3), "\r\n ");
  }
  EXPECT_TRUE(parse_authentication_results(text));
}

// Found by the fuzz target: such a value was quoted when written first, and not when written again.
TEST(AuthenticationResults, WriteAValueAlikeWithAndWithoutControlCharacters) {
  const std::string clean = to_field_value({"mx", {{"spf", "pass", "", "why\x01", {}}}});
  EXPECT_EQ(clean, "mx;\r\n spf=pass reason=why");
  EXPECT_EQ(to_field_value(parsed(clean)), clean);
}

// RFC 8601 §2.2: an address stands without quotes as the value of a property only.
TEST(AuthenticationResults, QuoteAnAddressWhereTheGrammarHasNone) {
  const AuthenticationResults written = {
      "mx@example.org", {{"spf", "pass", "", "for@example.net", {{"smtp", "helo", "a@b@c"}}}}};
  const std::string text = to_field_value(written);
  EXPECT_EQ(on_one_line(text),
            "\"mx@example.org\"; spf=pass reason=\"for@example.net\" smtp.helo=\"a@b@c\"");
  EXPECT_EQ(parsed(text).authserv_id, "mx@example.org");
}

TEST(AuthenticationResults, AreRefusedWhenMalformed) {
  for (const auto* text :
       {"", ";", "a", "a b; spf=pass", "a 2; spf=pass", "spf=pass; dkim=pass", "a; spf",
        "a; spf=", "a; =pass", "a; spf=pass (open", "a; spf=pass smtp.=x", "a; spf=pass smtp.x",
        "a; spf/2=pass", "a; spf=pass smtp.mailfrom=\"open",
        "a; spf=pass smtp.mailfrom=", "a; spf=pass ,", "a\\; none"}) {
    EXPECT_FALSE(parse_authentication_results(text)) << text;
  }
}

}  // namespace
}  // namespace posthaste
