// Pausing, resuming, restarting and reloading jobs that read a real broker: no row is lost and none is answered twice.
#include <csignal>
#include <map>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/kafka/broker.hpp"
#include "tests/kafka/kafka_client.hpp"
#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

/// Two jobs over the same topic, in a daemon that can be told what to do.
class ControlledJobs {
public:
    explicit ControlledJobs(const std::string& topic) : topic_(topic) {
        client().create_topic(topic_, 4);
        folder_.write("token", "sesame\n");
        folder_.write("velostream.yaml",
                      "kafka: {bootstrap_servers: \"" + shared_broker().bootstrap_servers() +
                          "\"}\nworkers: 2\nhttp: {listen: \"127.0.0.1:0\", admin_token: {file: " +
                          folder_.file("token") + "}}\n");
        std::filesystem::create_directory(folder_.path() / "jobs");
        write_job("a", 0);
        write_job("b", 0);
        daemon_ = std::make_unique<Daemon>(std::vector<std::string>{
            "run", "--config", folder_.file("velostream.yaml"), folder_.file("jobs")});
        await("a", "running");
        await("b", "running");
    }

    static KafkaClient client() { return KafkaClient(shared_broker().bootstrap_servers()); }
    [[nodiscard]] Daemon& daemon() { return *daemon_; }
    [[nodiscard]] std::string name(const std::string& job) const { return topic_ + "_" + job; }

    /// The file of a job that answers n >= least.
    void write_job(const std::string& job, int least) const {
        folder_.write("jobs/" + job + ".yaml",
                      "name: " + name(job) + "\nsources: {s: {kafka: {topic: " + topic_ +
                          "}, schema: {n: BIGINT}}}\nquery: SELECT n FROM s WHERE n >= " +
                          std::to_string(least) + "\nsink: {kafka: {topic: " + name(job) +
                          ".out, create: {partitions: 2, replication: 1}}}\nexecution: "
                          "{commit_interval: 100ms}\ndelivery: at_least_once\n");
    }
    void produce(int from, int to) const {
        std::vector<Record> records;
        for (int n = from; n < to; ++n) {
            Record record;
            record.value = "{\"n\":" + std::to_string(n) + "}";
            record.partition = n % 4;
            records.push_back(std::move(record));
        }
        client().produce(topic_, records);
    }
    [[nodiscard]] std::string field(const std::string& job, const std::string& field_name) {
        return json_field(daemon_->get("/api/v1/jobs/" + name(job)).body, field_name);
    }
    void await(const std::string& job, const std::string& state) {
        daemon_->wait_until([&] { return field(job, "state") == "\"" + state + "\""; });
    }
    void await_out(const std::string& job, const std::string& count) {
        daemon_->wait_until([&] { return field(job, "records_out") == count; });
    }
    int post(const std::string& path) {
        return daemon_->ask("POST", "/api/v1/" + path, "Authorization: Bearer sesame\r\n").status;
    }
    /// How often each number was answered.
    [[nodiscard]] std::map<std::string, int> answers(const std::string& job) const {
        std::map<std::string, int> seen;
        for (const Record& record : client().consume(name(job) + ".out"))
            ++seen[record.value.value_or("tombstone")];
        return seen;
    }
    void check_each_once(const std::string& job, int from, int to) const {
        const auto seen = answers(job);
        CHECK(seen.size() == static_cast<std::size_t>(to - from));
        for (const auto& [value, times] : seen) {
            INFO(value);
            CHECK(times == 1);
        }
    }

private:
    std::string topic_;
    TestFolder folder_;
    std::unique_ptr<Daemon> daemon_;
};

}  // namespace

TEST_CASE("a paused job reads nothing, and goes on where it stopped", "[kafka][control]") {
    ControlledJobs jobs("pausing");
    jobs.produce(0, 1000);
    jobs.await_out("a", "1000");
    CHECK(jobs.post("jobs/" + jobs.name("a") + "/pause") == 202);
    jobs.await("a", "paused");
    jobs.produce(1000, 2000);
    jobs.await_out("b", "2000");  // The other job has read them: this one could have, too.
    CHECK(jobs.answers("a").size() == 1000);
    CHECK(jobs.post("jobs/" + jobs.name("a") + "/resume") == 202);
    jobs.await_out("a", "1000");  // Of the new run.
    CHECK(jobs.post("jobs/" + jobs.name("a") + "/restart") == 202);
    jobs.produce(2000, 3000);
    jobs.daemon().wait_until([&] { return jobs.answers("a").size() == 3000; });
    jobs.daemon().signal(SIGTERM);
    CHECK(jobs.daemon().wait().exit_code == 0);
    jobs.check_each_once("a", 0, 3000);
    jobs.check_each_once("b", 0, 3000);
}

TEST_CASE("a reload under load restarts the changed job without a gap, and leaves the other alone",
          "[kafka][control]") {
    ControlledJobs jobs("reloading");
    const std::string since = jobs.field("b", "since");
    jobs.produce(0, 20'000);
    jobs.write_job("a", -1);  // Another query with the same answers.
    CHECK(jobs.post("reload") == 200);
    jobs.produce(20'000, 30'000);
    jobs.await_out("b", "30000");
    CHECK(jobs.field("b", "since") == since);
    jobs.daemon().wait_until([&] { return jobs.answers("a").size() == 30'000; });
    jobs.daemon().signal(SIGTERM);
    CHECK(jobs.daemon().wait().exit_code == 0);
    jobs.check_each_once("a", 0, 30'000);
    jobs.check_each_once("b", 0, 30'000);
}
