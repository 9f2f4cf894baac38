// What the producer makes of each kind of error: injected into librdkafka's own cluster, which answers like a broker but
// forgets committed positions and hides nothing, so nothing about exactly-once is checked here.
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include "connectors/kafka/kafka_sink.hpp"
#include "tests/connectors/chunk_literal.hpp"
#include "tests/kafka/port_fixture.hpp"

using namespace std::chrono_literals;
using velo::EpochId;
using velo::connectors::GroupMember;
using velo::connectors::JobProducer;
using velo::connectors::KafkaSink;
using velo::connectors::KafkaSinkOptions;
using velo::engine::CommitStep;
using velo::engine::PortError;

namespace {

// The numbers of the requests in Kafka's protocol.
constexpr std::int16_t kProduce = 0;
constexpr std::int16_t kInitProducerId = 22;
constexpr std::int16_t kAddPartitions = 24;
constexpr std::int16_t kEndTxn = 26;
constexpr std::int16_t kTxnOffsetCommit = 28;

class MockedJob {
public:
    explicit MockedJob(int brokers = 1) {
        rd_kafka_conf_t* conf = rd_kafka_conf_new();
        handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
        cluster_.reset(rd_kafka_mock_cluster_new(handle_.get(), brokers));
        rd_kafka_mock_topic_create(cluster_.get(), "out", 1, 1);
        rd_kafka_mock_topic_create(cluster_.get(), "in", 1, 1);
    }

    void fail(std::int16_t request, const std::vector<rd_kafka_resp_err_t>& errors) {
        rd_kafka_mock_push_request_errors_array(cluster_.get(), request, errors.size(),
                                                errors.data());
    }

    // From now on this broker answers for the group's positions and for the job's transactions; the others refuse to.
    void coordinate(std::int32_t broker) {
        rd_kafka_mock_coordinator_set(cluster_.get(), "transaction", "job", broker);
        rd_kafka_mock_coordinator_set(cluster_.get(), "group", "group", broker);
    }

    // The error of the last attempt, if it was fatal.
    std::optional<PortError> start() {
        KafkaSinkOptions options;
        options.client.bootstrap_servers = rd_kafka_mock_cluster_bootstraps(cluster_.get());
        options.job = options.topic = "out";
        options.transactional_id = "job";
        options.transaction_timeout = 5s;
        options.wake_descriptor = control_.get();
        sink_ = std::make_unique<KafkaSink>(options);
        std::optional<PortError> error;
        const auto tried = [&](auto&& step) {
            velo::tests::until([&] { return !(error = step()) || error->fatal; },
                               [&] { static_cast<void>(control_.woken(50)); });
            return !error;
        };
        if (!tried([&] { return sink_->open(); })) return error;
        auto shared = sink_->transactions();
        shared->set_oracle([this] { return note_; });
        shared->set_member(
            [] { return GroupMember{rd_kafka_consumer_group_metadata_new("group")}; });
        if (!tried([&] { return shared->init(); })) return error;
        shared->set_log("", {});
        writer_ = sink_->make_writer(wake_.get());
        return std::nullopt;
    }

    // Writes a record and commits its epoch; how that ended.
    CommitStep commit(std::uint64_t epoch) {
        auto written = velo::tests::chunk(EpochId{epoch}, {{"k", "v"}});
        if (!writer_->try_write(written)) throw std::runtime_error("no room");
        const std::string note = "e=" + std::to_string(epoch);
        CommitStep step = CommitStep::Again;
        velo::tests::until(
            [&] {
                sink_->serve();
                writer_->serve();
                if (auto error = sink_->take_error(); error && error->fatal) failure_ = error;
                if (!failure_ && !sink_->acknowledged(EpochId{epoch})) return false;
                const auto result =
                    sink_->transactions()->commit(EpochId{epoch}, {{"in", 0, 1}}, note);
                step = result.step;
                if (step == CommitStep::Failed) failure_ = result.error;
                return step != CommitStep::Again;
            },
            [&] { static_cast<void>(control_.woken(20)); });
        if (step == CommitStep::Committed) note_ = note;
        return step;
    }
    [[nodiscard]] const velo::connectors::Transactions& transactions() const {
        return static_cast<JobProducer&>(*sink_->transactions()).transactions();
    }
    [[nodiscard]] std::string failure() const { return failure_ ? failure_->code : ""; }

private:
    struct Close {
        void operator()(rd_kafka_t* handle) const { rd_kafka_destroy(handle); }
        void operator()(rd_kafka_mock_cluster_t* cluster) const {
            rd_kafka_mock_cluster_destroy(cluster);
        }
    };
    velo::tests::WakeDescriptor control_;
    velo::tests::WakeDescriptor wake_;
    std::unique_ptr<rd_kafka_t, Close> handle_;
    std::unique_ptr<rd_kafka_mock_cluster_t, Close> cluster_;
    std::string note_;
    std::unique_ptr<KafkaSink> sink_;
    std::unique_ptr<velo::engine::SinkWriter> writer_;
    std::optional<PortError> failure_;
};

}  // namespace

TEST_CASE("a clean commit keeps its producer", "[mock]") {
    MockedJob job;
    velo::tests::expect_none(job.start());
    for (std::uint64_t epoch = 1; epoch <= 5; ++epoch)
        REQUIRE(job.commit(epoch) == CommitStep::Committed);
    CHECK(job.transactions().producers() == 1);
    CHECK(job.transactions().resends() == 0);
}

TEST_CASE("a commit that took more than one request gets another producer", "[mock]") {
    MockedJob job;
    velo::tests::expect_none(job.start());
    job.fail(kEndTxn, {RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS,
                       RD_KAFKA_RESP_ERR_COORDINATOR_LOAD_IN_PROGRESS});
    REQUIRE(job.commit(1) == CommitStep::Committed);
    REQUIRE(job.commit(2) == CommitStep::Committed);
    CHECK(job.transactions().producers() == 2);
    CHECK(job.transactions().resends() == 0);
}

TEST_CASE("epochs are committed wherever the coordinator has moved to", "[mock]") {
    MockedJob job(3);
    job.coordinate(1);
    velo::tests::expect_none(job.start());
    for (std::uint64_t epoch = 1; epoch <= 6; ++epoch) {
        REQUIRE(job.commit(epoch) == CommitStep::Committed);
        job.coordinate(static_cast<std::int32_t>(1 + epoch % 3));
    }
    CHECK(job.failure().empty());
}

TEST_CASE("an epoch whose transaction was refused is sent again with another producer", "[mock]") {
    const std::vector<std::pair<std::int16_t, rd_kafka_resp_err_t>> cases = {
        {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION},
        {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID},
        {kTxnOffsetCommit, RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID},
        {kAddPartitions, RD_KAFKA_RESP_ERR_INVALID_PRODUCER_ID_MAPPING},
        {kEndTxn, RD_KAFKA_RESP_ERR_INVALID_TXN_STATE}};
    MockedJob job;
    velo::tests::expect_none(job.start());
    std::uint64_t epoch = 1;
    REQUIRE(job.commit(epoch++) == CommitStep::Committed);
    for (std::size_t i = 0; i < cases.size(); ++i) {
        INFO(rd_kafka_err2name(cases[i].second));
        job.fail(cases[i].first, {cases[i].second});
        REQUIRE(job.commit(epoch++) == CommitStep::Committed);
        REQUIRE(job.commit(epoch++) == CommitStep::Committed);
        CHECK(job.transactions().resends() == i + 1);
        CHECK(job.transactions().producers() == i + 2);
    }
}

TEST_CASE("a producer that another instance locked out writes nothing more", "[mock]") {
    const auto request = GENERATE(kProduce, kTxnOffsetCommit, kEndTxn);
    MockedJob job;
    velo::tests::expect_none(job.start());
    REQUIRE(job.commit(1) == CommitStep::Committed);
    job.fail(request, {RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH});
    CHECK(job.commit(2) == CommitStep::Fenced);
    CHECK(job.commit(2) == CommitStep::Fenced);
}

TEST_CASE("what a person has to change ends the job at once and says so", "[mock]") {
    {
        MockedJob job;
        job.fail(kInitProducerId, {RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED});
        const auto error = job.start();
        REQUIRE(error);
        CHECK(error->code == "not_authorized");
    }
    MockedJob job;
    velo::tests::expect_none(job.start());
    job.fail(kProduce, {RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED});
    CHECK(job.commit(1) == CommitStep::Failed);
    CHECK(job.failure() == "not_authorized");
    CHECK(job.transactions().resends() == 0);
}

TEST_CASE("an epoch that fails again and again is given up with its reason", "[mock]") {
    MockedJob job;
    velo::tests::expect_none(job.start());
    job.fail(kTxnOffsetCommit,
             std::vector<rd_kafka_resp_err_t>(20, RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION));
    CHECK(job.commit(1) == CommitStep::Failed);
    CHECK(job.failure() == "transaction_failed");
    CHECK(job.transactions().resends() == 5);
}
