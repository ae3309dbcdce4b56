#include "relay/header_capture.h"

#include <gtest/gtest.h>

namespace posthaste {
namespace {

std::string captured(std::string_view content, std::size_t step,
                     HeaderCapture::Form form = HeaderCapture::Form::stuffed) {
  HeaderCapture capture(form);
  for (std::size_t at = 0; at < content.size(); at += step) capture.add(content.substr(at, step));
  return capture.take();
}

TEST(HeaderCapture, KeepsTheHeaderAndNoBody) {
  const std::string content = "Subject: x\r\nX-A: 1\r\n 2\r\n\r\nbody\r\n\r\nmore\r\n.\r\n";
  for (std::size_t step = 1; step <= content.size(); ++step) {
    EXPECT_EQ(captured(content, step), "Subject: x\r\nX-A: 1\r\n 2\r\n\r\n") << step;
  }
}

TEST(HeaderCapture, KeepsNoMoreThanItsLimit) {
  HeaderCapture capture;
  const std::string field = "X-A: " + std::string(993, 'x') + "\r\n";
  for (int i = 0; i < 100; ++i) capture.add(field);
  EXPECT_EQ(capture.take().size(), HeaderCapture::kMaxOctets);
}

TEST(HeaderCapture, TakesStuffingAway) {
  EXPECT_EQ(captured("..a: b\r\n\r\n", 3), ".a: b\r\n\r\n");
  EXPECT_EQ(captured("..a: b\r\n\r\n", 3, HeaderCapture::Form::plain), "..a: b\r\n\r\n");
  EXPECT_EQ(captured("Subject: no body\r\n.\r\n", 4), "Subject: no body\r\n");
}

TEST(HeaderCapture, SeesThatThereIsNoHeader) {
  EXPECT_EQ(captured("\r\nSubject: of the body\r\n\r\n", 1), "\r\n");
}

}  // namespace
}  // namespace posthaste
