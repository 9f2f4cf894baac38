#include "server/metrics/exporter.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include "config/log_choice.hpp"
#include "connectors/kafka/library.hpp"
#include "engine/base/hash.hpp"
#include "server/log.hpp"
#include "server/metrics/broker_families.hpp"
#include "server/metrics/families.hpp"
#include "server/metrics/process.hpp"
#include "server/runtime/clock.hpp"
#include "server/version.hpp"

namespace velo::server {

namespace {

using prometheus::MetricType;
using runtime::Counter;
using runtime::JobCounters;
using runtime::PipelineCounters;

// Of more source partitions than that a job has one series for all: a scrape is to stay small.
constexpr std::uint32_t kMostPartitions = 64;

template <class Member>
double sum(const JobCounters& counters, Member member) {
    double total = 0;
    for (const PipelineCounters& pipeline : counters.pipelines)
        total += static_cast<double>((pipeline.*member).get());
    return total;
}

std::string stage_name(std::size_t stage) {
    return std::string(engine::fault_stage_name(static_cast<engine::FaultStage>(stage)));
}

std::string code_name(std::size_t code) {
    return std::string(engine::fault_code_name(static_cast<engine::FaultCode>(code)));
}

/// All families of the daemon, in the order of docs/metrics.md; one scrape fills them.
struct Families {
    Family build{"velostream_build_info", "Always 1; the labels say which build this is.",
                 MetricType::Gauge};
    Family reload_ok{"velostream_config_last_reload_successful",
                     "1 when the last reading of the configuration succeeded, else 0.",
                     MetricType::Gauge};
    Family reload_time{"velostream_config_last_reload_success_timestamp_seconds",
                       "When the configuration was last read with success, in seconds since 1970.",
                       MetricType::Gauge};
    Family reload_failures{"velostream_config_reload_failures_total",
                           "Reloads that were refused; they changed nothing.", MetricType::Counter};
    Family messages{"velostream_log_messages_total",
                    "Messages of the log by level; those that were held back count, too.",
                    MetricType::Counter};
    Family info{"velostream_job_info",
                "Always 1; the labels say how the job delivers and which configuration it has.",
                MetricType::Gauge};
    Family started{"velostream_job_start_timestamp_seconds",
                   "When the job's present run began, in seconds since 1970.", MetricType::Gauge};
    Family requests{"velostream_http_requests_total",
                    "Answers of the HTTP listener, by path and code; what is no known path is "
                    "route other.",
                    MetricType::Counter};
    Family scrape{"velostream_scrape_duration_seconds",
                  "How long it took to gather this answer of /metrics.", MetricType::Gauge};
    Family state{"velostream_job_state", "1 for the state the job is in, 0 for the others.",
                 MetricType::Gauge};
    Family restarts{"velostream_job_restarts_total",
                    "Times the job was started again after a failure.", MetricType::Counter};
    Family in{"velostream_records_in_total", "Records read from a source partition.",
              MetricType::Counter};
    Family in_bytes{"velostream_bytes_in_total",
                    "Bytes of keys and values read from a source partition.", MetricType::Counter};
    Family answered{"velostream_records_answered_total",
                    "Rows answered: taken by a group or written.", MetricType::Counter};
    Family filtered{"velostream_records_filtered_total", "Rows that WHERE turned away.",
                    MetricType::Counter};
    Family late{"velostream_late_records_total",
                "Rows that no window took any more, by what was done with them.",
                MetricType::Counter};
    Family dead{"velostream_dlq_records_total",
                "Records sent to the dead letters, by the stage that failed.", MetricType::Counter};
    Family dropped{"velostream_records_dropped_total",
                   "Records with faults that on_error says to drop, by stage.",
                   MetricType::Counter};
    Family out{"velostream_records_out_total", "Output records acknowledged by the sink.",
               MetricType::Counter};
    Family out_bytes{"velostream_bytes_out_total",
                     "Bytes of keys and values of acknowledged output records.",
                     MetricType::Counter};
    Family errors{"velostream_errors_total",
                  "Faults of rows and finished groups, by stage and code.", MetricType::Counter};
    Family output_faults{"velostream_output_faults_total",
                         "Finished groups that could not be written.", MetricType::Counter};
    Family lag{"velostream_consumer_lag_records",
               "Records between the next to be read and the end of the partition.",
               MetricType::Gauge};
    Family lag_time{"velostream_consumer_lag_seconds",
                    "How old the record read last is by its own timestamp; 0 where all is read.",
                    MetricType::Gauge};
    Family watermark{"velostream_watermark_timestamp_seconds",
                     "Event time the job has come to, in seconds since 1970.", MetricType::Gauge};
    Family partition_watermark{"velostream_partition_watermark_timestamp_seconds",
                               "Event time a source partition has come to, in seconds since 1970.",
                               MetricType::Gauge};
    Family watermark_lag{"velostream_watermark_lag_seconds",
                         "How far the watermark is behind the clock.", MetricType::Gauge};
    Family assigned{"velostream_assigned_partitions", "Source partitions that the job reads here.",
                    MetricType::Gauge};
    Family held{"velostream_lso_stuck_seconds",
                "How long an open transaction has kept records of the partition from being read; 0 "
                "where none does.",
                MetricType::Gauge};
    Family idle_partitions{"velostream_source_idle_partitions",
                           "Source partitions that do not hold the watermark back.",
                           MetricType::Gauge};
    Family time{"velostream_pipeline_time_seconds_total",
                "Where a pipeline's time went; the states add up to the time passed.",
                MetricType::Counter};
    Family pipeline_records{"velostream_pipeline_records_total",
                            "Rows that a pipeline answered: uneven ones show skew.",
                            MetricType::Counter};
    Family queued{"velostream_pipeline_queue_records",
                  "Rows that readers have handed over to a pipeline and that it has not taken yet.",
                  MetricType::Gauge};
    Family batch_records{"velostream_batch_records", "Records in a batch as it was read.",
                         MetricType::Histogram};
    Family keys{"velostream_state_keys",
                "Entries of keyed state: groups, or groups times open windows.", MetricType::Gauge};
    Family bytes{"velostream_state_bytes", "Memory that keyed state holds.", MetricType::Gauge};
    Family saved_entries{"velostream_state_saved_entries_total",
                         "Entries of keyed state handed to the state log: what changed, and what "
                         "is saved again to bound the log.",
                         MetricType::Counter};
    Family saved_bytes{"velostream_state_saved_bytes_total",
                       "Bytes of entries handed to the state log.", MetricType::Counter};
    Family windows{"velostream_windows_open", "Windows that have rows and have not closed.",
                   MetricType::Gauge};
    Family windows_closed{"velostream_windows_closed_total",
                          "Windows that time has closed: nothing is taken for them any more.",
                          MetricType::Counter};
    Family evictions{"velostream_state_evictions_total", "Groups that state.ttl has let go.",
                     MetricType::Counter};
    Family processing{"velostream_processing_latency_seconds",
                      "From polling a record to handing its answer to the sink.",
                      MetricType::Histogram};
    Family end_to_end{"velostream_end_to_end_latency_seconds",
                      "From a record's own timestamp to handing its answer to the sink.",
                      MetricType::Histogram};
    Family commit{"velostream_commit_duration_seconds", "From the cut of an epoch to its commit.",
                  MetricType::Histogram};
    Family commits{"velostream_commits_total", "Commits of source positions, by result.",
                   MetricType::Counter};
    Family committed{"velostream_last_commit_timestamp_seconds",
                     "When the present run committed last, in seconds since 1970.",
                     MetricType::Gauge};
    Family restore{"velostream_restore_duration_seconds",
                   "How long the present run took to restore its state.", MetricType::Gauge};

    [[nodiscard]] std::vector<prometheus::MetricFamily> take() {
        std::vector<prometheus::MetricFamily> all;
        for (Family* family : {&build,
                               &reload_ok,
                               &reload_time,
                               &reload_failures,
                               &messages,
                               &requests,
                               &scrape,
                               &info,
                               &started,
                               &state,
                               &restarts,
                               &in,
                               &in_bytes,
                               &answered,
                               &filtered,
                               &late,
                               &dead,
                               &dropped,
                               &out,
                               &out_bytes,
                               &errors,
                               &output_faults,
                               &lag,
                               &lag_time,
                               &watermark,
                               &watermark_lag,
                               &partition_watermark,
                               &assigned,
                               &held,
                               &idle_partitions,
                               &time,
                               &pipeline_records,
                               &queued,
                               &batch_records,
                               &keys,
                               &bytes,
                               &saved_entries,
                               &saved_bytes,
                               &windows,
                               &windows_closed,
                               &evictions,
                               &processing,
                               &end_to_end,
                               &commit,
                               &commits,
                               &committed,
                               &restore}) {
            if (!family->empty()) all.push_back(family->take());
        }
        return all;
    }
};

void add_rows(Families& families, const Labels& job, const JobCounters& counters) {
    families.answered.add(job, sum(counters, &PipelineCounters::answered));
    families.filtered.add(job, sum(counters, &PipelineCounters::filtered));
    const auto with = [&job](std::string name, std::string value) {
        Labels labels = job;
        labels.emplace_back(std::move(name), std::move(value));
        return labels;
    };
    families.late.add(with("outcome", "dropped"), sum(counters, &PipelineCounters::late_dropped));
    families.late.add(with("outcome", "dead_lettered"),
                      sum(counters, &PipelineCounters::late_dead_lettered));
    for (std::size_t stage = 0; stage < runtime::kFaultStages; ++stage) {
        double dead = 0;
        double dropped = 0;
        std::array<double, runtime::kFaultCodes> faults{};
        for (const PipelineCounters& pipeline : counters.pipelines) {
            dead += static_cast<double>(pipeline.dead_lettered[stage].get());
            dropped += static_cast<double>(pipeline.dropped[stage].get());
            for (std::size_t code = 0; code < faults.size(); ++code)
                faults[code] += static_cast<double>(pipeline.faults[stage][code].get());
        }
        for (std::size_t code = 0; code < faults.size(); ++code) {
            if (faults[code] == 0)
                continue;  // A series for each of the codes that never happened would say nothing.
            Labels labels = with("stage", stage_name(stage));
            labels.emplace_back("code", code_name(code));
            families.errors.add(labels, faults[code]);
        }
        if (static_cast<engine::FaultStage>(stage) == engine::FaultStage::Late) {
            dead = sum(counters, &PipelineCounters::late_dead_lettered);
            dropped = 0;
        }
        families.dead.add(with("stage", stage_name(stage)), dead);
        if (static_cast<engine::FaultStage>(stage) != engine::FaultStage::Late)
            families.dropped.add(with("reason", stage_name(stage)), dropped);
    }
    families.out.add(job, static_cast<double>(counters.out_records.get()));
    families.out_bytes.add(job, static_cast<double>(counters.out_bytes.get()));
    families.output_faults.add(job, sum(counters, &PipelineCounters::output_faults));
}

/// What is said of one source partition, or of all of a job that has too many for a series each.
struct PartitionFigures {
    double in = 0, in_bytes = 0, held = 0;
    std::optional<double> lag, lag_seconds, watermark;

    explicit PartitionFigures(const runtime::PartitionCounters& partition)
        : in(static_cast<double>(partition.records_in.get())),
          in_bytes(static_cast<double>(partition.bytes_in.get())),
          held(static_cast<double>(partition.held_ms.get()) / 1e3) {
        if (in != 0) watermark = static_cast<double>(partition.watermark_us.get()) / 1e6;
        if (partition.end_offset.get() < 0) return;
        const std::int64_t behind =
            std::max<std::int64_t>(0, partition.end_offset.get() - partition.next_offset.get());
        const std::int64_t read_us = partition.last_timestamp_us.get();
        lag = static_cast<double>(behind);
        lag_seconds =
            behind == 0 || read_us == 0
                ? 0
                : static_cast<double>(std::max<std::int64_t>(0, runtime::wall_now_us() - read_us)) /
                      1e6;
    }
    /// Counts and lag add up; of times the one that is furthest behind counts.
    void merge(const PartitionFigures& other) {
        in += other.in;
        in_bytes += other.in_bytes;
        held = std::max(held, other.held);
        if (other.lag) {
            lag = lag.value_or(0) + *other.lag;
            lag_seconds = std::max(lag_seconds.value_or(0), *other.lag_seconds);
        }
        if (other.watermark)
            watermark = watermark ? std::min(*watermark, *other.watermark) : *other.watermark;
    }
    void add_to(Families& families, const Labels& labels) const {
        families.in.add(labels, in);
        families.in_bytes.add(labels, in_bytes);
        families.held.add(labels, held);
        if (lag) families.lag.add(labels, *lag);
        if (lag_seconds) families.lag_time.add(labels, *lag_seconds);
        if (watermark) families.partition_watermark.add(labels, *watermark);
    }
};

void add_partitions(Families& families, const Labels& job, const JobCounters& counters) {
    const std::uint32_t count = counters.partitions.size();
    double idle = 0;
    std::optional<PartitionFigures> all;
    for (std::uint32_t i = 0; i < count; ++i) {
        const runtime::PartitionCounters& partition = counters.partitions.at(SourcePartition{i});
        const PartitionFigures figures(partition);
        idle += static_cast<double>(partition.idle.get());
        if (count > kMostPartitions) {
            all ? all->merge(figures) : void(all.emplace(figures));
            continue;
        }
        Labels labels = job;
        labels.emplace_back("topic", partition.topic);
        labels.emplace_back("partition", std::to_string(partition.partition));
        figures.add_to(families, labels);
    }
    if (all) all->add_to(families, job);
    families.idle_partitions.add(job, idle);
    families.assigned.add(job, static_cast<double>(count));
}

void add_pipelines(Families& families, const Labels& job, const JobCounters& counters) {
    std::vector<const runtime::Latency*> processing, end_to_end;
    std::vector<const runtime::Sizes*> batch_records;
    for (std::size_t p = 0; p < counters.pipelines.size(); ++p) {
        const PipelineCounters& pipeline = counters.pipelines[p];
        Labels labels = job;
        labels.emplace_back("pipeline", std::to_string(p));
        families.pipeline_records.add(labels,
                                      static_cast<double>(pipeline.rows_answered_here.get()));
        labels.emplace_back("state", "busy");
        families.time.add(labels, static_cast<double>(pipeline.busy_ns.get()) / 1e9);
        labels.back().second = "idle";
        families.time.add(labels, static_cast<double>(pipeline.idle_ns.get()) / 1e9);
        labels.back().second = "backpressured";
        families.time.add(labels, static_cast<double>(pipeline.backpressured_ns.get()) / 1e9);
        labels.pop_back();
        families.queued.add(labels, static_cast<double>(runtime::queued_rows(counters, p)));
        batch_records.push_back(&pipeline.batch_records);
        processing.push_back(&pipeline.processing);
        end_to_end.push_back(&pipeline.end_to_end);
    }
    if (const auto watermark = runtime::watermark_of(counters)) {
        families.watermark.add(job, static_cast<double>(*watermark) / 1e6);
        families.watermark_lag.add(job,
                                   static_cast<double>(runtime::wall_now_us() - *watermark) / 1e6);
    }
    families.batch_records.add(job, batch_records);
    families.keys.add(job, sum(counters, &PipelineCounters::state_keys));
    families.bytes.add(job, sum(counters, &PipelineCounters::state_bytes));
    families.saved_entries.add(job, sum(counters, &PipelineCounters::saved_entries));
    families.saved_bytes.add(job, sum(counters, &PipelineCounters::saved_bytes));
    families.windows.add(job, sum(counters, &PipelineCounters::windows_open));
    families.windows_closed.add(job, sum(counters, &PipelineCounters::windows_closed));
    families.evictions.add(job, sum(counters, &PipelineCounters::expired));
    families.processing.add(job, processing);
    families.end_to_end.add(job, end_to_end);
}

void add_job(Families& families, const Job& job) {
    const JobCounters& counters = job.counters();
    const Labels labels{{"job_name", job.definition().name}};
    for (std::size_t i = 0; i < runtime::kJobStates; ++i) {
        const auto state = static_cast<runtime::JobState>(i);
        Labels with_state = labels;
        with_state.emplace_back("state", std::string(runtime::job_state_name(state)));
        families.state.add(with_state,
                           counters.state.load(std::memory_order_relaxed) == state ? 1 : 0);
    }
    families.restarts.add(labels, static_cast<double>(job.restarts()));
    Labels which = labels;
    which.emplace_back("delivery", job.definition().delivery);
    which.emplace_back("config_hash",
                       fmt::format("{:016x}", hash_bytes(job.definition().configuration)));
    families.info.add(which, 1);
    families.started.add(labels, static_cast<double>(counters.started_us.get()) / 1e6);
    families.restore.add(labels, static_cast<double>(counters.restore_ns.get()) / 1e9);
    if (counters.committed_us.get() != 0)
        families.committed.add(labels, static_cast<double>(counters.committed_us.get()) / 1e6);
    add_rows(families, labels, counters);
    add_partitions(families, labels, counters);
    add_pipelines(families, labels, counters);
    families.commit.add(labels, std::vector<const runtime::Latency*>{&counters.commit_duration});
    Labels result = labels;
    result.emplace_back("result", "ok");
    families.commits.add(result, static_cast<double>(counters.commits.get()));
    result.back().second = "failed";
    families.commits.add(result, static_cast<double>(counters.failed_commits.get()));
}

}  // namespace

std::string metrics_text(const JobTable& jobs, const DaemonHealth& health,
                         const HttpCounts& requests) {
    const std::int64_t begun_ns = runtime::steady_now_ns();
    Families families;
    BrokerFamilies brokers;
    families.build.add(Labels{{"version", std::string(kVersion)},
                              {"revision", std::string(kRevision)},
                              {"compiler", std::string(kCompiler)},
                              {"librdkafka", connectors::kafka_library_version()}},
                       1.0);
    families.reload_ok.add({}, health.last_reload_successful.load() ? 1 : 0);
    families.reload_time.add({}, static_cast<double>(health.last_reload_success_us.load()) / 1e6);
    families.reload_failures.add({}, static_cast<double>(health.reload_failures.load()));
    const std::array<std::uint64_t, 4> messages = log_messages();
    for (const auto& level : config::log_levels()) {
        families.messages.add({{"level", std::string(level.word)}},
                              static_cast<double>(messages[static_cast<std::size_t>(level.value)]));
    }
    for (const auto& [asked, count] : requests.all()) {
        families.requests.add(
            {{"route", std::string(asked.first)}, {"code", std::to_string(asked.second)}},
            static_cast<double>(count));
    }
    jobs.visit([&](const Job& job) {
        add_job(families, job);
        brokers.add({{"job_name", job.definition().name}}, job.counters());
    });
    std::vector<Family> process = process_families();
    families.scrape.add({}, static_cast<double>(runtime::steady_now_ns() - begun_ns) / 1e9);
    std::vector<prometheus::MetricFamily> all = families.take();
    for (Family* family : brokers.all()) {
        if (!family->empty()) all.push_back(family->take());
    }
    for (Family& family : process) all.push_back(family.take());
    return prometheus::TextSerializer{}.Serialize(all);
}

}  // namespace velo::server
