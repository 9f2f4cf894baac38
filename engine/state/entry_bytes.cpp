#include "engine/state/entry_bytes.hpp"

#include "engine/aggregate/state_bytes.hpp"

namespace velo::engine {

namespace {

constexpr char kVersion = 1;

constexpr unsigned kWritten = 1;
constexpr unsigned kPending = 2;
constexpr unsigned kRemoved = 4;
constexpr unsigned kPane = 8;
constexpr unsigned kAllMarks = kWritten | kPending | kRemoved | kPane;

bool take_time(std::string_view& bytes, EventTime& time) {
    std::int64_t microseconds = 0;
    if (!take_signed(bytes, microseconds)) return false;
    time = EventTime{Duration{microseconds}};
    return true;
}

}  // namespace

void put_entry_head(std::string& out, const EntryHead& head) {
    out.push_back(kVersion);
    out.push_back(static_cast<char>((head.written ? kWritten : 0U) |
                                    (head.pending ? kPending : 0U) |
                                    (head.removed ? kRemoved : 0U) | (head.first ? kPane : 0U)));
    put_signed(out, head.start.time_since_epoch().count());
    if (head.first) put_signed(out, (*head.first - head.start).count());
    put_text(out, head.key);
}

std::optional<EntryHead> take_entry_head(std::string_view& bytes) {
    if (bytes.size() < 2 || bytes[0] != kVersion) return std::nullopt;
    const auto marks = static_cast<unsigned char>(bytes[1]);
    if ((marks & ~kAllMarks) != 0) return std::nullopt;
    bytes.remove_prefix(2);
    EntryHead head;
    head.written = (marks & kWritten) != 0;
    head.pending = (marks & kPending) != 0;
    head.removed = (marks & kRemoved) != 0;
    if (!take_time(bytes, head.start)) return std::nullopt;
    if ((marks & kPane) != 0) {
        std::int64_t after_start = 0;
        std::int64_t first = 0;
        if (!take_signed(bytes, after_start) ||
            __builtin_add_overflow(head.start.time_since_epoch().count(), after_start, &first))
            return std::nullopt;
        head.first = EventTime{Duration{first}};
    }
    if (!take_text(bytes, head.key)) return std::nullopt;
    return head;
}

}  // namespace velo::engine
