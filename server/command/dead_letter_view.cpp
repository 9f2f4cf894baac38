#include "server/command/dead_letter_view.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "server/record_text.hpp"

namespace velo::server {

namespace {

using connectors::DeadLetterFacts;
using connectors::StoredRecord;
using engine::JsonWriter;

template <class Number>
bool is_number(std::string_view text, Number& number) {
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    return problem == std::errc{} && end == text.data() + text.size() && number >= 0;
}

std::string time_text(std::int64_t micros) {
    return rfc3339_text(EventTime{std::chrono::microseconds{micros}});
}

}  // namespace

std::expected<LetterFilter, std::string> LetterFilter::make(const std::string& reason,
                                                            const std::string& from,
                                                            EventTime now) {
    LetterFilter filter;
    filter.reason = reason;
    if (from.empty()) return filter;
    if (const auto time = parse_rfc3339(from)) {
        filter.since = *time;
        return filter;
    }
    const std::size_t colon = from.find(':');
    std::int32_t partition = 0;
    if (colon != std::string::npos &&
        is_number(std::string_view(from).substr(0, colon), partition) &&
        is_number(std::string_view(from).substr(colon + 1), filter.offset)) {
        filter.partition = partition;
        return filter;
    }
    if (const auto duration = parse_duration(from)) {
        filter.since = now - *duration;
        return filter;
    }
    return std::unexpected("'" + from +
                           "' is nothing to begin at; --from takes a time like "
                           "2024-01-15T10:00:00Z, a duration like 2h, or PARTITION:OFFSET");
}

bool LetterFilter::takes(const StoredRecord& record, const DeadLetterFacts& facts) const {
    if (!reason.empty() && facts.reason != reason && facts.stage != reason) return false;
    if (since && EventTime{std::chrono::microseconds{record.timestamp_us}} < *since) return false;
    return !partition || (record.partition == *partition && record.offset >= offset);
}

std::expected<std::unique_ptr<DeadLetterView>, engine::PortError> DeadLetterView::open(
    const connectors::ClientOptions& client, const std::string& topic, const std::string& job) {
    auto records = connectors::StoredRecords::open(client, topic);
    if (!records && records.error().code == "topic_missing") return nullptr;
    if (!records) return std::unexpected(records.error());
    std::unique_ptr<DeadLetterView> view(new DeadLetterView(std::move(*records), job));
    const auto problem = view->records_->read(0, [&](const StoredRecord& record) {
        if (const auto offsets = connectors::replayed_offsets(record))
            view->replayed_[record.partition].insert(offsets->begin(), offsets->end());
        return true;
    });
    if (problem) return std::unexpected(*problem);
    return view;
}

std::optional<engine::PortError> DeadLetterView::read(
    const LetterFilter& filter, const std::function<bool(const SeenLetter&)>& visit) {
    return records_->read(0, [&](const StoredRecord& record) {
        const auto facts = connectors::dead_letter_facts(record);
        if (!facts || facts->job != job_ || !filter.takes(record, *facts)) return true;
        const auto replayed = replayed_.find(record.partition);
        const bool is_replayed =
            replayed != replayed_.end() && replayed->second.contains(record.offset);
        return visit({.record = record, .facts = *facts, .is_replayed = is_replayed});
    });
}

std::string kinds_text(const std::string& topic, const std::map<LetterKind, LetterCount>& kinds) {
    std::uint64_t count = 0, replayed = 0;
    std::size_t widest_reason = 6, widest_source = 6;
    for (const auto& [kind, counted] : kinds) {
        count += counted.count;
        replayed += counted.replayed;
        widest_reason = std::max(widest_reason, kind.reason.size());
        widest_source = std::max(widest_source, kind.source.size());
    }
    std::string out = fmt::format("{}: {} dead letter{}, {} of them replayed\n", topic, count,
                                  count == 1 ? "" : "s", replayed);
    if (kinds.empty()) return out;
    out +=
        fmt::format("{:<8}  {:<{}}  {:<{}}  {:>8}  {:>8}  {:<24}  {}\n", "STAGE", "REASON",
                    widest_reason, "SOURCE", widest_source, "COUNT", "REPLAYED", "FIRST", "LAST");
    for (const auto& [kind, counted] : kinds) {
        out += fmt::format("{:<8}  {:<{}}  {:<{}}  {:>8}  {:>8}  {:<24}  {}\n", kind.stage,
                           kind.reason, widest_reason, kind.source.empty() ? "-" : kind.source,
                           widest_source, counted.count, counted.replayed,
                           time_text(counted.first_us), time_text(counted.last_us));
    }
    return out;
}

std::string kinds_json(const std::string& topic, const std::map<LetterKind, LetterCount>& kinds) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().name("topic").text(topic).name("kinds").begin_array();
    for (const auto& [kind, counted] : kinds) {
        json.begin_object().name("stage").text(kind.stage).name("reason").text(kind.reason);
        json.name("source").text(kind.source);
        json.name("count").integer(static_cast<std::int64_t>(counted.count));
        json.name("replayed").integer(static_cast<std::int64_t>(counted.replayed));
        json.name("first").text(time_text(counted.first_us));
        json.name("last").text(time_text(counted.last_us)).end_object();
    }
    json.end_array().end_object();
    return out + '\n';
}

std::string letter_text(const std::string& topic, const SeenLetter& letter) {
    const auto& [record, facts, is_replayed] = letter;
    std::string out = fmt::format("{} partition {} offset {}  {}  {} ({}){}\n", topic,
                                  record.partition, record.offset, time_text(record.timestamp_us),
                                  facts.stage, facts.reason, is_replayed ? "  replayed" : "");
    out += facts.topic.empty() ? "    from a finished group"
                               : fmt::format("    from {} partition {} offset {}", facts.topic,
                                             facts.partition, facts.offset);
    out += fmt::format(", job {}\n    {}\n", facts.job, printable(facts.text));
    if (record.key) out += "    key:\n" + payload_text(*record.key, 8);
    for (const auto& [name, value] : facts.own)
        out +=
            fmt::format("    header {}: {}\n", printable(name), printable(value.value_or("null")));
    if (facts.full_size)
        out += fmt::format("    cut: {} bytes of {}\n", record.value ? record.value->size() : 0,
                           *facts.full_size);
    return out +
           (record.value ? "    value:\n" + payload_text(*record.value, 8) : "    value: null\n");
}

std::string letter_json(const std::string& topic, const SeenLetter& letter) {
    const auto& [record, facts, is_replayed] = letter;
    std::string out;
    JsonWriter json(out);
    json.begin_object().name("topic").text(topic);
    json.name("partition").integer(std::int64_t{record.partition});
    json.name("offset").integer(record.offset).name("at").text(time_text(record.timestamp_us));
    json.name("job").text(facts.job).name("stage").text(facts.stage);
    json.name("reason").text(facts.reason);
    write_bytes(json, "error", facts.text);
    json.name("source");
    if (facts.topic.empty()) {
        json.null();
    } else {
        json.begin_object().name("topic").text(facts.topic);
        json.name("partition").integer(std::int64_t{facts.partition});
        json.name("offset").integer(facts.offset).end_object();
    }
    json.name("replayed").boolean(is_replayed).name("truncated");
    json.boolean(facts.full_size.has_value());
    record.key ? write_bytes(json, "key", *record.key) : void(json.name("key").null());
    record.value ? write_bytes(json, "value", *record.value) : void(json.name("value").null());
    json.name("headers").begin_array();
    for (const auto& [name, value] : facts.own) {
        json.begin_object();
        write_bytes(json, "name", name);
        value ? write_bytes(json, "value", *value) : void(json.name("value").null());
        json.end_object();
    }
    json.end_array().end_object();
    return out + '\n';
}

}  // namespace velo::server
