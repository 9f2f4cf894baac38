#include "connectors/kafka/dead_letter_record.hpp"

#include <algorithm>

namespace velo::connectors {

namespace {

// What a record and its batch cost besides the bytes themselves: lengths, times, attributes.
constexpr std::size_t kRecordOverhead = 160;
constexpr std::size_t kHeaderOverhead = 12;
constexpr std::size_t kLongestText =
    1024;  // Of the message for people, which may quote the record.

engine::RecordHeaders error_headers(const engine::DeadLetter& letter, std::string_view job) {
    engine::RecordHeaders headers;
    const auto add = [&](std::string_view name, std::string value) {
        headers.emplace_back("__connect.errors." + std::string(name), std::move(value));
    };
    if (letter.offset >= 0) {  // A finished group comes from no single record.
        add("topic", letter.topic);
        add("partition", std::to_string(letter.partition));
        add("offset", std::to_string(letter.offset));
    }
    add("connector.name", std::string(job));
    add("stage", letter.stage);
    add("exception.class.name", letter.code);
    add("exception.message", letter.error.substr(0, kLongestText));
    return headers;
}

void cut(std::optional<std::string_view>& bytes, std::size_t excess) {
    if (bytes) bytes = bytes->substr(0, bytes->size() - std::min(excess, bytes->size()));
}

}  // namespace

std::size_t DeadLetterRecord::size() const noexcept {
    std::size_t sum = kRecordOverhead + (key ? key->size() : 0) + (value ? value->size() : 0);
    for (const auto& [name, text] : headers)
        sum += name.size() + (text ? text->size() : 0) + kHeaderOverhead;
    return sum;
}

DeadLetterRecord dead_letter_record(const engine::DeadLetter& letter, std::string_view job,
                                    std::size_t size_max) {
    DeadLetterRecord record;
    if (letter.has_key) record.key = letter.key;
    if (letter.has_value) record.value = letter.value;
    record.headers = letter.headers;
    const auto ours = error_headers(letter, job);
    record.headers.insert(record.headers.end(), ours.begin(), ours.end());
    if (record.size() <= size_max) return record;

    const engine::RecordHeaders::value_type truncated{"velostream.truncated",
                                                      std::to_string(letter.value.size())};
    record.headers.push_back(truncated);
    const auto excess = [&] { return record.size() > size_max ? record.size() - size_max : 0; };
    cut(record.value, excess());
    if (excess() == 0) return record;
    record.headers = ours;
    record.headers.push_back(truncated);
    cut(record.key, excess());
    return record;
}

}  // namespace velo::connectors
