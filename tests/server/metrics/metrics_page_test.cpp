// The manual's table of metrics is what the program says of its own: HELP, TYPE and the labels its series carry.
#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "tests/support/daemon.hpp"

using namespace velo::tests;

namespace {

constexpr const char* kPage = "docs/metrics.md";
constexpr const char* kBegin = "<!-- what follows is made from the program's own HELP texts -->\n";
constexpr const char* kEnd = "<!-- end of what is made -->\n";

struct Facts {
    std::string type, help;
    std::vector<std::string> labels;
};

// The names before each `=` in `{a="1",b="2"}`; no value of ours holds a quote or a comma.
std::vector<std::string> label_names(const std::string& line) {
    std::vector<std::string> names;
    const std::size_t open = line.find('{');
    if (open == std::string::npos) return names;
    std::istringstream labels(line.substr(open + 1, line.rfind('}') - open - 1));
    for (std::string label; std::getline(labels, label, ',');) {
        const std::string name = label.substr(0, label.find('='));
        if (name != "le") names.push_back(name);
    }
    return names;
}

std::string table_of(const std::string& scrape) {
    std::vector<std::string> order;
    std::map<std::string, Facts> families;
    std::string current;
    std::istringstream lines(scrape);
    for (std::string line; std::getline(lines, line);) {
        std::istringstream words(line);
        std::string mark, kind, name;
        words >> mark >> kind >> name;
        if (line.starts_with("# HELP ")) {
            order.push_back(current = name);
            families[name].help = line.substr(line.find(name) + name.size() + 1);
        } else if (line.starts_with("# TYPE ")) {
            words >> families[name].type;
        } else if (Facts& facts = families[current]; facts.labels.empty()) {
            facts.labels = label_names(line);
        }
    }
    std::string table = "| metric | type | labels | meaning |\n| --- | --- | --- | --- |\n";
    for (const std::string& name : order) {
        const Facts& facts = families[name];
        std::string labels;
        for (const std::string& label : facts.labels)
            labels += (labels.empty() ? "" : ", ") + label;
        table += "| `" + name + "` | " + facts.type + " | " + labels +
                 (labels.empty() ? "| " : " | ") + facts.help + " |\n";
    }
    return table;
}

}  // namespace

TEST_CASE("the page of metrics is the one that the program's own words make", "[metrics][page]") {
    Daemon demo({"demo", "--port", "0"});
    demo.wait_until([&] {
        return demo.metric("velostream_errors_total", "job_name=\"ohlc_1s\"") > 0 &&
               demo.metric("velostream_consumer_lag_records", "job_name=\"ohlc_1s\"").has_value() &&
               demo.metric("velostream_watermark_lag_seconds", "job_name=\"ohlc_1s\"")
                   .has_value() &&
               demo.metric("velostream_kafka_broker_up", "client=\"source\"").has_value() &&
               demo.metric("velostream_kafka_broker_up", "client=\"sink\"").has_value();
    });
    const std::string table = table_of(demo.get("/metrics").body);
    std::ifstream file(kPage);
    std::string page{std::istreambuf_iterator<char>(file), {}};
    const std::size_t begin = page.find(kBegin);
    const std::size_t end = page.find(kEnd);
    REQUIRE(begin != std::string::npos);
    REQUIRE(end != std::string::npos);
    const std::size_t first = begin + std::string(kBegin).size();
    INFO("VELO_REWRITE=1 server_test \"[metrics]\" writes it anew");
    if (std::getenv("VELO_REWRITE") != nullptr)
        std::ofstream(kPage) << page.substr(0, first) + table + page.substr(end);
    else
        CHECK(page.substr(first, end - first) == table);
}

TEST_CASE("a job of many partitions has one series for all of them", "[metrics]") {
    const TestFolder folder;
    std::string paths;
    for (int i = 0; i < 65; ++i)
        paths += (i == 0 ? "" : ", ") + folder.write("in" + std::to_string(i), "{\"n\":1}\n");
    folder.write("velostream.yaml", "http: {listen: \"127.0.0.1:0\"}\nworkers: 2\n");
    folder.write("job.yaml", "name: wide\nsources:\n  s:\n    file: {paths: [" + paths +
                                 "]}\n    schema: {n: BIGINT}\nquery: SELECT n FROM s\n"
                                 "sink: {file: {path: " +
                                 folder.file("out") + "}}\n");
    Daemon daemon({"run", "--config", folder.file("velostream.yaml"), folder.file("job.yaml")});
    daemon.wait_until(
        [&] { return daemon.metric("velostream_records_out_total", "job_name=\"wide\"") == 65.0; });
    CHECK(daemon.get("/metrics").body.find("velostream_records_in_total{job_name=\"wide\"} 65\n") !=
          std::string::npos);
    CHECK_FALSE(daemon.metric("velostream_records_in_total", "partition="));
    CHECK(daemon.metric("velostream_assigned_partitions", "job_name=\"wide\"") == 65.0);
}
