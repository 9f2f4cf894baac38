// A job file as plain structs. It knows neither SQL nor Kafka: types and names inside the query are judged by the job builder,
// which finds the place of everything it may complain about here.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/job_test_spec.hpp"
#include "config/kafka_properties.hpp"
#include "config/section.hpp"
#include "config/sink_spec.hpp"
#include "config/source_spec.hpp"
#include "config/sql_text.hpp"

namespace velo::config {

enum class Delivery : std::uint8_t { ExactlyOnce, AtLeastOnce };

enum class ErrorAction : std::uint8_t {
    Dlq,
    Drop,
    Fail,
    ApplyIfOpen
};  // ApplyIfOpen: late rows only.

[[nodiscard]] std::string_view delivery_name(Delivery delivery) noexcept;
[[nodiscard]] std::string_view action_name(ErrorAction action) noexcept;

struct OnErrorSpec {
    Placed<ErrorAction> decode{ErrorAction::Dlq, {}};
    Placed<ErrorAction> evaluate{ErrorAction::Dlq, {}};
    Placed<ErrorAction> late{ErrorAction::Drop, {}};
    Placed<ErrorAction> encode{ErrorAction::Dlq, {}};
    double max_ratio = 0.5;  // 1 = never
};

enum class StrategyChoice : std::uint8_t { Auto, Hash, Sticky, RoundRobin, FanIn };

[[nodiscard]] std::string_view strategy_name(StrategyChoice strategy) noexcept;

struct ExecutionSpec {
    Placed<std::optional<std::uint32_t>> partitions;  // Pipelines; nullopt: one per worker.
    Placed<StrategyChoice> strategy;
    Placed<Duration> commit_interval{std::chrono::seconds{1}, {}};
    Placed<std::uint32_t> batch_records{10'000, {}};
};

struct StateSpec {
    Placed<Duration> ttl;                                // Zero: kept for ever.
    Placed<std::uint64_t> memory_limit{4ULL << 30, {}};  // Bytes.
};

/// The `kafka:` section of a job.
struct JobKafkaSpec {
    Placed<std::string>
        connection;  // By its name in the server file; empty: the server's own `kafka:`.
    std::vector<KafkaProperty> properties;
};

struct JobSpec {
    std::string file;
    Placed<std::string> name;
    std::string description;
    std::vector<SourceSpec> sources;  // At least one.
    SqlText query;
    SinkSpec sink;
    Placed<Delivery> delivery;
    OnErrorSpec on_error;
    DlqSpec dlq;
    ExecutionSpec execution;
    StateSpec state;
    JobKafkaSpec kafka;
    std::vector<JobTestSpec> tests;
    /// There is a query, and all columns it may use are known: it can be judged, whatever else is wrong.
    bool can_be_planned = false;
};

/// The job in `file`. Mistakes are added to `mistakes`; with any, what is returned is not a job to run.
[[nodiscard]] JobSpec read_job(const YamlFile& file, const Environment& environment,
                               std::vector<Mistake>& mistakes);

/// The same, of the value that is the whole file.
[[nodiscard]] JobSpec read_job(const Value& root);

}  // namespace velo::config
