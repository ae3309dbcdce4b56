#include "report/log_place.h"

#include "report/report_fixture.h"

namespace posthaste {
namespace {

namespace fs = std::filesystem;

class LogPlaceTest : public ReportTest {
 protected:
  LogPlaceTest() { config.path = folder.path() / "events.jsonl"; }

  // The lines of these events of the spool, as a log has them.
  std::string lines(std::uint64_t first, std::uint64_t last) const {
    std::string text;
    for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
      const auto told = spool->told(sequence, 1);
      auto event = Event::decode(told->front().record);
      event->event_id = std::to_string(sequence);
      text += event->to_json() + "\n";
    }
    return text;
  }
  std::string line_of_another(const std::string& id) const {
    Event event = event_of(EventType::delivery);
    event.event_id = id;
    return event.to_json() + "\n";
  }
  fs::path put_away(const std::string& ending) const { return config.path.string() + ending; }

  std::uint64_t place(std::uint64_t saved) const {
    return find_log_place(*spool, config, saved).sequence;
  }

  LogConfig config;
};

TEST_F(LogPlaceTest, IsTheCursorWhenThereIsNoFile) {
  tell(5);
  EXPECT_EQ(place(3), 3u);
  EXPECT_EQ(place(0), 0u);
}

TEST_F(LogPlaceTest, IsTheLastLineWhenThatIsAheadOfTheCursor) {
  tell(5);
  write_file(config.path, lines(1, 4));
  EXPECT_EQ(place(2), 4u);
  EXPECT_EQ(place(0), 4u);
}

TEST_F(LogPlaceTest, IsTheCursorWhenThatStandsBehindEventsThatAreNotWritten) {
  tell(5);
  write_file(config.path, lines(1, 2));
  EXPECT_EQ(place(4), 4u);
}

TEST_F(LogPlaceTest, IsInTheFileThatWasPutAwayLastWhenTheNewOneHasNoLines) {
  tell(5);
  write_file(put_away(".20260101T000000Z"), lines(1, 2));
  write_file(put_away(".20260101T000000Z-1"), lines(3, 4));
  write_file(config.path, "");
  EXPECT_EQ(place(1), 4u);
}

TEST_F(LogPlaceTest, IsNotSoughtBeyondACompressedFile) {
  tell(5);
  write_file(put_away(".20260101T000000Z"), lines(1, 2));
  write_file(put_away(".20260101T000001Z.zst"), "compressed");
  EXPECT_EQ(place(1), 1u);
}

TEST_F(LogPlaceTest, IsInFrontOfLinesThatTellOfOtherEvents) {
  tell(5);
  write_file(config.path, lines(1, 3) + line_of_another("4") + line_of_another("9"));
  const LogPlace found = find_log_place(*spool, config, 1);
  EXPECT_EQ(found.sequence, 3u);
  EXPECT_EQ(found.unknown_lines, 2u);
}

TEST_F(LogPlaceTest, IsTheCursorWhenNoLineTellsOfAnEventOfThisSpool) {
  tell(2);
  write_file(config.path, line_of_another("1") + line_of_another("2") + line_of_another("3"));
  const LogPlace found = find_log_place(*spool, config, 0);
  EXPECT_EQ(found.sequence, 0u);
  EXPECT_EQ(found.unknown_lines, 3u);
}

TEST_F(LogPlaceTest, IsInFrontOfLinesThatAreNoEventsAndAreNotCounted) {
  tell(3);
  write_file(config.path, lines(1, 3) + "a remark\n\n" + std::string(50, '\0') + "\n{}\n");
  const LogPlace found = find_log_place(*spool, config, 0);
  EXPECT_EQ(found.sequence, 3u);
  EXPECT_EQ(found.unknown_lines, 0u);
}

TEST_F(LogPlaceTest, IsNotInALineThatIsUnfinished) {
  tell(3);
  std::string text = lines(1, 3);
  text.pop_back();
  write_file(config.path, text);
  EXPECT_EQ(place(0), 2u);
}

TEST_F(LogPlaceTest, IsTheCursorWhenTheOutboxHasForgottenWhatTheFileTells) {
  tell(5);
  write_file(config.path, lines(1, 2));
  spool->forget_told(4, WallTime());
  settle();
  EXPECT_EQ(place(0), 0u);
}

}  // namespace
}  // namespace posthaste
