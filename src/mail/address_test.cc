#include "mail/address.h"

#include <gtest/gtest.h>

#include "mail/mail_error.h"

namespace posthaste {
namespace {

std::string domain_of(std::string_view text) {
  const auto domain = Domain::parse(text);
  return domain ? domain->ascii() : "refused";
}

std::string address_of(std::string_view text) {
  const auto address = MailAddress::parse(text);
  return address ? address->smtp_form() : "refused";
}

TEST(Domain, IsKeptInLowerCaseALabels) {
  EXPECT_EQ(domain_of("Example.COM."), "example.com");
  EXPECT_EQ(domain_of("b\xC3\xBC\x63her.example"), "xn--bcher-kva.example");
  EXPECT_EQ(domain_of("B\xC3\x9C\x43HER.example"), "xn--bcher-kva.example");
  EXPECT_EQ(domain_of("xn--bcher-kva.example"), "xn--bcher-kva.example");
  EXPECT_EQ(Domain::parse("xn--bcher-kva.example")->unicode(), "b\xC3\xBC\x63her.example");
}

TEST(Domain, TakesAddressLiterals) {
  // RFC 5321 §4.1.3
  EXPECT_EQ(domain_of("[192.0.2.1]"), "[192.0.2.1]");
  EXPECT_EQ(domain_of("[ipv6:2001:DB8:0::1]"), "[IPv6:2001:db8::1]");
  for (const char* const text : {"[]", "[192.0.2]", "[2001:db8::1]", "[IPv6:192.0.2.1]",
                                 "[192.0.2.256]", "[IPv6:fe80::1%eth0]", "[192.0.2.1"}) {
    EXPECT_EQ(domain_of(text), "refused") << text;
  }
}

TEST(Domain, RefusesNamesThatDnsCannotHold) {
  EXPECT_EQ(domain_of(std::string(63, 'a') + ".example"), std::string(63, 'a') + ".example");
  for (const std::string& text :
       {std::string(), std::string("."), std::string("a..b"), std::string(".a"),
        std::string("-a.example"), std::string("a-.example"), std::string("a b.example"),
        std::string(64, 'a') + ".example", std::string("a\xFF.example"),
        std::string("a\0b.example", 11)}) {
    const auto domain = Domain::parse(text);
    ASSERT_FALSE(domain) << text;
    EXPECT_EQ(domain.error().code, MailErrc::bad_domain);
  }
}

TEST(LocalPart, QuotesOnlyWhereSmtpNeedsIt) {
  EXPECT_EQ(address_of("Smith@example.com"), "Smith@example.com");
  EXPECT_EQ(address_of(R"("smith"@example.com)"), "smith@example.com");
  EXPECT_EQ(address_of(R"("a b"@example.com)"), R"("a b"@example.com)");
  EXPECT_EQ(address_of(R"("a\"b\\c"@example.com)"), R"("a\"b\\c"@example.com)");
  EXPECT_EQ(address_of(R"("Abc@def"@example.com)"), R"("Abc@def"@example.com)");
  EXPECT_EQ(LocalPart::parse(R"("\a b")")->unquoted(), "a b");
}

TEST(LocalPart, HasAtMost64Octets) {
  EXPECT_NE(address_of(std::string(64, 'a') + "@example.com"), "refused");
  EXPECT_EQ(address_of(std::string(65, 'a') + "@example.com"), "refused");
  EXPECT_NE(address_of("\"" + std::string(62, ' ') + "\"@example.com"), "refused");
  EXPECT_EQ(address_of("\"" + std::string(63, ' ') + "\"@example.com"), "refused");
}

TEST(MailAddress, RefusesWhatIsNone) {
  for (const char* const text :
       {"", "@", "a", "a@", "@b", "a@b@c", ".a@b", "a.@b", "a..b@c", "a b@c", "\"a@b", "\"a\"b@c",
        "a@b c", "a\x01@b", "\"a\nb\"@c", "<a@b>", "a\xFF@b", "\"a\\\xC3\xBC\"@b"}) {
    EXPECT_EQ(address_of(text), "refused") << text;
  }
}

TEST(MailAddress, HasAtMost254Octets) {
  const std::string label(61, 'a');
  const std::string domain = label + "." + label + "." + label;                     // 185
  EXPECT_NE(address_of(std::string(64, 'x') + "@" + domain + ".abc"), "refused");   // 254
  EXPECT_EQ(address_of(std::string(64, 'x') + "@" + domain + ".abcd"), "refused");  // 255
}

TEST(MailAddress, TellsWhenItNeedsSmtpUtf8) {
  EXPECT_FALSE(MailAddress::parse("a@b\xC3\xBC\x63her.example")->needs_smtputf8());
  EXPECT_TRUE(MailAddress::parse("b\xC3\xBC\x63her@example.com")->needs_smtputf8());
}

TEST(ReversePath, MayBeNull) {
  EXPECT_TRUE(ReversePath::parse("")->is_null());
  EXPECT_EQ(ReversePath::parse("")->smtp_form(), "");
  EXPECT_FALSE(ReversePath::parse("a@example.com")->is_null());
  EXPECT_FALSE(ReversePath::parse("<>"));
}

}  // namespace
}  // namespace posthaste
