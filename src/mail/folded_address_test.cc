#include "mail/folded_address.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

std::string fold(std::string_view text) {
  return folded(*MailAddress::parse(text)).smtp_form();
}

TEST(FoldedAddress, HasItsLettersInLowerCase) {
  EXPECT_EQ(fold("John.Smith@Example.COM"), "john.smith@example.com");
  EXPECT_EQ(fold("john@example.com"), "john@example.com");
  EXPECT_EQ(fold("\"A b\"@example.com"), "\"a b\"@example.com");
}

TEST(FoldedAddress, KeepsTagsAndDots) {
  EXPECT_EQ(fold("John+News@example.com"), "john+news@example.com");
  EXPECT_NE(fold("j.ohn@example.com"), fold("john@example.com"));
}

TEST(FoldedAddress, LeavesWhatIsNotAsciiAsItIs) {
  EXPECT_EQ(fold("\xc3\x84rger@example.com"), "\xc3\x84rger@example.com");
}

}  // namespace
}  // namespace posthaste
