// Reloads by signal, by the API and by watching: what has not changed runs on, and a mistake changes nothing.
#include <csignal>
#include <filesystem>
#include <string>

#include <catch2/catch.hpp>

#include "tests/server/live_jobs.hpp"

using namespace velo::tests;
using velo::server::JsonValue;
using velo::server::parse_json;

namespace {

std::vector<std::string> names(const Daemon::Answer& answer, const char* what) {
    std::vector<std::string> found;
    const auto json = parse_json(answer.body);
    if (json && json->find(what) != nullptr) {
        for (const JsonValue& item : json->find(what)->items) found.push_back(item.text);
    }
    return found;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a reload changes what differs, and an unchanged job never stops", "[reload]") {
    LiveJobs live({"changed", "gone", "same"});
    live.feed("same", "{\"n\":1}\n");
    live.daemon().wait_until([&] { return live.job("same").number_of("records_out") == 1; });
    const std::string since = live.job("same").text_of("since");
    live.add("changed", 10);
    live.add("fresh");
    std::filesystem::remove(live.folder().file("jobs/gone.yaml"));
    // A comment and another order of keys are no change.
    live.folder().write("jobs/same.yaml", "# the same\n" + live.text("same"));
    const auto answer = live.post("/api/v1/reload");
    CHECK(answer.status == 200);
    CHECK(names(answer, "started") == Names{"fresh"});
    CHECK(names(answer, "restarted") == Names{"changed"});
    CHECK(names(answer, "stopped") == Names{"gone"});
    CHECK(names(answer, "unchanged") == Names{"same"});
    live.daemon().wait_until([&] { return live.daemon().get("/api/v1/jobs/gone").status == 404; });
    live.daemon().wait_until([&] {
        return live.job("changed").text_of("query") == "SELECT n FROM s WHERE n > 10" &&
               live.job("changed").text_of("state") == "running";
    });
    live.await("fresh", "running");
    // Its counters and its run are the old ones: a file job that starts over would count from zero.
    live.feed("same", "{\"n\":2}\n");
    live.daemon().wait_until([&] { return live.job("same").number_of("records_out") == 2; });
    CHECK(live.job("same").text_of("since") == since);
    CHECK(live.folder().read("same.out") == "{\"n\":1}\n{\"n\":2}\n");
    CHECK(live.daemon().metric("velostream_config_last_reload_successful") == 1.0);
    CHECK(live.daemon().metric("velostream_config_reload_failures_total") == 0.0);
    live.daemon().signal(SIGTERM);
    CHECK(live.daemon().wait().exit_code == 0);
}

TEST_CASE("one bad file changes nothing at all, and the metric says so", "[reload]") {
    LiveJobs live({"a", "b"});
    const std::string since = live.job("a").text_of("since");
    live.add("a", 10);
    live.add("c");
    live.folder().write("jobs/b.yaml", live.text("b") + "qeury: SELECT 1\n");
    const auto answer = live.post("/api/v1/reload");
    CHECK(answer.status == 422);
    const auto json = parse_json(answer.body);
    REQUIRE(json);
    REQUIRE(json->find("mistakes") != nullptr);
    CHECK(json->find("mistakes")->items.at(0).text_of("message").find("qeury") !=
          std::string::npos);
    CHECK(live.daemon().metric("velostream_config_last_reload_successful") == 0.0);
    CHECK(live.daemon().metric("velostream_config_reload_failures_total") == 1.0);
    CHECK(live.job("a").text_of("since") == since);
    CHECK(live.job("a").text_of("query") == "SELECT n FROM s WHERE n > 0");
    CHECK(live.daemon().get("/api/v1/jobs/c").status == 404);
    live.folder().write("jobs/b.yaml", live.text("b"));
    live.daemon().signal(SIGHUP);
    live.daemon().wait_until([&] {
        return live.daemon().metric("velostream_config_last_reload_successful") == 1.0 &&
               live.job("c").text_of("state") == "running";
    });
    CHECK(live.daemon().metric("velostream_config_reload_failures_total") == 1.0);
    CHECK(live.daemon().err().find("not reloaded, nothing has changed: ") != std::string::npos);
}

TEST_CASE("--watch reloads when a file changes", "[reload]") {
    LiveJobs live({"a", "b"}, true, {"--watch"});
    const std::string since = live.job("b").text_of("since");
    live.add("a", 7);
    live.daemon().wait_until(
        [&] { return live.job("a").text_of("query") == "SELECT n FROM s WHERE n > 7"; });
    // As an editor, or a ConfigMap, puts a new file in the place of the old one.
    live.folder().write("jobs/a.yaml.new", live.text("a", 8));
    std::filesystem::rename(live.folder().file("jobs/a.yaml.new"),
                            live.folder().file("jobs/a.yaml"));
    live.daemon().wait_until(
        [&] { return live.job("a").text_of("query") == "SELECT n FROM s WHERE n > 8"; });
    CHECK(live.job("b").text_of("since") == since);
}

TEST_CASE("a daemon that drains is told to reload in vain", "[reload]") {
    LiveJobs live({"a"});
    live.daemon().signal(SIGTERM);
    live.daemon().signal(SIGHUP);
    CHECK(live.daemon().wait().exit_code == 0);
}
