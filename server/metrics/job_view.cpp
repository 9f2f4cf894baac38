#include "server/metrics/job_view.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "engine/format/json_writer.hpp"
#include "engine/plan/binder.hpp"
#include "server/runtime/clock.hpp"

namespace velo::server {

namespace {

using engine::JsonWriter;
using runtime::JobCounters;
using runtime::Latency;
using runtime::PartitionCounters;
using runtime::PipelineCounters;
using runtime::watermark_of;

std::string time_text(std::int64_t micros) {
    return rfc3339_text(EventTime{std::chrono::microseconds{micros}});
}

void write_time(JsonWriter& json, std::int64_t micros) { json.text(time_text(micros)); }

void write_count(JsonWriter& json, std::string_view name, std::uint64_t count) {
    json.name(name).integer(static_cast<std::int64_t>(count));
}

template <class Member>
std::uint64_t sum(const JobCounters& counters, Member member) {
    std::uint64_t total = 0;
    for (const PipelineCounters& pipeline : counters.pipelines) total += (pipeline.*member).get();
    return total;
}

double seconds(std::uint64_t nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

std::int64_t lag_of(const PartitionCounters& partition) {
    if (partition.end_offset.get() < 0) return 0;
    return std::max<std::int64_t>(0, partition.end_offset.get() - partition.next_offset.get());
}

/// What is seen of all source partitions together.
struct SourceView {
    std::int64_t lag = 0;
    bool lag_is_known = false;
    std::uint32_t idle = 0;
    /// The one whose watermark is behind all others that count; -1: none has one.
    std::int64_t holding = -1;
    std::int64_t holding_us = std::numeric_limits<std::int64_t>::max();
};

SourceView view_of(const JobCounters& counters) {
    SourceView view;
    for (std::uint32_t i = 0; i < counters.partitions.size(); ++i) {
        const PartitionCounters& partition = counters.partitions.at(SourcePartition{i});
        view.lag += lag_of(partition);
        view.lag_is_known = view.lag_is_known || partition.end_offset.get() >= 0;
        if (partition.idle.get() != 0) {
            ++view.idle;
            continue;
        }
        // One that has not had a row yet holds the watermark back like no other.
        const std::int64_t watermark = partition.records_in.get() == 0
                                           ? std::numeric_limits<std::int64_t>::min()
                                           : partition.watermark_us.get();
        if (watermark >= view.holding_us) continue;
        view.holding_us = watermark;
        view.holding = i;
    }
    return view;
}

/// The value below which a share of the observations lies, in seconds; NaN (null) without any.
double quantile(const std::vector<const Latency*>& parts, double share) {
    std::uint64_t count = 0;
    for (const Latency* part : parts) count += part->count();
    if (count == 0) return std::nan("");
    const auto wanted = static_cast<std::uint64_t>(std::ceil(static_cast<double>(count) * share));
    std::uint64_t below = 0;
    for (std::size_t i = 0; i < Latency::kBuckets; ++i) {
        for (const Latency* part : parts) below += part->bucket(i);
        if (below >= wanted) return static_cast<double>(Latency::upper_micros(i)) / 1e6;
    }
    return std::nan("");
}

void write_latency(JsonWriter& json, std::string_view name,
                   const std::vector<const Latency*>& parts) {
    json.name(name).begin_object();
    json.name("p50").number(quantile(parts, 0.5));
    json.name("p95").number(quantile(parts, 0.95));
    json.name("p99").number(quantile(parts, 0.99));
    json.end_object();
}

void write_latencies(JsonWriter& json, const JobCounters& counters) {
    std::vector<const Latency*> processing, end_to_end;
    for (const PipelineCounters& pipeline : counters.pipelines) {
        processing.push_back(&pipeline.processing);
        end_to_end.push_back(&pipeline.end_to_end);
    }
    json.name("latency_seconds").begin_object();
    write_latency(json, "processing", processing);
    write_latency(json, "end_to_end", end_to_end);
    write_latency(json, "commit", {&counters.commit_duration});
    json.end_object();
}

// The members of a summary, without its braces.
void write_summary(JsonWriter& json, const Job& job) {
    const JobCounters& counters = job.counters();
    const runtime::Law law = runtime::law_of(counters);
    const SourceView source = view_of(counters);
    json.name("name").text(job.definition().name);
    json.name("description").text(job.definition().description);
    json.name("state").text(
        runtime::job_state_name(counters.state.load(std::memory_order_relaxed)));
    json.name("since");
    write_time(json, counters.state_since_us.get());
    json.name("trouble").text(job.trouble());
    json.name("broker_away").boolean(counters.world_away.get() != 0);
    write_count(json, "restarts", job.restarts());
    json.name("run_seconds").number(job.run_seconds());
    write_count(json, "records_in", law.in);
    write_count(json, "records_answered", law.answered);
    write_count(json, "records_filtered", law.filtered);
    write_count(json, "records_late", law.late);
    write_count(json, "records_dead_lettered", law.dead_lettered);
    write_count(json, "records_dropped", law.dropped);
    write_count(json, "records_out", counters.out_records.get());
    write_count(json, "output_faults", sum(counters, &PipelineCounters::output_faults));
    json.name("lag");
    if (source.lag_is_known) {
        json.integer(source.lag);
    } else {
        json.null();
    }
    json.name("watermark");
    const auto watermark = watermark_of(counters);
    if (watermark) {
        write_time(json, *watermark);
    } else {
        json.null();
    }
    json.name("watermark_lag_seconds");
    json.number(watermark ? static_cast<double>(runtime::wall_now_us() - *watermark) / 1e6
                          : std::nan(""));
    json.name("busy_seconds").number(seconds(sum(counters, &PipelineCounters::busy_ns)));
    json.name("idle_seconds").number(seconds(sum(counters, &PipelineCounters::idle_ns)));
    json.name("backpressured_seconds")
        .number(seconds(sum(counters, &PipelineCounters::backpressured_ns)));
    write_count(json, "state_keys", sum(counters, &PipelineCounters::state_keys));
    write_count(json, "state_bytes", sum(counters, &PipelineCounters::state_bytes));
    write_count(json, "windows_open", sum(counters, &PipelineCounters::windows_open));
    write_count(json, "commits", counters.commits.get());
    write_count(json, "failed_commits", counters.failed_commits.get());
    write_latencies(json, counters);
}

void write_partitions(JsonWriter& json, const JobCounters& counters) {
    const SourceView source = view_of(counters);
    json.name("partitions").begin_array();
    for (std::uint32_t i = 0; i < counters.partitions.size(); ++i) {
        const PartitionCounters& partition = counters.partitions.at(SourcePartition{i});
        json.begin_object().name("topic").text(partition.topic);
        json.name("partition").integer(std::int64_t{partition.partition});
        write_count(json, "records_in", partition.records_in.get());
        json.name("next_offset").integer(partition.next_offset.get());
        json.name("end_offset").integer(partition.end_offset.get());
        json.name("lag").integer(lag_of(partition));
        json.name("watermark");
        if (partition.records_in.get() == 0) {
            json.null();
        } else {
            write_time(json, partition.watermark_us.get());
        }
        json.name("idle").boolean(partition.idle.get() != 0);
        json.name("holds_watermark").boolean(source.holding == static_cast<std::int64_t>(i));
        json.end_object();
    }
    json.end_array();
}

void write_pipelines(JsonWriter& json, const JobCounters& counters) {
    json.name("pipelines").begin_array();
    for (std::size_t p = 0; p < counters.pipelines.size(); ++p) {
        const PipelineCounters& pipeline = counters.pipelines[p];
        json.begin_object();
        write_count(json, "records", pipeline.rows_answered_here.get());
        write_count(json, "batches", pipeline.batches.get());
        write_count(json, "queued", runtime::queued_rows(counters, p));
        json.name("busy_seconds").number(seconds(pipeline.busy_ns.get()));
        json.name("idle_seconds").number(seconds(pipeline.idle_ns.get()));
        json.name("backpressured_seconds").number(seconds(pipeline.backpressured_ns.get()));
        write_count(json, "state_keys", pipeline.state_keys.get());
        write_count(json, "state_bytes", pipeline.state_bytes.get());
        json.end_object();
    }
    json.end_array();
}

void write_brokers(JsonWriter& json, const JobCounters& counters) {
    json.name("brokers").begin_array();
    const auto write = [&](std::string_view client, const runtime::ConnectionCounters& seen) {
        for (std::uint32_t i = 0; i < seen.size(); ++i) {
            const runtime::BrokerCounters& broker = seen.at(i);
            json.begin_object().name("client").text(client);
            json.name("broker").text(broker.broker);
            json.name("up").boolean(broker.is_up.get() != 0);
            json.name("rtt_seconds").number(static_cast<double>(broker.rtt_p99_us.get()) / 1e6);
            json.name("throttle_seconds")
                .number(static_cast<double>(broker.throttle_ms.get()) / 1e3);
            json.name("requests_waiting").integer(broker.requests_waiting.get());
            write_count(json, "request_errors", broker.request_errors.get());
            json.end_object();
        }
    };
    write("source", counters.source_connections);
    write("sink", counters.sink_connections);
    json.end_array();
}

void write_faults(JsonWriter& json, const JobCounters& counters) {
    json.name("faults").begin_array();
    for (std::size_t stage = 0; stage < runtime::kFaultStages; ++stage) {
        for (std::size_t code = 0; code < runtime::kFaultCodes; ++code) {
            std::uint64_t count = 0;
            for (const PipelineCounters& pipeline : counters.pipelines)
                count += pipeline.faults[stage][code].get();
            if (count == 0) continue;
            json.begin_object();
            json.name("stage").text(
                engine::fault_stage_name(static_cast<engine::FaultStage>(stage)));
            json.name("code").text(engine::fault_code_name(static_cast<engine::FaultCode>(code)));
            write_count(json, "count", count);
            json.end_object();
        }
    }
    json.end_array();
}

void write_events(JsonWriter& json, const Job& job) {
    static constexpr std::array<std::string_view, 3> kSeverities{"info", "warning", "error"};
    json.name("events").begin_array();
    for (const JobEvent& event : job.events()) {
        json.begin_object().name("at");
        write_time(json, event.at_us);
        json.name("severity").text(kSeverities[static_cast<std::size_t>(event.severity)]);
        json.name("code").text(event.code).name("text").text(event.text);
        if (!event.where.topic.empty()) json.name("topic").text(event.where.topic);
        if (event.where.partition) json.name("partition").integer(*event.where.partition);
        if (event.where.offset) json.name("offset").integer(*event.where.offset);
        json.end_object();
    }
    json.end_array();
}

void write_list(JsonWriter& json, const JobTable& jobs) {
    json.name("jobs").begin_array();
    jobs.visit([&](const Job& job) {
        json.begin_object();
        write_summary(json, job);
        json.end_object();
    });
    json.end_array();
}

}  // namespace

std::string jobs_json(const JobTable& jobs) {
    std::string out;
    JsonWriter json(out);
    json.begin_object();
    write_list(json, jobs);
    json.end_object();
    return out + '\n';
}

std::optional<std::string> job_json(const JobTable& jobs, const std::string& name) {
    std::string out;
    const bool found = jobs.visit(name, [&](const Job& job) {
        const JobDefinition& definition = job.definition();
        JsonWriter json(out);
        json.begin_object();
        write_summary(json, job);
        json.name("file").text(definition.file);
        write_count(json, "epoch", job.counters().epoch.get());
        write_partitions(json, job.counters());
        write_pipelines(json, job.counters());
        write_brokers(json, job.counters());
        write_faults(json, job.counters());
        write_events(json, job);
        json.name("query").text(definition.plan->query_text);
        json.name("plan").raw(engine::explain_json(*definition.plan));
        json.name("plan_text").text(engine::explain_text(*definition.plan));
        json.name("configuration");
        if (definition.configuration.empty()) {
            json.null();
        } else {
            json.raw(definition.configuration);
        }
        json.end_object();
    });
    if (!found) return std::nullopt;
    return out + '\n';
}

std::string snapshot_json(const JobTable& jobs, bool draining, bool takes_changes) {
    std::string out;
    JsonWriter json(out);
    json.begin_object().name("at");
    write_time(json, runtime::wall_now_us());
    json.name("draining").boolean(draining);
    json.name("takes_changes").boolean(takes_changes);
    write_list(json, jobs);
    json.end_object();
    return out;
}

}  // namespace velo::server
