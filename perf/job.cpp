// Prints a scenario's job file:   velo_job SCENARIO JOB_NAME SINK      (SINK as a flow mapping line: `kafka: {topic: out}`)
#include <cstdio>
#include <string>

#include "perf/scenario.hpp"

int main(int argc, char** argv) {
    const velo::perf::Scenario* scenario = argc == 4 ? velo::perf::find_scenario(argv[1]) : nullptr;
    if (scenario == nullptr) {
        std::fprintf(stderr, "usage: velo_job SCENARIO JOB_NAME SINK\n");
        return 2;
    }
    const std::string source =
        "kafka: {topic: " + std::string(scenario->topic) + ", start: earliest}";
    std::fputs(velo::perf::job_yaml(*scenario, argv[2], source, argv[3]).c_str(), stdout);
}
