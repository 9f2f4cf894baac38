#include "server/demo/demo_jobs.hpp"

#include <memory>
#include <utility>

#include "config/yaml_file.hpp"
#include "connectors/connector_list.hpp"
#include "engine/base/error.hpp"
#include "server/job/job_builder.hpp"
#include "server/job/plan_job.hpp"

namespace velo::server {

namespace {

constexpr const char* kSource = R"(
sources:
  trades:
    kafka: {topic: trades, start: earliest}
    schema: {symbol: STRING, price: DOUBLE, quantity: BIGINT, at: TIMESTAMP}
    event_time: {column: at, lateness: 500ms}
)";

constexpr std::array kTexts{
    R"(description: "A filter: trades of more than 200,000."
query: |
  SELECT symbol, price, quantity, price * quantity AS value
  FROM trades
  WHERE price * quantity > 200000
)",
    R"(description: "A tumbling window: open, high, low and close of each symbol, second by second."
query: |
  SELECT symbol, FIRST(price) AS open, MAX(price) AS high, MIN(price) AS low, LAST(price) AS close,
         SUM(quantity) AS volume, COUNT(*) AS trades, _window_start
  FROM trades
  GROUP BY symbol
  WINDOW TUMBLING (at, INTERVAL '1' SECOND)
  EMIT FINAL
on_error: {late: dlq}
)",
    R"(description: "A moving average: for every trade the mean of its symbol's last 100."
query: |
  SELECT symbol, price, AVG(price) OVER (ROWS WINDOW BUFFER 100 ROWS PARTITION BY symbol ORDER BY at) AS moving_avg
  FROM trades
  EMIT CHANGES
)"};
static_assert(kTexts.size() == kDemoJobs.size());

// Without a ledger: a group takes three seconds to form on such a broker, and a state log has no room there.
std::function<runtime::Ports(int)> ports_of(const std::string& job, const std::string& address) {
    connectors::KafkaSourceOptions source;
    source.client.bootstrap_servers = address;
    source.job = job;
    source.topic = kTradesTopic;
    connectors::KafkaSinkOptions sink;
    sink.client = source.client;
    sink.job = sink.topic = job;
    sink.dead_letter_topic = job + ".dlq";
    sink.largest_record = 1'000'000;  // Asked, this broker keeps silent for seconds.
    return [source, sink](int wake) mutable {
        sink.wake_descriptor = wake;
        return runtime::Ports{.source = connectors::make_source(source),
                              .sink = connectors::make_sink(sink),
                              .ledger = nullptr};
    };
}

}  // namespace

std::vector<std::pair<std::string, std::string>> demo_job_files() {
    std::vector<std::pair<std::string, std::string>> files;
    for (std::size_t i = 0; i < kDemoJobs.size(); ++i) {
        const std::string name = kDemoJobs[i].name;
        files.emplace_back(name + ".yaml", "name: " + name + kSource + kTexts[i] +
                                               "sink:\n  kafka: {topic: " + name +
                                               "}\ndelivery: at_least_once\n");
    }
    return files;
}

std::vector<JobDefinition> demo_jobs(const std::string& address,
                                     const config::Environment& environment,
                                     std::uint32_t workers) {
    config::ServerSpec server;
    server.kafka.bootstrap_servers.value = address;
    const BuildContext context{.server = server,
                               .environment = environment,
                               .workers = workers,
                               .jobs = static_cast<std::uint32_t>(kDemoJobs.size()),
                               .until_end = false,
                               .client_log = {}};
    std::vector<JobDefinition> jobs;
    for (auto& [name, text] : demo_job_files()) {
        std::vector<Mistake> mistakes;
        const config::YamlFile file(name, text, mistakes);
        const config::JobSpec spec = config::read_job(file, environment, mistakes);
        if (!mistakes.empty()) throw Error(std::move(mistakes));
        JobDefinition job = build_job(spec, plan_job(spec, false), context);
        job.make_ports = ports_of(job.name, address);
        job.warnings.clear();
        jobs.push_back(std::move(job));
    }
    return jobs;
}

}  // namespace velo::server
