// What a Kafka source and a Kafka sink need to be told. Plain: it names nothing of librdkafka.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/time.hpp"

namespace velo::connectors {

enum class LogLevel : std::uint8_t { Error, Warning, Info, Debug };

/// Takes the client library's log lines, passwords removed. Called from any thread, also from several at once.
using LogSink = std::function<void(LogLevel level, std::string_view line)>;

/// How to reach a cluster.
struct ClientOptions {
    std::string bootstrap_servers;
    std::string client_id = "velostream";
    std::map<std::string, std::string>
        properties;  // librdkafka's names, allow-listed by the configuration; secrets read.
    LogSink log;     // Empty: lines are dropped.
};

/// A property whose value the client library refuses, and what it says.
struct PropertyMistake {
    std::string name;
    std::string text;
};

/// Judges each value by the library's own rules, without connecting: what passes here does not stop a job later.
[[nodiscard]] std::vector<PropertyMistake> judge_properties(
    const std::map<std::string, std::string>& properties);

/// Where a job without committed offsets begins.
struct StartAt {
    enum class Kind : std::uint8_t { Earliest, Latest, Time };
    Kind kind = Kind::Earliest;
    EventTime time{};  // Kind::Time: at the first record that is not older.
};

struct KafkaSourceOptions {
    ClientOptions client;
    std::string job;  // The group is velostream.<job>.
    std::string topic;
    StartAt start;
};

/// How to make a topic that is missing.
struct TopicShape {
    std::int32_t partitions = 1;
    std::int32_t replication = -1;  // -1: as the cluster does by default.
};

struct KafkaSinkOptions {
    ClientOptions client;
    std::string job;
    std::string topic;
    std::optional<TopicShape> create;  // Empty: the topic has to be there.
    std::string
        dead_letter_topic;  // Empty: no policy of the job writes dead letters. Made when it is missing.
    TopicShape dead_letter_shape;
    std::optional<std::size_t>
        largest_record;  // That its topics take; empty: the cluster is asked, and no answer means the brokers' default.
    std::size_t budget_bytes =
        64U << 20;                 // Written and not acknowledged; per record 256 bytes are added.
    int wake_descriptor = -1;      // Written when acknowledgements wait for serve().
    std::string transactional_id;  // Empty: an idempotent producer, and no epoch waits for another.
    std::chrono::milliseconds transaction_timeout =
        std::chrono::seconds(10);  // After which the broker gives a silent transaction up.
};

/// Where a Kafka job's progress lasts: group velostream.<job>, topics velostream.<job>.lead and velostream.<job>.state.
struct KafkaLedgerOptions {
    ClientOptions client;
    std::string job;
    std::string topic;  // The job's source, or one of them: every one carries the note.
    std::string
        instance;  // This process among those that run the job; a restart under the same name owns at once.
                   // Empty: each start is a stranger.
    std::chrono::milliseconds session =
        std::chrono::seconds(10);   // A process that is silent for longer has lost the job.
    std::int32_t replication = -1;  // Of topics that are made; -1: as the cluster does by default.
    int wake_descriptor = -1;       // Written when lead() has something new to say.
};

}  // namespace velo::connectors
