#include "connectors/kafka/replay.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "connectors/kafka/failure.hpp"
#include "connectors/kafka/topics.hpp"

namespace velo::connectors {

namespace {

using engine::PortError;

constexpr std::string_view kErrors = "__connect.errors.";
constexpr std::string_view kReplayed = "velostream.replayed";
constexpr int kTransactionMs = 60'000;

template <class Number>
void read_number(std::string_view text, Number& number) {
    std::from_chars(text.data(), text.data() + text.size(), number);
}

// Where the server's own headers begin: it writes them last, and the topic or the job first of them.
std::size_t first_of_ours(const StoredHeaders& headers) {
    const auto last = [&](std::string_view name) {
        for (std::size_t i = headers.size(); i > 0; --i) {
            if (headers[i - 1].first == std::string(kErrors) + std::string(name)) return i - 1;
        }
        return headers.size();
    };
    const std::size_t job = last("connector.name");
    // Topic, partition and offset stand before the job where the letter comes from a record.
    if (job < headers.size() && job >= 3 && headers[job - 1].first == "__connect.errors.offset" &&
        headers[job - 3].first == "__connect.errors.topic")
        return job - 3;
    return job;
}

PortError failure(const rd_kafka_error_t* error, std::string_view what) {
    return port_error(rd_kafka_error_code(error), what, rd_kafka_error_string(error));
}

}  // namespace

std::optional<DeadLetterFacts> dead_letter_facts(const StoredRecord& record) {
    const std::size_t first = first_of_ours(record.headers);
    if (first == record.headers.size()) return std::nullopt;
    DeadLetterFacts facts;
    facts.own.assign(record.headers.begin(),
                     record.headers.begin() + static_cast<std::ptrdiff_t>(first));
    for (std::size_t i = first; i < record.headers.size(); ++i) {
        const auto& [header, value] = record.headers[i];
        const std::string text = value.value_or("");
        const std::string_view name = std::string_view(header).starts_with(kErrors)
                                          ? std::string_view(header).substr(kErrors.size())
                                          : std::string_view(header);
        if (name == "topic") facts.topic = text;
        if (name == "partition") read_number(text, facts.partition);
        if (name == "offset") read_number(text, facts.offset);
        if (name == "connector.name") facts.job = text;
        if (name == "stage") facts.stage = text;
        if (name == "exception.class.name") facts.reason = text;
        if (name == "exception.message") facts.text = text;
        if (name == "velostream.truncated") facts.full_size = text;
    }
    return facts;
}

std::optional<std::vector<std::int64_t>> replayed_offsets(const StoredRecord& record) {
    if (record.headers.empty() || record.headers[0].first != kReplayed) return std::nullopt;
    std::vector<std::int64_t> offsets;
    std::string_view rest = record.value ? std::string_view(*record.value) : std::string_view{};
    while (!rest.empty()) {
        std::int64_t offset = -1;
        const std::string_view digits = rest.substr(0, rest.find(','));
        read_number(digits, offset);
        offsets.push_back(offset);
        rest.remove_prefix(std::min(rest.size(), digits.size() + 1));
    }
    return offsets;
}

struct Replay::Writing {
    std::string dead_letter_topic;
    std::unique_ptr<Client> client;
    std::map<std::string, std::uint32_t> partitions;  // Of topics that have been looked up.

    [[nodiscard]] std::optional<PortError> produce(const std::string& topic, std::int32_t partition,
                                                   const std::optional<std::string>& key,
                                                   const std::optional<std::string>& value,
                                                   const StoredHeaders& own);
};

namespace {

rd_kafka_vu_t bytes_part(rd_kafka_vtype_t type, const std::string& bytes) {
    rd_kafka_vu_t part{};
    part.vtype = type;
    part.u.mem.ptr = const_cast<char*>(bytes.data());  // It is copied.
    part.u.mem.size = bytes.size();
    return part;
}

}  // namespace

std::optional<PortError> Replay::Writing::produce(const std::string& topic, std::int32_t partition,
                                                  const std::optional<std::string>& key,
                                                  const std::optional<std::string>& value,
                                                  const StoredHeaders& own) {
    rd_kafka_headers_t* headers = rd_kafka_headers_new(own.size());
    for (const auto& [name, text] : own) {
        rd_kafka_header_add(headers, name.data(), static_cast<ssize_t>(name.size()),
                            text ? text->data() : nullptr,
                            text ? static_cast<ssize_t>(text->size()) : 0);
    }
    std::vector<rd_kafka_vu_t> parts(4);
    parts[0].vtype = RD_KAFKA_VTYPE_TOPIC;
    parts[0].u.cstr = topic.c_str();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = partition;
    parts[2].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[2].u.headers = headers;
    parts[3].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    parts[3].u.i = RD_KAFKA_MSG_F_COPY;
    if (key) parts.push_back(bytes_part(RD_KAFKA_VTYPE_KEY, *key));
    if (value) parts.push_back(bytes_part(RD_KAFKA_VTYPE_VALUE, *value));
    const Failed failed{rd_kafka_produceva(client->get(), parts.data(), parts.size())};
    if (!failed) return std::nullopt;
    rd_kafka_headers_destroy(headers);
    return failure(failed.get(), fmt::format("writing to topic '{}'", topic));
}

Replay::Replay(std::unique_ptr<Writing> writing) : writing_(std::move(writing)) {}
Replay::~Replay() = default;

std::expected<std::unique_ptr<Replay>, PortError> Replay::begin(
    const ClientOptions& options, const std::string& job, const std::string& dead_letter_topic) {
    auto writing = std::make_unique<Writing>();
    writing->dead_letter_topic = dead_letter_topic;
    auto client =
        Client::make(RD_KAFKA_PRODUCER, options,
                     {{"linger.ms", "5"}, {"message.max.bytes", std::to_string(kLargestRequest)}},
                     {{"enable.idempotence", "true"},
                      {"acks", "all"},
                      {"partitioner", "murmur2_random"},
                      {"allow.auto.create.topics", "false"},
                      {"transactional.id", "velostream." + job + ".replay"},
                      {"transaction.timeout.ms", std::to_string(kTransactionMs)}},
                     0);
    if (!client) return std::unexpected(client.error());
    writing->client = std::move(*client);
    const Failed failed{rd_kafka_init_transactions(writing->client->get(), kTransactionMs / 2)};
    if (failed) {
        return std::unexpected(call_error(rd_kafka_error_code(failed.get()),
                                          "a replay cannot be begun", *writing->client));
    }
    return std::unique_ptr<Replay>(new Replay(std::move(writing)));
}

std::optional<PortError> Replay::write(const std::string& to, bool keep_partition,
                                       const std::vector<StoredRecord>& letters) {
    Writing& writing = *writing_;
    if (!writing.partitions.contains(to)) {
        const auto count = count_partitions(*writing.client, to);
        if (!count) return count.error();
        if (*count == 0) {
            return PortError{.fatal = true,
                             .code = "topic_missing",
                             .text = fmt::format("topic '{}' does not exist; name another one "
                                                 "with --to",
                                                 to)};
        }
        writing.partitions[to] = *count;
    }
    if (const Failed failed{rd_kafka_begin_transaction(writing.client->get())})
        return failure(failed.get(), "a replay cannot be begun");
    std::map<std::int32_t, std::vector<std::int64_t>> written;
    std::optional<PortError> refused;
    for (const StoredRecord& letter : letters) {
        const auto facts = dead_letter_facts(letter);
        if (!facts || refused) break;
        const bool keeps = keep_partition && facts->partition >= 0 &&
                           static_cast<std::uint32_t>(facts->partition) < writing.partitions[to];
        refused = writing.produce(to, keeps ? facts->partition : RD_KAFKA_PARTITION_UA, letter.key,
                                  letter.value, facts->own);
        written[letter.partition].push_back(letter.offset);
    }
    for (const auto& [partition, offsets] : written) {
        if (refused) break;
        refused = writing.produce(writing.dead_letter_topic, partition, kReplayed.data(),
                                  fmt::format("{}", fmt::join(offsets, ",")),
                                  {{std::string(kReplayed), to}});
    }
    if (!refused) {
        const Failed failed{rd_kafka_commit_transaction(writing.client->get(), kTransactionMs)};
        if (!failed) return std::nullopt;
        refused = judge(rd_kafka_error_code(failed.get())).code == "fenced"
                      ? PortError{.fatal = true,
                                  .code = "fenced",
                                  .text =
                                      "another replay of the same job has begun; this one has "
                                      "ended, and nothing is replayed twice"}
                      : failure(failed.get(), fmt::format("writing to topic '{}'", to));
    }
    const Failed ignored{rd_kafka_abort_transaction(writing.client->get(), kTransactionMs / 2)};
    return refused;
}

}  // namespace velo::connectors
