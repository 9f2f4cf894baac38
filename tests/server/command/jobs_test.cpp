// `velostream jobs` and `top` against a running daemon, through the built program.
#include <string>

#include <catch2/catch.hpp>

#include "tests/server/live_jobs.hpp"

using namespace velo::tests;
using velo::server::parse_json;

TEST_CASE("jobs lists, pauses, resumes, restarts and drains", "[jobs]") {
    LiveJobs live({"first", "second"});
    const Ended list = live.client({"jobs"});
    INFO(list.out << list.err);
    CHECK(list.exit_code == 0);
    CHECK(list.out.starts_with("JOB     STATE"));
    CHECK(list.out.find("\nfirst   running") != std::string::npos);
    const auto json = parse_json(live.client({"jobs", "list", "--output", "json"}).out);
    REQUIRE(json);
    CHECK(json->find("jobs")->items.size() == 2);
    CHECK(live.client({"jobs", "pause", "first"}).out == "first: paused\n");
    CHECK(live.client({"jobs", "resume", "first"}).out == "first: running\n");
    CHECK(live.client({"jobs", "restart", "first", "--output", "json"}).out ==
          "{\"name\":\"first\",\"state\":\"running\"}\n");
    CHECK(live.client({"jobs", "drain", "first"}).out == "first: stopped\n");
    CHECK(live.job("second").text_of("state") == "running");
}

TEST_CASE("jobs says what is wrong", "[jobs]") {
    LiveJobs live({"first"});
    const Ended unknown = live.client({"jobs", "pause", "frist"});
    CHECK(unknown.exit_code == 1);
    CHECK(unknown.err.find("no job 'frist'") != std::string::npos);
    live.folder().write("token", "wrong\n");
    const Ended refused = live.client({"jobs", "pause", "first"});
    CHECK(refused.exit_code == 1);
    CHECK(refused.err.find("the token is not the right one") != std::string::npos);
    CHECK(run_velostream({"jobs", "pause"}).exit_code == 2);
    const Ended nobody = run_velostream({"jobs", "--url", "http://127.0.0.1:1"});
    CHECK(nobody.exit_code == 1);
    CHECK(nobody.err.find("no daemon answers at http://127.0.0.1:1") != std::string::npos);
    CHECK(run_velostream({"jobs", "--url", "https://a"}).exit_code == 1);
}

TEST_CASE("top shows rates once, as text and as JSON", "[jobs]") {
    LiveJobs live({"busy"});
    live.feed("busy", "{\"n\":1}\n");
    const Ended text = live.client({"top", "--once"});
    CHECK(text.exit_code == 0);
    CHECK(text.out.starts_with("JOB   STATE"));
    CHECK(text.out.find("\nbusy  running") != std::string::npos);
    const auto json = parse_json(live.client({"top", "--once", "--output", "json"}).out);
    REQUIRE(json);
    const auto& job = json->find("jobs")->items.at(0);
    CHECK(job.text_of("name") == "busy");
    CHECK(job.number_of("busy") <= 1);
}
